"""Slots on days that are full: where a wanted visit fits once one or two neighbouring stops wait for another day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from routing.events import EventList
from routing.plan import Plan
from routing.problem import Problem, Visit
from routing.repair.rest import Day, Rest
from routing.slots import PER_SHIFT, Asked, SlotOffer, ask, free_slots, offers_on
from routing.solve.places import Insertions

_MOST_OUT = 2
"""So many neighbouring stops may wait for one visit."""
_TRIED = 16
"""Rooms looked at closely, those first that would cost least if nobody had to wait at a door."""


@dataclass(frozen=True, slots=True)
class _Room:
    """Stops of one shift, from row to row of its sequence, that could wait; `least_s` is a guess of the cost."""

    number: int
    begin: int
    end: int
    worth_s: int
    least_s: int


def offer_room(
    problem: Problem, plan: Plan, visit: Visit, *, limit: int = 5, now: EventList | None = None
) -> tuple[SlotOffer, ...]:
    """The cheapest slots that stops with neither promise nor lock make room for, best first; as `offer_slots`.

    An offer names those stops in `instead_of`, and its cost has what they are worth there. The rooms tried are the most
    promising ones, so a cheaper one can be missed. Raises InputError as `offer_slots` does.
    """
    asked = ask(problem, plan, visit, now)
    return () if asked is None else _made_room(asked, limit)


def offer_slots_or_room(
    problem: Problem, plan: Plan, visit: Visit, *, limit: int, enough: int, now: EventList | None = None
) -> tuple[SlotOffer, ...]:
    """The cheapest free slots and, where they are fewer than `enough`, others that stops make room for; best first.

    Raises InputError as `offer_slots` does.
    """
    asked = ask(problem, plan, visit, now)
    if asked is None:
        return ()
    free = free_slots(asked, limit)
    missing = min(limit, enough) - len(free)
    room = _made_room(asked, missing) if missing > 0 else ()
    return tuple(sorted((*free, *room), key=lambda one: one.cost_s))


def _made_room(asked: Asked, limit: int) -> tuple[SlotOffer, ...]:
    day, rest, insertions, wanted = asked.day, asked.rest, asked.insertions, asked.wanted
    rooms = sorted(_rooms(day, rest, insertions, wanted), key=lambda one: (one.least_s, one.number, one.begin))
    found: list[SlotOffer] = []
    for tried, room in enumerate(rooms):
        if tried == _TRIED or (len(found) >= limit and room.least_s >= sorted(one.cost_s for one in found)[limit - 1]):
            break
        found += _offers_in(day, rest, insertions, room, wanted)
    kept: list[SlotOffer] = []
    for one in sorted(found, key=lambda one: (one.cost_s, one.day, one.start_s, one.shift)):
        same = [other for other in kept if other.shift == one.shift]
        if len(same) < PER_SHIFT and all(one.start_s > other.end_s or one.end_s < other.start_s for other in same):
            kept.append(one)
    return tuple(kept[:limit])


def _rooms(day: Day, rest: Rest, insertions: Insertions, wanted: int) -> Iterator[_Room]:
    """Every room that is long enough, by drives and services alone."""
    visits, clock, weight = rest.problem.visits, rest.clock, rest.problem.objective.travel
    places = [rest.problem.location_index[visit.location] for visit in visits]
    for number, sequence in enumerate(insertions.sequences):
        if not sequence or not insertions.allowed(number)[wanted]:
            continue
        shift = rest.problem.shifts[number]
        worth = [_worth(day, rest, number, visit) for visit in sequence]
        stops = [
            rest.problem.location_index[shift.start],
            *(places[visit] for visit in sequence),
            rest.problem.location_index[shift.end],
        ]
        drives = [clock.duration(origin, target, shift.start_s) for origin, target in pairwise(stops)]
        into = [clock.duration(place, places[wanted], shift.start_s) for place in stops]
        out = [clock.duration(places[wanted], place, shift.start_s) for place in stops]
        if min(*into, *out) < 0:
            continue
        busy_s = sum(drives) + sum(visits[visit].service_s for visit in sequence)
        busy_s += sum(pause.duration_s for pause in shift.breaks)
        idle_s = shift.end_s + shift.max_overtime_s - shift.start_s - busy_s
        detours = [into[leg] + out[leg + 1] - drives[leg] for leg in range(len(drives))]
        for begin in range(len(sequence)):
            for end in range(begin + 1, min(begin + _MOST_OUT, len(sequence)) + 1):
                if worth[end - 1] is None:
                    break
                direct = clock.duration(stops[begin], stops[end + 1], shift.start_s)
                if direct < 0:
                    continue
                saved_s = sum(drives[begin : end + 1]) - direct
                detour_s = min((into[begin] + out[end + 1] - direct, *detours[:begin], *detours[end + 1 :]))
                freed_s = saved_s + sum(visits[visit].service_s for visit in sequence[begin:end])
                if visits[wanted].service_s + detour_s > idle_s + freed_s:
                    continue
                worth_s = sum(one for one in worth[begin:end] if one is not None)
                yield _Room(number, begin, end, worth_s, worth_s + weight * (detour_s - saved_s))


def _worth(day: Day, rest: Rest, number: int, visit: int) -> int | None:
    """What a stop is worth on its shift; None for one that must stay."""
    stop = rest.problem.visits[visit]
    if stop.must:
        return None
    rep = day.problem.shifts[rest.positions[number]].rep
    whole = day.problem.visits[day.problem.visit_index[stop.id]]
    return whole.value_s + whole.rep_preference_s.get(rep, 0)


def _offers_in(day: Day, rest: Rest, insertions: Insertions, room: _Room, wanted: int) -> list[SlotOffer]:
    number, full = room.number, insertions.sequences[room.number]
    shorter = (*full[: room.begin], *full[room.end :])
    before, between = rest.clock.schedule(number, full), rest.clock.schedule(number, shorter)
    if before is None or between is None:
        return []
    with insertions.trying(number, shorter):
        found = list(offers_on(day, rest, insertions, number, np.array([wanted], np.int64)))
    used = bool(shorter or day.state.open[rest.positions[number]].locked)
    travel_s = (between.travel_s if used else 0) - before.travel_s
    late_s = (between.lateness_s if used else 0) - before.lateness_s
    over_s = (between.overtime_s if used else 0) - before.overtime_s
    price_s = (between.price_s + between.travel_price_s if used else 0) - before.price_s - before.travel_price_s
    return [
        one.model_copy(
            update={
                "instead_of": tuple(rest.problem.visits[visit].id for visit in full[room.begin : room.end]),
                "extra_travel_s": one.extra_travel_s + travel_s,
                "extra_late_s": one.extra_late_s + late_s,
                "extra_overtime_s": one.extra_overtime_s + over_s,
                "cost_s": one.cost_s + price_s + room.worth_s,
            }
        )
        for one in found
    ]
