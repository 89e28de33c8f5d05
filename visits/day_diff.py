"""What changed between two versions of a rep's day."""

from __future__ import annotations

from routing.plan import Change, Delta, Diff, Move, Placement
from visits.day_plan import DayPlan

RETIMED_FROM_S = 60
"""A stop that starts less than this many seconds earlier or later counts as unchanged."""


def day_diff(before: DayPlan, after: DayPlan, shift: str) -> Diff:
    """The change from one version of a rep-day, whose shift has this id, to another; totals as after minus before."""
    old = {stop.visit: stop for stop in before.stops}
    new = {stop.visit: stop for stop in after.stops}
    retimed = [
        (name, old[name].start_s, stop.start_s)
        for name, stop in new.items()
        if name in old and abs(stop.start_s - old[name].start_s) >= RETIMED_FROM_S
    ]
    ends_later = after.totals.end_s - before.totals.end_s
    return Diff(
        unchanged=sum(name in old for name in new) - len(retimed),
        added=tuple(
            Change(visit=name, shift=shift, start_s=stop.start_s) for name, stop in new.items() if name not in old
        ),
        removed=tuple(
            Change(visit=name, shift=shift, start_s=stop.start_s) for name, stop in old.items() if name not in new
        ),
        retimed=tuple(
            Move.model_validate(
                {
                    "visit": name,
                    "from": Placement(shift=shift, start_s=first),
                    "to": Placement(shift=shift, start_s=second),
                }
            )
            for name, first, second in retimed
        ),
        delta=Delta(
            value_s=after.totals.value_s - before.totals.value_s,
            travel_s=after.totals.travel_s - before.totals.travel_s,
            end_s={shift: ends_later} if ends_later else {},
        ),
    )
