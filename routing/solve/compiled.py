"""How the kernels of the search are compiled: entries are called from Python and cached on disk, parts only from them.

Kernels take whole tuples of arrays, allocate nothing and never raise, so reference counts and Python wrappers of the
parts are left out; that makes them several times faster to compile and to call.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_PART: dict[str, Any] = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


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
    compiled = _compile(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)(function)
    compiled._cache = _kept_code(function)  # noqa: SLF001 -- the dispatcher has no other door to its cache
    kept: Callable[P, R] = compiled
    return kept


def _kept_code(function: Callable[P, R]) -> Any:
    """Numba's cache of a function, which loads machine code without numba's declarations of all it could compile.

    They take longer to gather than the code of the search to load; whatever has to be compiled gathers them itself.
    """
    caching = importlib.import_module("numba.core.caching")

    class KeptCode(caching.FunctionCache):  # type: ignore[misc, name-defined]  # numba has no types
        def load_overload(self, sig: Any, target_context: Any) -> Any:
            with self._guard_against_spurious_io_errors():
                return self._load_overload(sig, target_context)

    return KeptCode(function)


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Have the import system believe that these modules are not there, save those that are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how the import system is told so
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _load_numba() -> Any:
    """Numba's njit, without the modules that numba looks for and no kernel of ours needs.

    YAML is for a file of settings, cffi for foreign functions, SciPy's linear algebra for its own np.cov; together they
    cost each process that solves a third of a second.
    """
    with _hidden("yaml", "cffi", "scipy.linalg"):
        numba = importlib.import_module("numba")
        importlib.import_module("numba.core.typing.cffi_utils")
        importlib.import_module("numba.np.arraymath")
    return numba.njit


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


_compile = _load_numba()
drop_stale(Path(__file__).parent)
