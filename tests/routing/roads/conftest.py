from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[4] / "shared" / "osm"


@pytest.fixture(scope="session")
def osm_extract() -> Callable[[str], Path]:
    """The path of a real extract, or a skip that names it."""

    def find(name: str) -> Path:
        path = Path(os.environ.get("BEATPLAN_OSM_DIR", _SHARED)) / name
        if not path.is_file():
            pytest.skip(f"{name} is not in ../shared/osm or $BEATPLAN_OSM_DIR")
        return path

    return find
