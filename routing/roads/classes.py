"""Road classes of the map: their names, free-flow speeds and what slows a car down on them.

The defaults are the OpenStreetMap community's usual car speeds (https://wiki.openstreetmap.org/wiki/OSM_tags_for_routing),
in km/h that a car really averages between junctions, not what the sign allows.
"""

from __future__ import annotations

from types import MappingProxyType

FREE_FLOW_KMH = MappingProxyType(
    {
        "motorway": 90.0,
        "motorway_link": 45.0,
        "trunk": 85.0,
        "trunk_link": 40.0,
        "primary": 65.0,
        "primary_link": 30.0,
        "secondary": 55.0,
        "secondary_link": 25.0,
        "tertiary": 40.0,
        "tertiary_link": 20.0,
        "unclassified": 25.0,
        "residential": 25.0,
        "road": 25.0,
        "living_street": 10.0,
        "service": 15.0,
        "ferry": 5.0,
        "shuttle_train": 10.0,
    }
)
"""Average km/h on a road whose map data say nothing about its speed."""

ROAD_CLASSES = tuple(FREE_FLOW_KMH)
CLASS_NUMBER = MappingProxyType({name: number for number, name in enumerate(ROAD_CLASSES)})

LIMIT_SHARE = 0.8
"""The part of a signed limit that a car averages between junctions."""

SURFACE_KMH = MappingProxyType(
    {
        "cement": 80, "compacted": 80, "fine_gravel": 80,
        "paving_stones": 60, "metal": 60, "bricks": 60,
        "grass": 40, "wood": 40, "sett": 40, "grass_paver": 40, "gravel": 40, "unpaved": 40, "ground": 40, "dirt": 40,
        "pebblestone": 40, "tartan": 40,
        "cobblestone": 30, "unhewn_cobblestone": 30, "clay": 30,
        "earth": 20, "stone": 20, "rocky": 20, "sand": 20, "ice": 20, "snow": 30,
        "laterite": 15, "mud": 10,
    }
)  # fmt: skip
"""No faster than this on a surface; one that is not listed does not slow a car."""

SMOOTHNESS_KMH = MappingProxyType(
    {"intermediate": 80, "bad": 40, "very_bad": 20, "horrible": 10, "very_horrible": 5, "impassable": 0}
)
TRACKTYPE_KMH = MappingProxyType({"grade1": 60, "grade2": 40, "grade3": 30, "grade4": 25, "grade5": 20})
