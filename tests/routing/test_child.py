"""A solve in its own process: it answers, stops, and dies without harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from routing import child
from routing.child import WarmSolver, solve_in_child
from routing.errors import InputError, SolveError
from routing.evaluate import evaluate
from routing.problem import Problem
from routing.solve.options import Progress, SolveOptions
from tests.routing.solve.small import small_problem

QUICK = SolveOptions(engine="ortools", iterations=20)


def _children() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[1]) == os.getpid() and "routing.child" in command:
                found.append(int(entry.name))
    return found


def test_answers_with_a_sound_plan_and_progress() -> None:
    problem = small_problem()
    heard: list[Progress] = []
    plan = solve_in_child(problem, QUICK, on_progress=heard.append)
    assert evaluate(problem, plan).valid
    assert heard
    assert heard[-1].objective_s is not None
    assert not _children()


def test_stops_when_told_and_gives_the_best_so_far() -> None:
    problem = small_problem()
    begun = threading.Event()
    stopped_at: list[float] = []

    def stop() -> bool:
        if begun.is_set() and not stopped_at:
            stopped_at.append(time.monotonic())
        return begun.is_set()

    plan = solve_in_child(
        problem,
        SolveOptions(engine="ortools", seconds=60),
        on_progress=lambda _: begun.set(),
        should_stop=stop,
    )
    assert evaluate(problem, plan).valid
    assert stopped_at
    assert not _children()


def test_stopped_before_any_plan_is_an_error_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "STOP_GRACE_S", 0.0)  # no time to answer, so no first plan
    with pytest.raises(SolveError, match="stopped before it had a first plan"):
        solve_in_child(small_problem(), SolveOptions(engine="ortools", seconds=60), should_stop=lambda: True)


def test_a_killed_child_is_named_by_its_signal() -> None:
    def kill(_: Progress) -> None:
        for process in _children():
            os.kill(process, signal.SIGKILL)

    with pytest.raises(SolveError, match="SIGKILL"):
        solve_in_child(small_problem(), SolveOptions(engine="ortools", seconds=60), on_progress=kill)


def test_wrong_input_keeps_its_sentence() -> None:
    problem = small_problem()
    values = {name: getattr(problem, name) for name in Problem.model_fields}
    with pytest.raises(InputError, match="has no matrix"):
        solve_in_child(Problem(**{**values, "matrix": None}), QUICK)


def test_warm_solver_answers_again_after_a_death() -> None:
    problem = small_problem()
    with WarmSolver() as warm:
        first = warm.solve(problem, QUICK)
        (child,) = _children()
        assert warm.solve(problem, QUICK) == first
        assert _children() == [child]
        os.kill(child, signal.SIGKILL)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert warm.solve(problem, QUICK) == first
        assert _children() != [child]
    assert not _children()


def test_the_child_dies_with_its_parent() -> None:
    script = (
        "from tests.routing.solve.small import small_problem\n"
        "from routing.child import solve_in_child\n"
        "from routing.solve.options import SolveOptions\n"
        "solve_in_child(small_problem(), SolveOptions(engine='ortools', seconds=60),"
        " on_progress=lambda p: print('begun', flush=True))\n"
    )
    root = Path(__file__).resolve().parents[2]
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"begun\n"
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    if not children.exists():
        parent.kill()
        parent.wait()
        pytest.skip("this kernel does not list a process's children")
    (child,) = [int(word) for word in children.read_text().split()]
    parent.kill()
    parent.wait()
    for _ in range(200):
        if not Path(f"/proc/{child}").exists():
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")
