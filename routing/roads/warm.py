"""Compiles and caches every kernel of the road engine: `python -m routing.roads.warm`, run once at installation."""

from __future__ import annotations

import time


def warm() -> float:
    """Seconds it took to load the kernels; the first time on a machine that is compiling them."""
    began = time.perf_counter()
    # Kernels have explicit signatures, so importing them compiles them or loads them from the cache on disk.
    import routing.roads.engine  # noqa: PLC0415  # the import is the work
    import routing.roads.osm  # noqa: F401, PLC0415

    return time.perf_counter() - began


if __name__ == "__main__":
    print(f"road kernels ready in {warm():.1f} s")  # noqa: T201
