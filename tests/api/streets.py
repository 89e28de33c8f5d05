"""A made-up town: a grid of streets as an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path

from tests.api.seed import place

COLUMNS, ROWS = 11, 11


def write_extract(path: Path) -> None:
    """An .osm file of the grid, every street driven both ways."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="tests">']
    for column in range(COLUMNS):
        for row in range(ROWS):
            lon, lat = place(column, row)
            lines.append(f'<node id="{_node(column, row)}" version="1" lon="{lon:.6f}" lat="{lat:.6f}"/>')
    across = [[(column, row) for column in range(COLUMNS)] for row in range(ROWS)]
    along = [[(column, row) for row in range(ROWS)] for column in range(COLUMNS)]
    for number, crossings in enumerate(across + along, start=1):
        nodes = "".join(f'<nd ref="{_node(*crossing)}"/>' for crossing in crossings)
        tags = f'<tag k="highway" v="residential"/><tag k="name" v="Street {number}"/>'
        lines.append(f'<way id="{number}" version="1">{nodes}{tags}</way>')
    path.write_text("\n".join([*lines, "</osm>"]), "utf-8")


def _node(column: int, row: int) -> int:
    return 1 + column * 100 + row
