"""Problems and plans as JSON: round trips, the published schemas, and one clear sentence for every fault."""

from __future__ import annotations

import copy
import json

import jsonschema
import numpy as np
import pytest

from routing.errors import InputError
from routing.plan import Plan, plan_from_json
from routing.problem import Problem, problem_from_json, read_problem
from routing.schema import PUBLISHED, schema_of, schema_path
from routing.travel import Travel, TravelSlice
from tests.instances import FIELD_PROBLEMS, bench_instance

DAY = "2026-11-23"
PROBLEM = {
    "version": 1,
    "locations": [{"id": "home", "lon": 24.94, "lat": 60.17}, {"id": "shop", "lon": 24.95, "lat": 60.18}],
    "matrix": {"duration_s": [[0, 60], [70, 0]], "distance_m": [[0, 500], [600, 0]]},
    "shifts": [
        {
            "id": "ana/2026-11-23", "rep": "ana", "day": DAY, "start": "home", "end": "home",
            "start_s": 28800, "end_s": 61200, "max_travel_s": None, "skills": ["dairy"],
            "breaks": [{"duration_s": 2700, "earliest_s": 41400, "latest_s": 48600}],
        }
    ],
    "visits": [
        {
            "id": "c17", "location": "shop", "service_s": 1800, "value_s": 3600, "mandatory": False,
            "windows": [{"day": DAY, "start_s": 32400, "end_s": 43200}], "skills": ["dairy"], "shifts": None,
            "rep_preference_s": {"ana": 600},
        },
        {"id": "c18", "location": "shop", "service_s": 0},
    ],
    "objective": {"travel": 1, "waiting": 0, "lateness": 10, "overtime": 10},
}  # fmt: skip


def fault_of(change) -> str:
    values = copy.deepcopy(PROBLEM)
    change(values)
    with pytest.raises(InputError) as caught:
        problem_from_json(json.dumps(values))
    return str(caught.value)


def test_problem_round_trip():
    problem = problem_from_json(json.dumps(PROBLEM))
    assert problem_from_json(problem.to_json()) == problem
    assert problem.visits[0].worth_s("ana") == 4200
    assert problem.visits[0].worth_s("bo") == 3600


def test_problem_is_frozen():
    problem = problem_from_json(json.dumps(PROBLEM))
    with pytest.raises(ValueError, match="frozen"):
        problem.visits[0].value_s = 1
    with pytest.raises(ValueError, match="read-only"):
        problem.matrix.duration_s[0, 1] = 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p["visits"][0].update(location="mars"), ["visits[0].location", "'mars'", "add it"]),
        (lambda p: p["shifts"][0].update(start="mars"), ["shifts[0].start", "'mars'"]),
        (lambda p: p["visits"][0]["windows"][0].update(end_s=100), ["windows[0]", "end_s 100", "start_s 32400"]),
        (lambda p: p["visits"][0].update(service_s=-5), ["visits[0].service_s", "-5"]),
        (lambda p: p["visits"][0].update(service_s=1.5), ["visits[0].service_s", "whole number", "1.5"]),
        (lambda p: p["visits"][0].update(service_s="30"), ["visits[0].service_s", "whole number", "'30'"]),
        (lambda p: p["visits"][0].update(service_s=True), ["visits[0].service_s", "whole number"]),
        (lambda p: p["visits"][0].update(service_s=10**12), ["visits[0].service_s", "10000000"]),
        (lambda p: p["locations"][0].update(lon=float("nan")), ["locations[0].lon", "finite"]),
        (lambda p: p["locations"][0].update(lat=float("inf")), ["locations[0].lat", "finite"]),
        (lambda p: p["locations"][0].update(lat=123.0), ["locations[0]", "'home'", "123.0", "swapped"]),
        (lambda p: p["locations"][0].pop("lat"), ["locations[0]", "only one of lon and lat"]),
        (lambda p: p["matrix"]["duration_s"].pop(), ["matrix.duration_s", "square"]),
        (lambda p: p["matrix"]["duration_s"][1].pop(), ["matrix.duration_s", "row 1", "1 columns"]),
        (lambda p: p["matrix"].update(distance_m=[[0]]), ["matrix.distance_m", "1 rows", "2 locations"]),
        (lambda p: p["matrix"]["duration_s"][0].__setitem__(1, -2), ["matrix.duration_s", "[0][1] is -2"]),
        (lambda p: p["matrix"]["duration_s"][0].__setitem__(1, 1.5), ["matrix.duration_s", "[0][1] is 1.5"]),
        (lambda p: p["matrix"]["duration_s"][0].__setitem__(1, None), ["matrix.duration_s", "[0][1] is None"]),
        (lambda p: p["matrix"]["duration_s"][0].__setitem__(1, False), ["matrix.duration_s", "[0][1] is False"]),
        (lambda p: p["matrix"]["duration_s"][0].__setitem__(1, 10**30), ["matrix.duration_s", "10000000"]),
        (lambda p: p["visits"][1].update(id="c17"), ["visits[1].id", "'c17'", "visits[0]"]),
        (lambda p: p["locations"][1].update(id="home"), ["locations[1].id", "'home'"]),
        (lambda p: p["visits"][0].update(colour="red"), ["visits[0].colour", "not a known field"]),
        (lambda p: p["visits"][0]["windows"][0].update(day="2026-02-30"), ["windows[0].day", "2026-02-30"]),
        (lambda p: p["shifts"][0].update(day="tomorrow"), ["shifts[0].day", "tomorrow"]),
        (lambda p: p["shifts"][0].update(day=20261123), ["shifts[0].day", "20261123"]),
        (lambda p: p["shifts"][0].update(end_s=28800), ["shifts[0]", "not after start_s"]),
        (lambda p: p["shifts"][0]["breaks"][0].update(duration_s=40000), ["shifts[0]", "breaks[0]", "40000"]),
        (lambda p: p["shifts"][0]["breaks"][0].update(latest_s=1), ["breaks[0]", "latest_s 1"]),
        (lambda p: p["visits"][0].update(shifts=["bo/2026"]), ["visits[0].shifts", "'bo/2026'"]),
        (
            lambda p: p["visits"][0].update(promise={"shift": "x", "start_s": 1, "end_s": 2}),
            ["visits[0].promise", "'x'"],
        ),
        (lambda p: p.pop("shifts"), ["shifts is missing"]),
        (lambda p: p.update(version=2), ["version", "2"]),
        (lambda p: p.update(visits={}), ["visits", "list"]),
        (lambda p: p["visits"].__setitem__(0, 7), ["visits[0]", "object"]),
        (lambda p: p.update(matrices=[]), ["matrices"]),
        (lambda p: p["objective"].update(travel=-1), ["objective.travel", "-1"]),
    ],
)
def test_bad_problem_gets_one_sentence_naming_field_and_value(change, words):
    sentence = fault_of(change)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("text", ["", "{", "not json", "[]", "null", "7", b"\xff\xfe\x00", "[" * 100_000, '{"a": 1'])
def test_a_text_that_is_no_problem_is_named(text):
    with pytest.raises(InputError, match=r"the problem (is not valid JSON|must be a JSON object)"):
        problem_from_json(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.json does not exist"):
        read_problem(tmp_path / "absent.json")
    with pytest.raises(InputError, match="is a directory"):
        read_problem(tmp_path)


def slices(*stacks, step=100):
    zero = [[0, 0], [0, 0]]
    return tuple(
        TravelSlice(at_s=k * step, duration_s=[[0, there], [back, 0]], distance_m=zero)
        for k, (there, back) in enumerate(stacks)
    )


def test_travel_between_slices_is_interpolated_and_rounded_down():
    travel = Travel.from_slices(slices((100, 50), (33, 51)))
    assert [travel.duration(0, 1, at) for at in (0, 1, 50, 99, 100, 999)] == [100, 99, 66, 33, 33, 33]
    assert travel.duration(1, 0, 99) == 50


def test_a_later_start_never_arrives_earlier():
    generator = np.random.default_rng(7)
    for _ in range(50):
        a, b = (int(x) for x in generator.integers(0, 90, 2))
        travel = Travel.from_slices(slices((a, b), (b, a)))
        arrivals = [at + travel.duration(0, 1, at) for at in range(130)]
        assert arrivals == sorted(arrivals)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (((300, 0), (100, 0)), "later start would arrive earlier"),
        (((-1, 0), (10, 0)), "unreachable"),
    ],
)
def test_time_dependent_travel_that_cannot_be_is_refused(bad, words):
    with pytest.raises(ValueError, match=words):
        Travel.from_slices(slices(*bad))


def test_slices_must_be_in_order():
    with pytest.raises(ValueError, match="sort them"):
        Travel.from_slices(slices((1, 1), (1, 1), step=0))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_schema_is_current(name):
    assert json.loads(schema_path(name).read_text(encoding="utf-8")) == schema_of(name)


def test_schema_accepts_what_the_type_accepts_and_refuses_an_unknown_field():
    schema = schema_of("problem")
    jsonschema.validate(PROBLEM, schema)
    jsonschema.validate(json.loads(problem_from_json(json.dumps(PROBLEM)).to_json()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**PROBLEM, "colour": "red"}, schema)


def test_plan_round_trip_writes_what_the_contract_names():
    values = {
        "version": 1, "objective_s": 4060, "value_s": 4200, "travel_s": 140, "seed": 1, "iterations": 0,
        "engine": "search", "bound_s": None, "routes": [],
        "unserved": [{"visit": "c18", "reason": "window", "detail": "closed on every day with a shift"}],
    }  # fmt: skip
    assert json.loads(plan_from_json(json.dumps(values)).to_json()) == values
    moved = {"visit": "c1", "from": {"shift": "a", "start_s": 1}, "to": {"shift": "b", "start_s": 2}}
    diff = {"unchanged": 9, "moved": [moved], "added": [], "removed": [], "retimed": []}
    written = json.loads(Plan.model_validate({**values, "diff": diff, "suggestions": []}).to_json())
    assert written["diff"]["moved"] == [moved]
    assert written["diff"]["delta"] == {"value_s": 0, "travel_s": 0, "end_s": {}}


@pytest.mark.needs_bench
@pytest.mark.parametrize("name", FIELD_PROBLEMS)
def test_benchmark_problems_are_read(name):
    problem = read_problem(bench_instance(f"field/{name}.json"))
    assert isinstance(problem, Problem)
    assert len(problem.require_travel().duration_s[0]) == len(problem.locations)
