"""Writing OpenStreetMap extracts: plain elements into an .osm or .osm.pbf file, in the order that readers expect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import osmium

from routing.errors import RoadError


@dataclass(frozen=True, slots=True)
class Node:
    """A place: WGS-84 degrees."""

    number: int
    lon: float
    lat: float
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """A line through nodes, by number."""

    number: int
    nodes: tuple[int, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Relation:
    """Members as (type "n", "w" or "r", number, role)."""

    number: int
    members: tuple[tuple[str, int, str], ...]
    tags: Mapping[str, str]


def write_extract(path: Path, nodes: Iterable[Node], ways: Iterable[Way], relations: Iterable[Relation] = ()) -> None:
    """Write an extract; its format follows the name's ending.

    Raises RoadError when the file cannot be written or an element is none that OpenStreetMap knows.
    """
    mutable = osmium.osm.mutable
    try:
        with osmium.SimpleWriter(str(path), overwrite=True) as writer:
            for node in sorted(nodes, key=lambda node: node.number):
                writer.add_node(
                    mutable.Node(id=node.number, version=1, location=(node.lon, node.lat), tags=dict(node.tags))
                )
            for way in sorted(ways, key=lambda way: way.number):
                writer.add_way(mutable.Way(id=way.number, version=1, nodes=way.nodes, tags=dict(way.tags)))
            for relation in sorted(relations, key=lambda relation: relation.number):
                writer.add_relation(
                    mutable.Relation(
                        id=relation.number, version=1, members=list(relation.members), tags=dict(relation.tags)
                    )
                )
    except (RuntimeError, ValueError, TypeError) as error:
        raise RoadError(f"{path} cannot be written as an extract: {error}; free some space or choose another") from None
