from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.evaluate import evaluate
from routing.plan import Unserved
from routing.problem import Problem
from routing.solve.schedule import routes_to_plan, schedule
from tests.routing.solve.by_second import cheapest_by_second
from tests.routing.solve.tiny import tiny_problems


def _sequences(problem: Problem) -> st.SearchStrategy[tuple[int, ...]]:
    return st.permutations(range(len(problem.visits))).map(tuple)


def _judge(problem: Problem, sequence: tuple[int, ...]) -> None:
    plan = routes_to_plan(
        problem,
        [sequence] + [()] * (len(problem.shifts) - 1),
        seed=1,
        iterations=0,
        engine="ortools",
        unserved=[
            Unserved(visit=visit.id, reason="time") for i, visit in enumerate(problem.visits) if i not in sequence
        ],
    )
    verdict = evaluate(problem, plan)
    assert [fault for fault in verdict.violations if fault.kind != "mandatory"] == []
    assert verdict.objective_s == plan.objective_s


@settings(max_examples=600, deadline=None)
@given(tiny_problems(), st.data())
def test_equals_the_walk_second_by_second(problem: Problem, data: st.DataObject) -> None:
    sequence = data.draw(_sequences(problem))
    timing = schedule(problem, 0, sequence)
    expected = cheapest_by_second(problem, 0, sequence)
    if timing is None:
        assert expected is None
        return
    assert timing.price_s + timing.travel_price_s == expected
    _judge(problem, sequence)


@settings(max_examples=300, deadline=None)
@given(tiny_problems(timed=True, waiting=False, limits=False, travel=0), st.data())
def test_timed_travel_is_as_punctual_as_second_by_second(problem: Problem, data: st.DataObject) -> None:
    sequence = data.draw(_sequences(problem))
    timing = schedule(problem, 0, sequence)
    expected = cheapest_by_second(problem, 0, sequence)
    if timing is None:
        assert expected is None
        return
    assert timing.price_s == expected
    _judge(problem, sequence)


@settings(max_examples=300, deadline=None)
@given(tiny_problems(timed=True), st.data())
def test_timed_travel_with_priced_waiting_is_sound(problem: Problem, data: st.DataObject) -> None:
    sequence = data.draw(_sequences(problem))
    if schedule(problem, 0, sequence) is not None:
        _judge(problem, sequence)
