"""Compiles and caches every kernel: `python -m routing.warm`, run at installation; one process per room."""

from __future__ import annotations

import subprocess
import sys
import time

ROOMS = ("routing.roads.warm", "routing.solve.warm", "routing.territories.warm")
"""Modules that compile or load a room's kernels when run."""


def main() -> int:
    """Warms all rooms at the same time and says how long it took; 1 when one of them failed."""
    began = time.monotonic()
    running = [subprocess.Popen([sys.executable, "-m", room]) for room in ROOMS]
    failed = [room for room, process in zip(ROOMS, running, strict=True) if process.wait()]
    if failed:
        print(f"kernels of {', '.join(failed)} could not be compiled", file=sys.stderr)  # noqa: T201
        return 1
    print(f"kernels ready in {time.monotonic() - began:.1f} s")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
