"""A rep-day in one line, for people."""

from __future__ import annotations

from visits.day_plan import DayPlan


def span(seconds: int) -> str:
    """A length of time as people say it: `1 h 05 min`, `25 min`."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def day_line(plan: DayPlan) -> str:
    """A rep's day: who, when, how many stops, how far, until when, and what it is worth."""
    sums = plan.totals
    stops = f"{sums.stops} stop{'' if sums.stops == 1 else 's'}"
    return (
        f"{plan.date.isoformat()} {plan.rep_name}: {stops}, {span(sums.travel_s)} driving, "
        f"{sums.distance_m / 1000:.1f} km, {plan.leave:%H:%M}-{sums.end:%H:%M}, worth {span(sums.value_s)} "
        f"(version {plan.version})"
    )
