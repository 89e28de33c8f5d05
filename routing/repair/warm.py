"""Loads all that a repair needs: call it once where a process starts, so that no request waits for code."""

from __future__ import annotations

from routing.events import EventList
from routing.plan import Plan
from routing.repair.answer import repair


def warm() -> None:
    """Repairs a day of two visits once; a second or two where the kernels have been compiled before."""
    from routing.solve.warm import DAY, two_visits  # noqa: PLC0415 - bad input need not wait for the kernels

    urgent = {"type": "insert", "visit": {"id": "new", "location": "a", "service_s": 60, "value_s": 600}}
    events = EventList.model_validate({"day": DAY, "now_s": 0, "events": [urgent]})
    repair(two_visits(), Plan(objective_s=0, value_s=0, travel_s=0, routes=()), events, iterations=20)


if __name__ == "__main__":
    warm()
