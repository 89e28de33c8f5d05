"""Road networks on disk: a directory of arrays with a meta.json, built beside its place and moved in whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from routing.documents import Document, first_fault, read_document
from routing.errors import RoadError
from routing.files import replacing
from routing.roads.graph import DEGREE

if TYPE_CHECKING:
    from routing.roads.engine import CchRoadNetwork
    from routing.roads.profiles import SpeedProfile
    from routing.roads.roadmap import RoadMap

FORMAT = 4
ATTRIBUTION = "© OpenStreetMap contributors, Open Database License 1.0, https://www.openstreetmap.org/copyright"
_META = "meta.json"
SPEEDS = "speeds.json"
CACHE = "cache"
FREE_FLOW = "free-flow"
_KIND = "beatplan roads"


class RoadsReport(Document):
    """What a road network on disk was made from and how large it is.

    `edges` counts a stretch of street once per direction; `left_out_edges` lie outside the largest connected part;
    `bounds` is west, south, east, north in degrees.
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

    A `speeds.json` of the older one stays.

    Raises RoadError when the extract is missing, truncated, foreign or without roads, when `out` is something else
    than a road network, and when the disk is full or not writable; `out` is then as it was before.
    """
    # The engine takes a second to load, which a command that only reads a report should not wait for.
    from routing.roads.metric import make_metric  # noqa: PLC0415
    from routing.roads.roadmap import read_map  # noqa: PLC0415
    from routing.roads.shelf import save_map, save_metric  # noqa: PLC0415

    _require_replaceable(out)
    with _writing(out), _staged(out) as staging:
        road_map = read_map(extract, staging)
        graph, turns = road_map.graph, road_map.turns
        driven = ~turns.copy
        report = RoadsReport(
            extract=extract.name,
            extract_sha256=_sha256(extract),
            nodes=len(graph.node_osm),
            edges=int(driven.sum()),
            left_out_edges=road_map.left_out,
            length_km=round(float(graph.length_dm.sum(dtype=np.int64)) / 1e4, 3),
            bounds=_bounds(road_map),
        )
        if (out / SPEEDS).is_file():
            shutil.copy2(out / SPEEDS, staging)
        save_map(road_map, staging)
        save_metric(make_metric(graph, turns, road_map.hierarchy), staging, FREE_FLOW)
        (staging / _META).write_text(report.to_json(indent=2) + "\n", "utf-8")
    return report


def open_roads(path: Path) -> CchRoadNetwork:
    """The road network stored in a directory, under the speeds of its `speeds.json` where it has one.

    Its large matrices use every core.

    Raises RoadError when there is none, when another version of beatplan wrote it, or when it is damaged.
    """
    from routing.roads.cache import MatrixCache  # noqa: PLC0415  # as in build_roads
    from routing.roads.engine import CchRoadNetwork  # noqa: PLC0415
    from routing.roads.shelf import load_map, load_metric  # noqa: PLC0415

    report = read_report(path)
    road_map = load_map(path)
    metric = load_metric(road_map, path, FREE_FLOW)
    if metric is None:
        raise RoadError(f"the road network in {path} is damaged (its costs are missing); rebuild it from its extract")
    return CchRoadNetwork(
        road_map,
        metric,
        profile=read_speeds(path),
        folder=path,
        cache=MatrixCache(path / CACHE),
        identity=report.extract_sha256[:16],
        threads=os.cpu_count() or 1,
    )


def read_speeds(path: Path) -> SpeedProfile:
    """The speeds by the hour of the road network in a directory. Raises InputError when its `speeds.json` is faulty."""
    from routing.roads.profiles import DEFAULT_PROFILE, SpeedProfile  # noqa: PLC0415  # as in build_roads

    own = path / SPEEDS
    return read_document(SpeedProfile, own) if own.is_file() else DEFAULT_PROFILE


def store_speeds(path: Path, source: Path) -> SpeedProfile:
    """Make the speeds in a file those of the road network in a directory; the roads themselves stay as they are.

    Raises InputError when the file is no speed profile, and RoadError as `open_roads` does.
    """
    from routing.roads.profiles import SpeedProfile  # noqa: PLC0415  # as in build_roads

    read_report(path)
    profile = read_document(SpeedProfile, source)
    with replacing(path / SPEEDS) as beside:
        beside.write_text(profile.to_json(indent=2) + "\n", "utf-8")
    return profile


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


def _bounds(road_map: RoadMap) -> tuple[float, float, float, float]:
    (west, south), (east, north) = road_map.graph.shape.min(axis=0), road_map.graph.shape.max(axis=0)
    return float(west) / DEGREE, float(south) / DEGREE, float(east) / DEGREE, float(north) / DEGREE


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
