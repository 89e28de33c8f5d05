"""Reading vector tiles one by one out of an MBTiles file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from routing.errors import RoadError


class TileStore:
    """The tiles of one MBTiles file, for any number of threads."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def metadata(self) -> dict[str, str]:
        """Name, bounds (west,south,east,north), minzoom, maxzoom, attribution, extract_sha256 and more, as text.

        Raises RoadError when the file is missing or holds no tiles.
        """
        return dict(self._ask("SELECT name, value FROM metadata"))

    def tile(self, zoom: int, column: int, row: int) -> bytes | None:
        """The gzipped tile in column and row counted from the north-west, or None where there is nothing to draw.

        Raises RoadError when the file is missing or holds no tiles.
        """
        if not 0 <= zoom <= 30 or not 0 <= column < 1 << zoom or not 0 <= row < 1 << zoom:
            return None
        place = (zoom, column, (1 << zoom) - 1 - row)
        question = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        found = self._ask(question, place)
        return bytes(found[0][0]) if found else None

    def _ask(self, question: str, values: tuple[int, ...] = ()) -> list[Any]:
        try:
            with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as database:
                return database.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise RoadError(
                f"{self.path} is no file of map tiles ({error}); make it with: "
                "beatplan roads tiles EXTRACT.osm.pbf --out FILE.mbtiles"
            ) from None
