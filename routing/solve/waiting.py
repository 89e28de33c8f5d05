"""The cheapest timing of a chain of services when waiting has a price and departure is free.

Dynamic programming over exact functions: for every position and set of breaks taken, the least cost of being free at
each second, as straight integer pieces. Waiting adds a rising ray, a window cuts, lateness tilts; the lower envelope is
taken at whole seconds. Costs are integers throughout, so the result is the optimum, not an approximation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from routing.solve.pauses import NEVER, Pauses, PauseTable
from routing.solve.starts import StartSpan


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive, then a service that starts in one of `spans`; each second after `due_s` costs `price`."""

    drive_s: int
    spans: tuple[StartSpan, ...]
    price: int
    service_s: int


class Piece(NamedTuple):
    """Cost `cost` at `low`, rising by `slope` a second up to and including `high`."""

    low: int
    high: int
    cost: int
    slope: int

    def at(self, time_s: int) -> int:
        """The cost at a time within the piece."""
        return self.cost + self.slope * (time_s - self.low)

    def cut(self, low: int, high: int) -> Piece | None:
        """The part within [low, high], if any."""
        low, high = max(low, self.low), min(high, self.high)
        return Piece(low, high, self.at(low), self.slope) if low <= high else None


Cost = tuple[Piece, ...]


def cheapest_chain(
    legs: Sequence[Leg], table: PauseTable, waiting: int, *, earliest_s: int, latest_s: int
) -> list[tuple[int, Pauses, int]] | None:
    """For each leg (left_s, breaks taken, start of the next service) at the least sum of all prices; None if none.

    `waiting` is the price of a second, positive. Services end by `latest_s`; the first departure is free in
    [earliest_s, latest_s]; all breaks are taken.
    """
    stages: list[dict[int, Cost]] = [{0: (Piece(earliest_s, latest_s, 0, 0),)}]
    for leg in legs:
        reached: dict[int, list[Piece]] = {}
        for mask, cost in stages[-1].items():
            for way in table.after(mask):
                reached.setdefault(mask | way.mask, []).extend(_drive(cost, leg, way, waiting, latest_s))
        stages.append({mask: lower_envelope(pieces) for mask, pieces in reached.items() if pieces})
    final = stages[-1].get(table.full)
    if not final:
        return None
    _, end = min((piece.at(time), time) for piece in final for time in (piece.low, piece.high))
    return _walk_back(stages, legs, table, waiting, end)


def lower_envelope(pieces: Iterable[Piece]) -> Cost:
    """The least of the pieces at every whole second, as disjoint pieces in order."""
    lines = list(pieces)
    marks = sorted({piece.low for piece in lines} | {piece.high + 1 for piece in lines})
    found: list[Piece] = []
    for low, beyond in pairwise(marks):
        active = [piece for piece in lines if piece.low <= low and piece.high >= beyond - 1]
        now = low
        while active and now < beyond:
            best = min(active, key=lambda piece: (piece.at(now), piece.slope))
            until = beyond
            for piece in active:
                if piece.slope < best.slope:
                    until = min(until, now + (piece.at(now) - best.at(now)) // (best.slope - piece.slope) + 1)
            _extend(found, Piece(now, until - 1, best.at(now), best.slope))
            now = until
    return tuple(found)


def _extend(found: list[Piece], piece: Piece) -> None:
    if found:
        last = found[-1]
        joins = last.high + 1 == piece.low and last.slope == piece.slope
        if joins and last.cost + last.slope * (piece.low - last.low) == piece.cost:
            found[-1] = Piece(last.low, piece.high, last.cost, last.slope)
            return
    found.append(piece)


def _drive(cost: Cost, leg: Leg, way: Pauses, waiting: int, latest_s: int) -> Iterable[Piece]:
    """Pieces of the cost of being free after the leg's service, by way of these breaks."""
    shift = leg.drive_s + way.total_s
    ready: list[Piece] = []
    for piece in cost:
        part = piece.cut(-NEVER, way.leave_by_s)
        if part is None:
            continue
        ready.append(Piece(part.low + shift, part.high + shift, part.cost, part.slope))
        wait_from = part.high if part.slope < waiting else part.low
        ready.append(Piece(wait_from + shift, NEVER, part.at(wait_from), waiting))
    for span in leg.spans:
        first, last = max(span.first_s, way.free_at_s), min(span.last_s, latest_s - leg.service_s)
        for piece in ready:
            on_time = piece.cut(first, min(last, span.due_s))
            if on_time is not None:
                yield on_time._replace(low=on_time.low + leg.service_s, high=on_time.high + leg.service_s)
            late = piece.cut(max(first, span.due_s + 1), last)
            if late is not None:
                yield Piece(
                    late.low + leg.service_s,
                    late.high + leg.service_s,
                    late.cost + leg.price * (late.low - span.due_s),
                    late.slope + leg.price,
                )


def _walk_back(
    stages: Sequence[dict[int, Cost]], legs: Sequence[Leg], table: PauseTable, waiting: int, end_s: int
) -> list[tuple[int, Pauses, int]]:
    """The decisions that lead to being free at `end_s` with all breaks taken, at the cost the stages hold."""
    chain: list[tuple[int, Pauses, int]] = []
    mask, free = table.full, end_s
    for position in range(len(legs) - 1, -1, -1):
        leg, start = legs[position], free - legs[position].service_s
        _, left, way = min(_origins(stages[position], leg, table, waiting, mask, start), key=lambda origin: origin[:2])
        chain.append((left, way, start))
        mask, free = mask & ~way.mask, left
    return chain[::-1]


def _origins(
    stage: dict[int, Cost], leg: Leg, table: PauseTable, waiting: int, mask: int, start_s: int
) -> Iterable[tuple[int, int, Pauses]]:
    for before, cost in stage.items():
        if before & ~mask:
            continue
        for way in table.after(before):
            if before | way.mask != mask or start_s < way.free_at_s:
                continue
            by = min(way.leave_by_s, start_s - leg.drive_s - way.total_s)
            for piece in cost:
                part = piece.cut(-NEVER, by)
                if part is not None:
                    for left in (part.low, part.high):
                        yield part.at(left) + waiting * (start_s - left - leg.drive_s - way.total_s), left, way
