"""What loading the compiled search leaves in the process, asked of fresh ones."""

from __future__ import annotations

import subprocess
import sys


def in_fresh_process(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_modules_that_no_kernel_needs_are_not_loaded_with_numba() -> None:
    told = in_fresh_process(
        "import sys, routing.solve.search as s; from routing.solve.warm import load_search; load_search();"
        "print([n for n in ('yaml', 'cffi', 'scipy.linalg', 'ortools') if sys.modules.get(n)])"
    )
    assert told == "[]"


def test_they_can_be_loaded_by_others_afterwards() -> None:
    told = in_fresh_process(
        "import routing.solve.search, yaml, scipy.linalg; print(yaml.safe_load('[1, 2]'), scipy.linalg.det([[2.0]]))"
    )
    assert told == "[1, 2] 2.0"


def test_they_stay_when_they_were_there_before() -> None:
    told = in_fresh_process(
        "import sys, yaml, scipy.linalg as before; import routing.solve.search;"
        "print(sys.modules['scipy.linalg'] is before, sys.modules['yaml'] is yaml)"
    )
    assert told == "True True"


def test_the_search_is_ready_after_it_was_loaded() -> None:
    told = in_fresh_process(
        "from routing.solve.warm import load_search; from routing.solve.anneal import anneal;"
        "before = len(anneal.signatures); load_search(); print(before, len(anneal.signatures))"
    )
    assert told == "0 1"
