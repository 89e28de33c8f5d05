"""How the kernels of the search are compiled: entries are called from Python and cached on disk, parts only from them.

Kernels take whole tuples of arrays, allocate nothing and never raise, so reference counts and Python wrappers of the
parts are left out; that makes them several times faster to compile and to call.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

_PART: dict[str, Any] = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_compile: Any = njit


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only other kernels call."""
    compiled: Callable[P, R] = _compile(**_PART)(function)
    return compiled


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a small function into each of its callers."""
    compiled: Callable[P, R] = _compile(**_PART, forceinline=True)(function)
    return compiled


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls, once per machine: the result is kept beside the sources."""
    compiled: Callable[P, R] = _compile(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)(function)
    return compiled


def _import_without_scipy() -> None:
    """Have numba believe that there is no SciPy while it looks for it.

    Numba asks for SciPy's linear algebra only to know whether its own np.cov would work; no kernel of ours calls that,
    and the answer costs each process that solves 0.2 s.
    """
    name = "scipy.linalg"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # how the import system is told that a module is not there
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules[name]


def drop_stale(folder: Path) -> None:
    """Remove kept kernels of `folder` that were made from other sources than those that lie there now.

    The cache of numba looks only at the file of the entry, not at the files of its parts.
    """
    sources = [path.read_bytes() for path in sorted(folder.glob("*.py"))]
    made = hashlib.sha256(b"".join(text for text in sources if b"routing.solve.compiled import" in text)).hexdigest()
    kept = folder / "__pycache__"
    note = kept / "kernels.sha256"
    try:
        if note.read_text() == made:
            return
    except OSError:
        pass
    try:
        for path in kept.glob("*.nb[ic]"):
            path.unlink(missing_ok=True)
        kept.mkdir(exist_ok=True)
        note.write_text(made)
    except OSError:
        return  # a folder that cannot be written holds no kernels of ours


_import_without_scipy()
drop_stale(Path(__file__).parent)
