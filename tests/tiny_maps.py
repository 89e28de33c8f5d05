"""Hand-made OpenStreetMap files for tests: nodes on a metric grid, ways with tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from routing.roads.network import RoadNetwork, Snapped
from routing.roads.oracle.stretches import EARTH_RADIUS_M

METRE = float(np.degrees(1 / EARTH_RADIUS_M))
"""One metre in degrees at the equator, where the tiny maps lie, so that lon and lat have the same scale."""

Way = tuple[Sequence[int], Mapping[str, str]]


def write_map(
    path: Path,
    places: Mapping[int, tuple[float, float]],
    ways: Sequence[Way],
    node_tags: Mapping[int, Mapping[str, str]] | None = None,
    relations: Sequence[tuple[Sequence[tuple[str, int, str]], Mapping[str, str]]] = (),
) -> Path:
    """An .osm file: nodes `places` at (east, north) metres from lon 0, lat 0, and ways 1, 2, … through them.

    Relations have members of (type, number, role).
    """
    lines = ['<osm version="0.6" generator="test">']
    for node, (east, north) in places.items():
        tags = _tags((node_tags or {}).get(node, {}))
        lines.append(f'<node id="{node}" version="1" lat="{north * METRE:.9f}" lon="{east * METRE:.9f}">{tags}</node>')
    for number, (nodes, tags) in enumerate(ways, 1):
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        lines.append(f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>')
    for number, (members, tags) in enumerate(relations, 1):
        parts = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
        lines.append(f'<relation id="{number}" version="1">{parts}{_tags(tags)}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), "utf-8")
    return path


def _tags(tags: Mapping[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def at(network: RoadNetwork, east: float, north: float) -> Snapped:
    """One place, in metres, put on the roads."""
    return network.snap(np.array([[east * METRE, north * METRE]]))


def seconds(network: RoadNetwork, origin: tuple[float, float], target: tuple[float, float]) -> int:
    """Travel seconds between two places given in metres."""
    return int(network.matrix(at(network, *origin), at(network, *target)).duration_s[0, 0])


def metres(network: RoadNetwork, origin: tuple[float, float], target: tuple[float, float]) -> int:
    """Travel metres between two places given in metres."""
    return int(network.matrix(at(network, *origin), at(network, *target)).distance_m[0, 0])
