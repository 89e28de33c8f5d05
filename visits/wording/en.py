"""English."""

from __future__ import annotations

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

SENTENCES = {
    # parts
    "date": "{weekday} {day}.{month}.",
    "and": ", ",
    "minutes": "{minutes} min",
    "hours": "{hours} h",
    "hours_minutes": "{hours} h {minutes} min",
    # a stop: what it is
    "planned": "{name} is planned for {rep} on {date} at {start}.",
    "executed": "{rep} has been there or is on the way; this stop no longer changes.",
    # why it is visited at all
    "due_over": "The last visit was {days} days ago, {over} days beyond the agreed {cadence}.",
    "due": "The last visit was {days} days ago; {cadence} are agreed.",
    "never_visited": "There has been no visit yet.",
    "wanted": "Somebody asked for this visit; it has no agreed rhythm.",
    "worth": "The visit is worth {value_s} of the rep's time.",
    # why this rep, day and time
    "promised": "It is promised between {start} and {end} on {date}.",
    "locked": "It was locked to {rep} and this day by hand.",
    "hours_open": "The service may start between {spans}.",
    "hours_any": "The customer has no opening hours, so the time follows the shortest way.",
    "cheapest": "No other rep or day is cheaper: the next best costs {extra_s} more.",
    "cheaper_elsewhere": "Another place would be {extra_s} cheaper by now: {rep} on {date} at {start}.",
    "only_place": "Nobody else has room for it on the days looked at.",
    "detour": "It adds {travel_s} of driving here.",
    # alternatives
    "alternative": "{rep} on {date} at {start}: {extra_s} more.",
    "alternative_cheaper": "{rep} on {date} at {start}: {extra_s} less.",
    "alternative_same": "{rep} on {date} at {start}: the same.",
    "blocked_skill": "{rep} on {date}: lacks {skills}.",
    "blocked_window": "{rep} on {date}: the customer is closed.",
    "blocked_promise": "{rep} on {date}: the promise stands elsewhere.",
    "blocked_full": "{rep} on {date}: no room left.",
    # a customer who is not planned: before any plan is tried
    "retired": "{name} is no longer active.",
    "no_territory_reps": "No rep works for this customer's territory on {date}.",
    "no_cadence": "{name} has no agreed rhythm and nobody asked for a visit.",
    "not_due": "{name} is not due: the last visit was {days} days ago, and {cadence} are agreed.",
    "refused_today": "A visit on {date} was called off or found nobody; the customer is not asked again that day.",
    "planned_elsewhere": "{name} is planned for {rep} on {other_date} instead.",
    "off_road": "{name} lies far from any road of the map; correct the coordinates.",
    "closed": "{name} is closed on {date}, or not open for {service_s} at a time.",
    # a customer who is not planned: as found by trying
    "reason_window": "No working time on {date} meets the opening hours.",
    "reason_skill": "No rep on {date} has all of {skills}.",
    "reason_unreachable": "No road leads there.",
    "reason_shift": "It does not fit even an empty day: {short_s} are missing.",
    "reason_time": "No gap on {date} is long enough: {short_s} are missing in the best one.",
    "reason_time_bare": "No gap on {date} is long enough without moving other visits.",
    "reason_value": "It fits, but it costs {cost_s} more than it is worth.",
    "reason_displaced": "Visits worth more take its place: {names}.",
    "fits": "It would fit and pay: plan the day again, or put it there by hand.",
    # what would make room
    "remedy_open_longer": "If {name} were open {extra_s} longer, {rep} could come at {start} on {date}.",
    "remedy_extend_shift": "If {rep} worked {extra_s} longer on {date}, the visit would be at {start}.",
    "remedy_drop": "If {rep} left out {other} on {date}, the visit would be at {start}.",
    "remedy_other_rep": "If {rep} could do it, the visit would be at {start} on {date}.",
    "remedy_gain": "The plan would gain {gain_s}.",
    "remedy_cost": "The plan would lose {cost_s}.",
    "remedy_none": "No single change was found that would make room.",
}
