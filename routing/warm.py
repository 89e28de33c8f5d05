"""Compiles and caches every kernel: `python -m routing.warm`, run once at installation."""

from __future__ import annotations

from importlib import import_module

ROOMS = ("routing.roads.warm",)
"""Modules with a function `warm` that compiles or loads a room's kernels and returns the seconds it took."""


def main() -> None:
    """Warms every room and says how long each took."""
    for room in ROOMS:
        print(f"{room.removesuffix('.warm')}: kernels ready in {import_module(room).warm():.1f} s")  # noqa: T201


if __name__ == "__main__":
    main()
