"""The change from days as they stand to days as proposed, told for a dispatcher: per stop, per rep, and in sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from routing.repair.rest import RETIMED_S
from visits.day_diff import RETIMED_FROM_S
from visits.day_plan import DayPlan, PlannedStop
from visits.hours import shift_id
from visits.proposal_views import (
    ChangedStop,
    MovedStop,
    PromiseAtRisk,
    ProposalDelta,
    ProposalDiff,
    RepDelta,
    StopPlace,
    UnchangedDay,
)

Standing = dict[str, tuple[DayPlan, PlannedStop]]


def proposal_diff(
    before: Mapping[str, DayPlan | None], after: Mapping[str, DayPlan], gone: Mapping[str, str]
) -> ProposalDiff:
    """The change. `before` has all days looked at by shift id, `after` those that change.

    `gone` says why visits leave that an event or a hand takes out.
    """
    old = _standing(before[name] for name in after)
    new = _standing(after.values())
    moved, retimed, unchanged = [], [], 0
    for visit, (document, stop) in new.items():
        if visit not in old:
            continue
        if _shift(old[visit][0]) != _shift(document):
            moved.append(_moved(old[visit], (document, stop)))
        elif abs(old[visit][1].start_s - stop.start_s) >= RETIMED_FROM_S:
            retimed.append(_moved(old[visit], (document, stop)))
        else:
            unchanged += 1
    still = [(name, one) for name, one in before.items() if name not in after and one is not None]
    return ProposalDiff(
        unchanged=unchanged + sum(len(one.stops) for _, one in still),
        moved=tuple(moved),
        added=tuple(_changed(one, "added") for visit, one in new.items() if visit not in old),
        removed=tuple(_changed(one, gone.get(visit, "dropped")) for visit, one in old.items() if visit not in new),
        retimed=tuple(retimed),
        delta=_sums(before, after),
        reps=tuple(_rep_delta(name, before[name], one) for name, one in sorted(after.items())),
        promises_at_risk=_at_risk(old, new, gone),
        unchanged_days=tuple(
            UnchangedDay(shift=name, rep=one.rep, rep_name=one.rep_name, date=one.date, stops=len(one.stops))
            for name, one in sorted(still)
        ),
    )


def _standing(documents: Iterable[DayPlan | None]) -> Standing:
    found: Standing = {}
    for document in documents:
        if document is not None:
            found.update({stop.visit: (document, stop) for stop in document.stops})
    return found


def _shift(document: DayPlan) -> str:
    return shift_id(document.rep, document.date)


def _place(document: DayPlan, stop: PlannedStop) -> StopPlace:
    return StopPlace(
        shift=_shift(document),
        rep=document.rep,
        rep_name=document.rep_name,
        date=document.date,
        start_s=stop.start_s,
        start=stop.start,
    )


def _moved(old: tuple[DayPlan, PlannedStop], new: tuple[DayPlan, PlannedStop]) -> MovedStop:
    stop = new[1]
    return MovedStop.model_validate(
        {
            "visit": stop.visit,
            "customer": stop.customer,
            "name": stop.name,
            "from": _place(*old),
            "to": _place(*new),
            "promise": stop.promise,
        }
    )


def _changed(standing: tuple[DayPlan, PlannedStop], why: str) -> ChangedStop:
    document, stop = standing
    return ChangedStop(
        visit=stop.visit,
        customer=stop.customer,
        name=stop.name,
        place=_place(document, stop),
        why=why,
        promise=stop.promise,
    )


def overtime_s(document: DayPlan) -> int:
    """Seconds by which a day runs beyond its shift."""
    return max(0, document.totals.end_s - document.shift.end_s) if document.stops else 0


def _rep_delta(name: str, before: DayPlan | None, after: DayPlan) -> RepDelta:
    old = {stop.visit: stop for stop in before.stops} if before is not None else {}
    stay = [
        stop
        for stop in after.stops
        if stop.visit in old and abs(old[stop.visit].start_s - stop.start_s) < RETIMED_FROM_S
    ]
    totals = before.totals if before is not None else None
    return RepDelta(
        shift=name,
        rep=after.rep,
        rep_name=after.rep_name,
        date=after.date,
        stops=len(after.stops) - len(old),
        unchanged=len(stay),
        travel_s=after.totals.travel_s - (totals.travel_s if totals else 0),
        distance_m=after.totals.distance_m - (totals.distance_m if totals else 0),
        end_s=after.totals.end_s - (totals.end_s if totals else after.shift.start_s),
        end=after.totals.end,
        overtime_s=overtime_s(after),
        value_s=after.totals.value_s - (totals.value_s if totals else 0),
    )


def _sums(before: Mapping[str, DayPlan | None], after: Mapping[str, DayPlan]) -> ProposalDelta:
    deltas = [_rep_delta(name, before[name], one) for name, one in after.items()]
    was_s = sum(overtime_s(one) for name in after if (one := before[name]) is not None)
    return ProposalDelta(
        value_s=sum(one.value_s for one in deltas),
        travel_s=sum(one.travel_s for one in deltas),
        distance_m=sum(one.distance_m for one in deltas),
        overtime_s=sum(one.overtime_s for one in deltas) - was_s,
        end_s={one.shift: one.end_s for one in deltas if one.end_s},
    )


def _at_risk(old: Standing, new: Standing, gone: Mapping[str, str]) -> tuple[PromiseAtRisk, ...]:
    """Promises without a place, outside their span, or a quarter of an hour off what the customer may expect."""
    found = []
    for visit, (_, stop) in {**old, **new}.items():
        promise = stop.promise or (old[visit][1].promise if visit in old else None)
        if promise is None or visit in gone:
            continue
        now = new.get(visit)
        if now is None:
            risk = "no_place"
        elif now[0].date != promise.start.date() or not promise.start_s <= now[1].start_s <= promise.end_s:
            risk = "outside"
        elif visit in old and abs(now[1].start_s - old[visit][1].start_s) > RETIMED_S:
            risk = "retimed"
        else:
            continue
        found.append(
            PromiseAtRisk.model_validate(
                {
                    "visit": visit,
                    "customer": stop.customer,
                    "name": stop.name,
                    "promise": promise,
                    "risk": risk,
                    "start": now[1].start if now is not None else None,
                }
            )
        )
    return tuple(found)
