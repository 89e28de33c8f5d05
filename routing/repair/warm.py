"""Loads all that a repair needs: call it once where a process starts, so that no request waits for code."""

from __future__ import annotations

from routing.events import EventList
from routing.plan import Plan
from routing.problem import Problem
from routing.repair.answer import repair


def warm() -> None:
    """Repairs a day of two visits once; a second or two where the kernels have been compiled before."""
    day = "2026-01-01"
    problem = Problem.model_validate(
        {
            "version": 1,
            "locations": [{"id": "home"}, {"id": "a"}, {"id": "b"}],
            "matrix": {"duration_s": [[0, 60, 60], [60, 0, 60], [60, 60, 0]], "distance_m": [[0] * 3] * 3},
            "shifts": [
                {"id": rep, "rep": rep, "day": day, "start": "home", "end": "home", "start_s": 0, "end_s": 3600}
                for rep in ("x", "y")
            ],
            "visits": [{"id": place, "location": place, "service_s": 60, "value_s": 600} for place in ("a", "b")],
        }
    )
    urgent = {"type": "insert", "visit": {"id": "new", "location": "a", "service_s": 60, "value_s": 600}}
    events = EventList.model_validate({"day": day, "now_s": 0, "events": [urgent]})
    repair(problem, Plan(objective_s=0, value_s=0, travel_s=0, routes=()), events, iterations=20)


if __name__ == "__main__":
    warm()
