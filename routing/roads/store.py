"""Road networks on disk: a directory of plain arrays with a meta.json, built beside its place and moved in whole."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from routing.documents import Document, first_fault
from routing.errors import RoadError
from routing.roads.extract import largest_connected, read_road_graph
from routing.roads.network import RoadNetwork
from routing.roads.oracle import NetworkxRoadNetwork
from routing.roads.stretches import Stretches, stretches_of

FORMAT = 1
ATTRIBUTION = "© OpenStreetMap contributors, Open Database License 1.0, https://www.openstreetmap.org/copyright"
_META = "meta.json"
_NAMES = "names.json"
_KIND = "beatplan roads"


class RoadsReport(Document):
    """What a road network on disk was made from and how large it is.

    `edges` counts a stretch once per direction; `left_out_edges` lie outside the largest connected part; `bounds` is
    west, south, east, north in degrees.
    """

    kind: str = _KIND
    format: int = FORMAT
    extract: str
    extract_sha256: str
    nodes: int
    edges: int
    left_out_edges: int
    length_km: float
    bounds: tuple[float, float, float, float]
    attribution: str = ATTRIBUTION


def build_roads(extract: Path, out: Path) -> RoadsReport:
    """Build the road network of an .osm or .osm.pbf extract as the directory `out`, replacing an older one there.

    Raises RoadError when the extract is missing, truncated, foreign or without roads, when `out` is something else
    than a road network, and when the disk is full or not writable; `out` is then as it was before.
    """
    _require_replaceable(out)
    with _writing(out), _staged(out) as staging:
        graph = read_road_graph(extract, workspace=staging)
        connected = largest_connected(graph)
        stretches = stretches_of(connected)
        report = RoadsReport(
            extract=extract.name,
            extract_sha256=_sha256(extract),
            nodes=len(stretches.node_lonlat),
            edges=stretches.directed,
            left_out_edges=graph.number_of_edges() - connected.number_of_edges(),
            length_km=round(float(stretches.length_mm.sum()) / 1e6, 3),
            bounds=_bounds(stretches),
        )
        _write(stretches, report, staging)
    return report


def open_roads(path: Path) -> RoadNetwork:
    """The road network stored in a directory.

    Raises RoadError when there is none, when another version of beatplan wrote it, or when it is damaged.
    """
    read_report(path)
    return NetworkxRoadNetwork(_read(path))


def read_report(path: Path) -> RoadsReport:
    """What the road network in a directory was made from. Raises RoadError as `open_roads` does."""
    mend = "build it with: beatplan roads build EXTRACT.osm.pbf --out DIR"
    if not path.is_dir():
        raise RoadError(f"{path} is no directory with a road network; {mend}")
    try:
        values: Any = json.loads((path / _META).read_text("utf-8"))
    except FileNotFoundError:
        raise RoadError(f"{path} holds no {_META}, so it is no road network; {mend}") from None
    except (OSError, ValueError) as error:
        raise RoadError(f"{path / _META} cannot be read: {error}; {mend}") from None
    if not isinstance(values, dict) or values.get("kind") != _KIND:
        raise RoadError(f"{path / _META} does not describe a road network; {mend}")
    if values.get("format") != FORMAT:
        raise RoadError(
            f"{path} has format {values.get('format')}, this version of beatplan reads {FORMAT}; "
            f"rebuild with: beatplan roads build {values.get('extract', 'EXTRACT.osm.pbf')} --out {path}"
        )
    try:
        return RoadsReport.model_validate_json((path / _META).read_bytes())
    except ValidationError as error:
        raise RoadError(f"{path / _META}: {first_fault(error)}; {mend}") from None


def _write(stretches: Stretches, report: RoadsReport, folder: Path) -> None:
    for name in _array_names():
        buffer = io.BytesIO()  # NumPy's own file writing does not say why it failed
        np.save(buffer, getattr(stretches, name), allow_pickle=False)
        (folder / f"{name}.npy").write_bytes(buffer.getbuffer())
    (folder / _NAMES).write_text(json.dumps(stretches.names, ensure_ascii=False), "utf-8")
    (folder / _META).write_text(report.to_json(indent=2) + "\n", "utf-8")


def _read(folder: Path) -> Stretches:
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _array_names()}
        names = tuple(json.loads((folder / _NAMES).read_text("utf-8")))
    except (OSError, ValueError, EOFError) as error:
        raise RoadError(f"the road network in {folder} is damaged ({error}); rebuild it from its extract") from None
    if len({len(arrays[name]) for name in arrays if name != "node_lonlat"}) != 1:
        raise RoadError(f"the road network in {folder} has arrays of different lengths; rebuild it from its extract")
    return Stretches(names=names, **arrays)


def _array_names() -> list[str]:
    return [field.name for field in fields(Stretches) if field.name != "names"]


def _bounds(stretches: Stretches) -> tuple[float, float, float, float]:
    (west, south), (east, north) = stretches.node_lonlat.min(axis=0), stretches.node_lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _require_replaceable(out: Path) -> None:
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() and not (out / _META).is_file():
        raise RoadError(f"{out} exists and is no road network; choose another --out or remove it")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Turns a full disk or a forbidden place into one sentence."""
    try:
        yield
    except OSError as error:
        raise RoadError(
            f"cannot write the road network to {out}: {error.strerror or error}; "
            "free some space or choose another --out"
        ) from None


@contextmanager
def _staged(out: Path) -> Iterator[Path]:
    """A temporary directory beside `out` that takes its place when the block ends well and vanishes otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield staging
        staging.chmod(0o755)
        if out.exists():
            with tempfile.TemporaryDirectory(prefix=f".{out.name}-old-", dir=out.parent) as attic:
                out.replace(Path(attic) / out.name)
                staging.replace(out)
        else:
            staging.replace(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
