"""The evaluator against a simulator that lives through the day one second at a time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.errors import InputError, SolveError
from routing.evaluate import evaluate, require_valid
from routing.plan import Plan
from routing.problem import Problem

DAY = "2026-11-23"


@dataclass(frozen=True)
class Lived:
    """What a day looked like to somebody with a stopwatch."""

    stops: list[dict]
    end: int
    travel: int
    idle: int


def live(durations, service, start, sequence, wishes, breaks, depot=0) -> Lived | None:
    """Lives a route second by second: drives, rests, waits, serves; None when a break would cut a service.

    `wishes`: earliest start of each service; `breaks`: (start, length) list. Knows no formulas, only the next second.
    """
    pauses = {second for begin, length in breaks for second in range(begin, begin + length)}
    if sum(length for _, length in breaks) != len(pauses) or any(b < start for b, _ in breaks):
        return None
    now, place, travel, idle, stops = start, depot, 0, 0, []
    for visit, wish in zip(sequence, wishes, strict=True):
        left = durations[place][visit]
        travel += left
        drove = left
        while left:
            left -= now not in pauses
            now += 1
        arrival = now
        while now < wish or any(second in pauses for second in range(now, now + max(1, service[visit]))):
            idle += now not in pauses
            now += 1
        begin = now
        for _ in range(service[visit]):
            now += 1
        stops.append(
            {
                "visit": f"v{visit}", "arrival_s": arrival, "start_s": begin,
                "departure_s": now, "travel_s": drove, "locked": False,
            }
        )  # fmt: skip
        place = visit
    left = durations[place][depot]
    travel += left
    while left:
        left -= now not in pauses
        now += 1
    while any(second >= now for second in pauses):
        idle += now not in pauses
        now += 1
    return Lived(stops, now, travel, idle)


def tiny_problem(durations, service, values, windows, shift, breaks, **more) -> Problem:
    count = len(durations)
    return Problem.model_validate(
        {
            "version": 1,
            "locations": [{"id": f"p{i}"} for i in range(count)],
            "matrix": {"duration_s": durations, "distance_m": [[7 * d for d in row] for row in durations]},
            "shifts": [
                {
                    "id": "s", "rep": "ana", "day": DAY, "start": "p0", "end": "p0",
                    "start_s": shift[0], "end_s": shift[1], "max_overtime_s": more.get("overtime", 0),
                    "breaks": [{"duration_s": d, "earliest_s": e, "latest_s": z} for d, e, z in breaks],
                }
            ],
            "visits": [
                {
                    "id": f"v{i}", "location": f"p{i}", "service_s": service[i], "value_s": values[i],
                    "windows": [{"day": DAY, "start_s": a, "end_s": b} for a, b in windows[i]],
                    "max_late_s": more.get("late", 0),
                }
                for i in range(1, count)
            ],
            "objective": {"travel": 1, "waiting": 3, "lateness": 10, "overtime": 20},
        }
    )  # fmt: skip


@st.composite
def lived_days(draw):
    count = draw(st.integers(2, 4))
    small = st.integers(0, 5)
    durations = [[0 if i == j else draw(small) for j in range(count)] for i in range(count)]
    service = [draw(st.integers(0, 4)) for _ in range(count)]
    values = [draw(st.integers(0, 90)) for _ in range(count)]
    sequence = draw(st.permutations(range(1, count)))[: draw(st.integers(1, count - 1))]
    shift_start = draw(st.integers(0, 3))
    start = shift_start + draw(st.integers(0, 4))
    wishes = [draw(st.integers(0, 30)) for _ in sequence]
    breaks = []
    if draw(st.booleans()):
        breaks.append((start + draw(st.integers(0, 12)), draw(st.integers(1, 4))))
        if draw(st.booleans()):
            breaks.append((sum(breaks[0]) + draw(st.integers(0, 8)), draw(st.integers(1, 3))))
    day = live(durations, service, start, sequence, wishes, breaks)
    windows: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    late = draw(st.integers(0, 3))
    lateness = 0
    for stop in day.stops:
        if draw(st.booleans()):
            behind = draw(st.integers(0, late))
            close = max(0, stop["start_s"] - behind)
            lateness += stop["start_s"] - close
            windows[int(stop["visit"][1:])] = [(draw(st.integers(0, close)), close), (stop["start_s"] + 1, 99)]
    overtime = draw(st.integers(0, max(0, min(3, day.end - shift_start - 1))))
    shift = (shift_start, max(day.end - overtime, shift_start + 1))
    over = max(0, day.end - shift[1])
    wanted = [
        (length, begin - draw(st.integers(0, min(begin, 2))), begin + draw(st.integers(0, 2)))
        for begin, length in breaks
    ]
    problem = tiny_problem(durations, service, values, windows, shift, wanted, late=late, overtime=over)
    value = sum(values[v] for v in sequence)
    plan = {
        "objective_s": value - day.travel - 3 * day.idle - 10 * lateness - 20 * over,
        "value_s": value,
        "travel_s": day.travel,
        "routes": [
            {
                "shift": "s", "travel_s": day.travel, "distance_m": 7 * day.travel, "stops": day.stops,
                "breaks": [{"start_s": b, "duration_s": n} for b, n in breaks], "start_s": start, "end_s": day.end,
            }
        ],
        "unserved": [{"visit": f"v{i}", "reason": "value"} for i in range(1, count) if i not in sequence],
    }  # fmt: skip
    return problem, plan, day, lateness, over


@given(lived_days())
@settings(max_examples=400, deadline=None)
def test_agrees_with_a_day_lived_second_by_second(case):
    problem, plan, day, lateness, over = case
    verdict = evaluate(problem, Plan.model_validate(plan))
    assert verdict.violations == ()
    assert verdict.travel_s == day.travel
    assert verdict.waiting_s == day.idle
    assert verdict.lateness_s == lateness
    assert verdict.overtime_s == over
    assert verdict.objective_s == plan["objective_s"]
    assert [stop.arrival_s for stop in verdict.routes[0].stops] == [stop["arrival_s"] for stop in day.stops]


@given(lived_days(), st.data())
@settings(max_examples=400, deadline=None)
def test_any_altered_number_is_noticed(case, data):
    problem, plan, *_ = case
    route = plan["routes"][0]
    step = data.draw(st.sampled_from([-1, 1]))
    holder, field = data.draw(
        st.sampled_from(
            [(plan, name) for name in ("objective_s", "value_s", "travel_s")]
            + [(route, name) for name in ("travel_s", "distance_m", "end_s")]
            + [(stop, name) for stop in route["stops"] for name in ("travel_s", "arrival_s")]
        )
    )
    before = holder[field]
    holder[field] += step
    if holder[field] < 0:
        holder[field] += 2
    rests = {pause["start_s"]: pause["start_s"] + pause["duration_s"] for pause in route["breaks"]}
    assume(field != "arrival_s" or rests.get(before) != holder[field])  # at the stop or on the way: both are true
    assert not evaluate(problem, Plan.model_validate(plan)).valid


DURATIONS = [[0, 10, 20], [10, 0, 10], [20, 10, 0]]


def one_route(order=(1, 2), **route):
    stops = [
        {"visit": "v1", "arrival_s": 110, "start_s": 110, "departure_s": 115, "travel_s": 10},
        {"visit": "v2", "arrival_s": 125, "start_s": 125, "departure_s": 130, "travel_s": 10},
    ][: len(order)]
    end = 150 if len(order) == 2 else 125
    travel = 40 if len(order) == 2 else 20
    base = {"shift": "s", "travel_s": travel, "distance_m": 7 * travel, "stops": stops, "start_s": 100, "end_s": end}
    return {**base, **route}


def verdict_of(problem_change=None, plan_change=None, breaks=()):
    problem = tiny_problem(DURATIONS, [0, 5, 5], [0, 60, 60], [[], [(100, 120)], []], (100, 200), breaks)
    values = problem.model_dump(mode="json", exclude={"matrices"})
    plan = {"objective_s": 80, "value_s": 120, "travel_s": 40, "routes": [one_route()], "unserved": []}
    if problem_change:
        problem_change(values)
    if plan_change:
        plan_change(plan)
    return evaluate(Problem.model_validate(values), Plan.model_validate(plan))


def kinds(verdict) -> set[str]:
    return {fault.kind for fault in verdict.violations}


def test_sound_plan_has_no_violation():
    assert verdict_of().violations == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda p: p["visits"][0].update(skills=["dairy"]), "skill"),
        (lambda p: p["visits"][0].update(shifts=[]), "not_allowed"),
        (lambda p: p["visits"][0].update(windows=[{"day": DAY, "start_s": 0, "end_s": 109}]), "window"),
        (lambda p: p["visits"][0].update(windows=[{"day": DAY, "start_s": 111, "end_s": 119}]), "window"),
        (lambda p: p["visits"][0].update(windows=[{"day": "2026-11-24", "start_s": 0, "end_s": 999}]), "window"),
        (lambda p: p["visits"][1].update(promise={"shift": "s", "start_s": 126, "end_s": 130}), "promise"),
        (lambda p: p["shifts"][0].update(start_s=101), "shift_start"),
        (lambda p: p["shifts"][0].update(end_s=149), "shift_end"),
        (lambda p: p["shifts"][0].update(max_travel_s=39), "max_travel"),
        (lambda p: p["matrix"]["duration_s"][1].__setitem__(2, -1), "unreachable"),
        (lambda p: p["shifts"][0].update(breaks=[{"duration_s": 5, "earliest_s": 100, "latest_s": 120}]), "break"),
    ],
)
def test_broken_rule_of_the_problem(change, kind):
    assert kind in kinds(verdict_of(problem_change=change))


def _serve_twice(plan):
    plan["routes"][0]["stops"][1]["visit"] = "v1"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda p: p["routes"][0]["stops"][0].update(visit="ghost"), "unknown"),
        (lambda p: p["routes"][0].update(shift="ghost"), "unknown"),
        (_serve_twice, "duplicate"),
        (lambda p: p["routes"].append(p["routes"][0]), "duplicate"),
        (lambda p: p.update(unserved=[{"visit": "v1", "reason": "value"}]), "unserved"),
        (lambda p: p.update(unserved=[{"visit": "ghost", "reason": "value"}]), "unknown"),
        (lambda p: p["routes"][0]["stops"][1].update(start_s=124, departure_s=129), "timing"),
        (lambda p: p["routes"][0].update(breaks=[{"start_s": 100, "duration_s": 0}]), "break"),
        (lambda p: p.update(bound_s=79), "totals"),
        (lambda p: p["routes"].clear(), "unserved"),
    ],
)
def test_broken_rule_of_the_plan(change, kind):
    assert kind in kinds(verdict_of(plan_change=change))


def test_break_during_a_service_is_refused():
    def rest(plan):
        plan["routes"][0]["breaks"] = [{"start_s": 112, "duration_s": 2}]

    assert "break" in kinds(verdict_of(plan_change=rest, breaks=[(2, 110, 114)]))


def test_break_before_the_route_starts_is_refused():
    def rest(plan):
        plan["routes"][0]["breaks"] = [{"start_s": 90, "duration_s": 5}]

    assert "break" in kinds(verdict_of(plan_change=rest, breaks=[(5, 90, 120)]))


def test_break_may_be_taken_at_the_stop_or_on_the_way_at_the_second_of_arrival():
    on_the_way = [{"start_s": 110, "duration_s": 5}]
    for arrival in (110, 115):

        def rest(plan, arrival=arrival):
            plan["routes"][0].update(breaks=on_the_way, end_s=155)
            first, second = plan["routes"][0]["stops"]
            first.update(arrival_s=arrival, start_s=115, departure_s=120)
            second.update(arrival_s=130, start_s=130, departure_s=135)

        assert verdict_of(plan_change=rest, breaks=[(5, 105, 115)]).violations == ()


def test_break_without_length_may_fall_on_the_start_of_a_service():
    def rest(plan):
        plan["routes"][0]["breaks"] = [{"start_s": 110, "duration_s": 0}]

    assert verdict_of(plan_change=rest, breaks=[(0, 105, 115)]).violations == ()


def test_missing_mandatory_visit_is_a_violation_unless_it_was_proven_impossible():
    problem = tiny_problem(DURATIONS, [0, 5, 5], [0, 60, 60], [[], [], []], (100, 200), ())
    values = problem.model_dump(mode="json", exclude={"matrices"})
    values["visits"][1]["mandatory"] = True
    problem = Problem.model_validate(values)
    plan = Plan.model_validate(
        {
            "objective_s": 40, "value_s": 60, "travel_s": 20, "routes": [one_route(order=(1,))],
            "unserved": [{"visit": "v2", "reason": "shift"}],
        }
    )  # fmt: skip
    assert kinds(evaluate(problem, plan)) == {"mandatory"}
    with pytest.raises(SolveError, match="v2"):
        require_valid(problem, plan)
    assert not require_valid(problem, plan, frozenset({"v2"})).valid


def test_travel_by_time_of_day_takes_the_departure():
    problem = Problem.model_validate(
        {
            "version": 1,
            "locations": [{"id": "home"}, {"id": "shop"}],
            "matrices": [
                {"at_s": 0, "duration_s": [[0, 10], [10, 0]], "distance_m": [[0, 70], [70, 0]]},
                {"at_s": 100, "duration_s": [[0, 61], [20, 0]], "distance_m": [[0, 70], [70, 0]]},
            ],
            "shifts": [{"id": "s", "rep": "a", "day": DAY, "start": "home", "end": "home", "start_s": 0, "end_s": 500}],
            "visits": [{"id": "v", "location": "shop", "service_s": 45, "value_s": 500}],
        }
    )
    stop = {"visit": "v", "arrival_s": 85, "start_s": 85, "departure_s": 130, "travel_s": 35}  # 10 + 51 * 50 // 100
    route = {"shift": "s", "travel_s": 55, "distance_m": 140, "stops": [stop], "start_s": 50, "end_s": 150}
    plan = {"objective_s": 445, "value_s": 500, "travel_s": 55, "routes": [route]}
    assert evaluate(problem, Plan.model_validate(plan)).violations == ()


def test_a_problem_without_travel_is_refused_with_the_mend():
    problem = Problem.model_validate({"version": 1, "locations": [], "shifts": [], "visits": []})
    with pytest.raises(InputError, match="--roads"):
        evaluate(problem, Plan(objective_s=0, value_s=0, travel_s=0, routes=()))
