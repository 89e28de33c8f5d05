"""Where real maps and benchmark instances lie, for the tests that read them and are skipped by name without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"
OSM_DIR = Path(os.environ.get("BEATPLAN_OSM_DIR", _SHARED / "osm"))
BENCH_DIR = Path(os.environ.get("BEATPLAN_BENCH_DIR", _SHARED / "bench"))


def osm_extract(name: str) -> Path:
    """A real extract by file name; skips the test, naming what is missing, where there is none."""
    path = OSM_DIR / name
    if not path.exists():
        pytest.skip(f"real map {name} not found in {OSM_DIR}; set BEATPLAN_OSM_DIR")
    return path


def bench_instance(name: str) -> Path:
    """A benchmark instance by path below the benchmark directory; skips the test where there is none."""
    path = BENCH_DIR / name
    if not path.exists():
        pytest.skip(f"benchmark instance {name} not found in {BENCH_DIR}; set BEATPLAN_BENCH_DIR")
    return path


FIELD_PROBLEMS = (
    "r1_d1_n30_s1",
    "r1_d1_n30_s2",
    "r1_d5_n80_s1",
    "r1_d5_n80_s2",
    "r1_d5_n150_s1",
    "r1_d5_n150_s1_nobreak",
    "r4_d5_n240_s1",
    "r10_d5_n600_s1",
)
