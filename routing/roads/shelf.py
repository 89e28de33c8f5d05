"""A road map as a directory of plain arrays, opened by mmap so that all processes of a machine share its pages."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.graph import Regime, RoadGraph
from routing.roads.hierarchy import Hierarchy
from routing.roads.metric import Metric
from routing.roads.roadmap import RoadMap
from routing.roads.snap import Grid, Islands
from routing.roads.turns import TurnGraph

_PARTS: dict[str, type] = {
    "graph": RoadGraph,
    "turns": TurnGraph,
    "hierarchy": Hierarchy,
    "grid": Grid,
    "islands": Islands,
}
_WORDS = "words.json"
_NO_ARRAYS = frozenset({"names", "left_hand", "hours", "regimes"})
_STREETS = ("street_first", "street_state")


def save_map(road_map: RoadMap, folder: Path) -> None:
    """Writes a map into a directory that exists. Raises OSError when there is no room or no permission."""
    for part, name in _arrays():
        _save(folder / f"{part}.{name}.npy", getattr(getattr(road_map, part), name))
    for name in _STREETS:
        _save(folder / f"{name}.npy", getattr(road_map, name))
    words = {
        "names": road_map.graph.names,
        "hours": road_map.turns.hours,
        "regimes": [[regime.hours, regime.drives] for regime in road_map.graph.regimes],
        "left_hand": road_map.graph.left_hand,
        "left_out": road_map.left_out,
    }
    (folder / _WORDS).write_text(json.dumps(words, ensure_ascii=False), "utf-8")


def load_map(folder: Path) -> RoadMap:
    """The map in a directory. Raises RoadError when files are missing, cut short or do not fit together."""
    try:
        words: dict[str, Any] = json.loads((folder / _WORDS).read_text("utf-8"))
        loose: dict[str, dict[str, Any]] = {
            "graph": {
                "names": tuple(words["names"]),
                "left_hand": bool(words["left_hand"]),
                "regimes": tuple(_regime(*row) for row in words["regimes"]),
            },
            "turns": {"hours": tuple(words["hours"])},
        }
        parts: dict[str, dict[str, Any]] = {part: dict(loose.get(part, {})) for part in _PARTS}
        for part, name in _arrays():
            parts[part][name] = open_array(folder / f"{part}.{name}.npy")
        road_map = RoadMap(
            graph=RoadGraph(**parts["graph"]),
            turns=TurnGraph(**parts["turns"]),
            hierarchy=Hierarchy(**parts["hierarchy"]),
            grid=Grid(**parts["grid"]),
            islands=Islands(**parts["islands"]),
            street_first=open_array(folder / "street_first.npy"),
            street_state=open_array(folder / "street_state.npy"),
            left_out=int(words["left_out"]),
        )
    except (OSError, ValueError, EOFError, KeyError, TypeError) as error:
        raise RoadError(f"the road network in {folder} is damaged ({error}); rebuild it from its extract") from None
    if not _fits(road_map):
        raise RoadError(f"the road network in {folder} has arrays of different lengths; rebuild it from its extract")
    return road_map


def save_metric(metric: Metric, folder: Path, name: str) -> None:
    """Writes a set of costs beside its map, each file whole or not at all. Raises OSError."""
    for field in fields(Metric):
        _replace(folder / f"metric-{name}.{field.name}.npy", getattr(metric, field.name))


def load_metric(road_map: RoadMap, folder: Path, name: str) -> Metric | None:
    """A set of costs stored beside its map; None when there is none that fits it."""
    try:
        metric = Metric(**{f.name: open_array(folder / f"metric-{name}.{f.name}.npy") for f in fields(Metric)})
    except (OSError, ValueError, EOFError):
        return None
    right = (len(road_map.turns),) == metric.state_ms.shape == metric.closed.shape
    return metric if right and metric.weights.shape == (len(road_map.hierarchy.upper), 2) else None


def drop_metric(folder: Path, name: str) -> None:
    """Removes a set of costs stored beside its map, if it is there. Raises OSError."""
    for field in fields(Metric):
        (folder / f"metric-{name}.{field.name}.npy").unlink(missing_ok=True)


def open_array(path: Path) -> npt.NDArray[Any]:
    """An array file opened for reading by mmap. Raises OSError and ValueError."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _arrays() -> Iterator[tuple[str, str]]:
    for part, kind in _PARTS.items():
        for field in fields(kind):
            if field.name not in _NO_ARRAYS:
                yield part, field.name


def _regime(hours: list[str], drives: list[list[int]]) -> Regime:
    return Regime(tuple(hours), tuple((along, against, flags) for along, against, flags in drives))


def _fits(road_map: RoadMap) -> bool:
    graph, turns, hierarchy = road_map.graph, road_map.turns, road_map.hierarchy
    segments, states, arcs = len(graph.tail), len(turns.segment), len(hierarchy.upper)
    return (
        all(len(getattr(graph, name)) == segments for name in ("head", "way", "length_dm", "speed", "road_class"))
        and all(len(getattr(graph, name)) == segments for name in ("flags", "name", "regime"))
        and len(graph.node_flags) == len(graph.delay_ds) == len(graph.node_osm)
        and len(graph.shape_first) == len(road_map.street_first) == segments + 1
        and int(graph.shape_first[-1]) == len(graph.shape)
        and len(turns.backward) == len(turns.copy) == len(hierarchy.parent) == len(hierarchy.depth) == states
        and len(road_map.street_state) == states
        and all(len(getattr(turns, name)) == len(turns.tail) for name in ("head", "delay_ms", "entry", "condition"))
        and len(hierarchy.slot) == len(turns.tail)
        and len(hierarchy.size) == states
        and len(hierarchy.first) == states + 1
        and int(hierarchy.first[-1]) == arcs
        and int(road_map.islands.shape_first[-1]) == len(road_map.islands.shape)
        and len(road_map.islands.first) == len(road_map.islands.key) + 1
        and int(road_map.islands.first[-1]) == len(road_map.islands.piece)
        and len(road_map.grid.first) == len(road_map.grid.key) + 1
        and int(road_map.grid.first[-1]) == len(road_map.grid.piece)
    )


def _save(path: Path, array: npt.NDArray[Any]) -> None:
    buffer = io.BytesIO()  # NumPy's own file writing does not say why it failed
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    path.write_bytes(buffer.getbuffer())


def _replace(path: Path, array: npt.NDArray[Any]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    try:
        _save(Path(name), array)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
