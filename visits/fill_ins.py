"""What would fill a day's freed time: due customers ranked by worth less extra driving, each tried in the plan."""

from __future__ import annotations

from collections.abc import Collection

from routing.fill import offer_fill_ins
from visits.day_plan import FillIn
from visits.repairing import Outcome

MOST = 5


def fill_ins(bare: Outcome, shift: str, planned: Collection[str], most: int = MOST) -> tuple[FillIn, ...]:
    """The best few due customers for the time that is free in a day repaired without any, the best first.

    Each is tried alone. Those among the `planned` visits, which the chosen day took in, are marked so.
    """
    question, one = bare.question, bare.question.team.by_shift[shift]
    if shift not in bare.problem.shift_index:
        return ()
    executed = one.progress.locked if one.progress is not None else ()
    offers = offer_fill_ins(bare.problem, bare.plan, {shift}, now=question.standing(bare.plan), limit=most)
    found = []
    for offer in offers:
        need, local = question.needs[offer.visit], one.frame.local
        if offer.value_s <= offer.extra_travel_s:
            continue
        after = offer.after
        if after in question.stand_ins:
            after = executed[-1].visit if executed else None
        found.append(
            FillIn(
                visit=offer.visit,
                customer=need.customer.id,
                name=need.customer.name,
                address=need.customer.address,
                lon=need.customer.lon,
                lat=need.customer.lat,
                after=after,
                start_s=offer.start_s,
                start=local.moment(offer.start_s),
                extra_travel_s=offer.extra_travel_s,
                planned=offer.visit in planned,
                why=need.why(local.day),
            )
        )
    return tuple(found)
