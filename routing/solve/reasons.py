"""Why each unserved visit is in no route, found by trying.

Every visit is tried at every position of every shift of the final plan and on the empty shift by the exact insertion
check; a visit that fits is priced by the exact schedule; one that does not is tried in the place of each single stop of
the shift where least is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.plan import Reason, Unserved
from routing.problem import Visit
from routing.solve.construct import Deadline, worth_by_shift
from routing.solve.pauses import NEVER
from routing.solve.places import Insertions
from routing.solve.schedule import Scheduler
from routing.solve.starts import may_serve

Ints = npt.NDArray[np.int64]

MOST_PLACES = 200
"""Places of a visit that are priced exactly at most; nearly always the first few settle it."""
PRICED_WHEN_TIMED = 12
"""Places of a visit that are priced exactly when travel depends on the time, cheapest guess first."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A reason per unserved visit, and the sequences of shifts where trying found something better, if any."""

    unserved: tuple[Unserved, ...]
    better: dict[int, tuple[int, ...]]


def examine(
    scheduler: Scheduler,
    sequences: Sequence[Sequence[int]],
    deadline: Deadline,
    *,
    only: Sequence[int] | None = None,
    patience: Deadline | None = None,
) -> Examination:
    """A checked reason for every visit in no sequence, in the order of the problem.

    `only` are the visits looked at, where not all. After the `deadline` the swaps that tell `displaced` from `time` are
    tried for must-visits alone; `time` remains true. After the `patience`, if any, no price is worked out any more that
    takes a timing: such visits are told as `value` without a price.
    """
    inquiry = _Inquiry(scheduler, Insertions(scheduler, sequences), deadline, patience or Deadline(None), only)
    answers = inquiry.answers()
    return Examination(answers, inquiry.better)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is known of one visit: the least that is missing and where, and the places where nothing is.

    `fits` [places, 3]: a bound on what serving there loses (seconds of the objective), the shift and the row; the least
    loss first.
    """

    visit: int
    short_s: int
    shift: int
    fits: Ints


class _Inquiry:
    def __init__(
        self,
        scheduler: Scheduler,
        final: Insertions,
        deadline: Deadline,
        patience: Deadline,
        only: Sequence[int] | None,
    ) -> None:
        self._scheduler = scheduler
        self._problem = scheduler.problem
        self._final = final
        self._trial = Insertions(scheduler)
        self._deadline = deadline
        self._patience = patience
        self._costs: dict[int, int] = {}
        self.better: dict[int, tuple[int, ...]] = {}
        self._worths = worth_by_shift(scheduler)
        self._tardy = {i for i, visit in enumerate(self._problem.visits) if visit.max_late_s}
        self._unserved = np.array(final.unserved() if only is None else only, np.int64)

    def answers(self) -> tuple[Unserved, ...]:
        answers: dict[int, Unserved] = {}
        homeless: list[_Finding] = []
        for finding in self._search(self._final, self._unserved):
            priced = self._value(finding) if len(finding.fits) else self._never(finding.visit)
            if priced is not None:
                answers[finding.visit] = priced
            else:
                homeless.append(finding)
        crowded: list[_Finding] = []
        alone = self._search(self._trial, np.array([finding.visit for finding in homeless], np.int64))
        for finding, empty in zip(homeless, alone, strict=True):
            tried = (self._price(int(position), (finding.visit,)) for _, position, _ in empty.fits)
            if any(price is not None for price in tried):
                crowded.append(finding)
            else:
                least = min(finding, empty, key=lambda one: one.short_s)
                answers[finding.visit] = self._too_long(least)
        answers |= self._rivals(crowded)
        for finding in crowded:
            if finding.visit not in answers:
                answers[finding.visit] = self._crowded_out(finding)
        return tuple(answers[visit] for visit in sorted(answers))

    def _search(self, insertions: Insertions, visits: Ints) -> list[_Finding]:
        """The places of each visit in all shifts."""
        count = len(self._problem.shifts)
        short = np.full((count, len(visits)), NEVER, np.int64)
        bounds, columns, positions, rows = [], [], [], []
        weights = self._problem.objective
        service = np.array([self._problem.visits[visit].service_s for visit in visits.tolist()], np.int64)
        for position in range(count):
            inside = np.flatnonzero(insertions.allowed(position)[visits])
            if not inside.size:
                continue
            places = insertions.places(position, visits[inside])
            short[position, inside] = places.short_s.min(axis=0)
            row, column = np.nonzero(places.fits)
            detour, column = places.detour_s[row, column], inside[column]
            saved = weights.waiting * np.maximum(0, detour + service[column])
            bounds.append(weights.travel * detour - saved - self._worths[position, visits[column]])
            columns.append(column)
            positions.append(np.full(len(row), position, np.int64))
            rows.append(row)
        none = np.zeros((0, 3), np.int64)
        fits: dict[int, Ints] = {}
        if bounds:
            bound, column, place, row = (np.concatenate(parts) for parts in (bounds, columns, positions, rows))
            order = np.lexsort((row, place, bound, column))
            starts = np.searchsorted(column[order], np.arange(len(visits) + 1)).tolist()
            table = np.stack((bound, place, row), axis=1)[order]
            fits = {i: table[starts[i] : min(starts[i + 1], starts[i] + MOST_PLACES)] for i in range(len(visits))}
        best = short.argmin(axis=0) if count else np.zeros(len(visits), np.int64)
        return [
            _Finding(visit, int(short[best[i], i]) if count else NEVER, int(best[i]), fits.get(i, none))
            for i, visit in enumerate(visits.tolist())
        ]

    def _never(self, visit_index: int) -> Unserved | None:
        """A reason that holds whatever the routes are: skill, window or no road."""
        visit = self._problem.visits[visit_index]
        named = [
            (i, shift)
            for i, shift in enumerate(self._problem.shifts)
            if (visit.shifts is None or shift.id in visit.shifts)
            and (visit.promise is None or shift.id == visit.promise.shift)
        ]
        if not named:
            return _unserved(visit, "window", "no shift may serve it")
        skilled = [i for i, shift in named if may_serve(visit, shift)]
        if not skilled:
            return _unserved(visit, "skill", f"no allowed shift has {_skills(visit)}")
        open_at = [i for i in skilled if self._opens(i, visit_index)]
        if not open_at:
            what = "its promised time" if visit.promise is not None else "its opening"
            return _unserved(visit, "window", f"{what} meets no shift that may serve it")
        if not self._has_road(visit_index):
            return _unserved(visit, "unreachable", "no road leads there and back")
        return None

    def _opens(self, position: int, visit_index: int) -> bool:
        shift = self._problem.shifts[position]
        return any(
            span.last_s >= shift.start_s and span.first_s <= shift.end_s + shift.max_overtime_s
            for span in self._scheduler.spans(position, visit_index)
        )

    def _has_road(self, visit_index: int) -> bool:
        """Whether a road leads to the visit from some other place and from it to some other."""
        place = self._problem.location_index[self._problem.visits[visit_index].location]
        matrix = self._scheduler.travel.duration_s[0]
        others = np.arange(len(matrix)) != place
        return bool((matrix[others, place] >= 0).any() and (matrix[place, others] >= 0).any()) or len(matrix) == 1

    def _value(self, finding: _Finding) -> Unserved | None:
        """The price of the cheapest place where the visit fits; None where the exact schedule finds no place."""
        visit = self._problem.visits[finding.visit]
        best: tuple[int, int, tuple[int, ...]] | None = None
        limit = MOST_PLACES if self._scheduler.travel.is_constant else PRICED_WHEN_TIMED
        for place in finding.fits[:limit]:
            bound, position, row = place.tolist()
            if best is not None and bound >= best[0]:
                break
            sequence = self._final.sequences[position]
            longer = (*sequence[:row], finding.visit, *sequence[row:])
            if self._costs_travel_alone(position, longer):
                loss: int | None = bound
            elif self._patience.passed:
                return _unserved(visit, "value", "the search ended before it was priced in its best place")
            else:
                cost = self._price(position, longer)
                worth = visit.worth_s(self._problem.shifts[position].rep)
                loss = None if cost is None else cost - self._cost(position) - worth
            if loss is not None and (best is None or loss < best[0]):
                best = (loss, position, longer)
        if best is None:
            return None
        loss, position, longer = best
        if (loss < 0 or visit.must) and position not in self.better:
            self.better[position] = longer
        if loss < 0:
            return _unserved(visit, "value", "it fits and pays, but the search ended before it was put in", cost_s=0)
        said = (
            f"it fits, but would cost {_minutes(loss)} more than it is worth" if loss else "it fits, but adds nothing"
        )
        return _unserved(visit, "value", said, cost_s=loss)

    def _costs_travel_alone(self, position: int, sequence: tuple[int, ...]) -> bool:
        """Whether nothing but constant travel has a price on the shift with these stops."""
        if not self._scheduler.travel.is_constant or self._problem.objective.waiting:
            return False
        return not (self._problem.shifts[position].max_overtime_s or self._tardy.intersection(sequence))

    def _too_long(self, finding: _Finding) -> Unserved:
        nowhere = "no shift that may serve it can hold it, even when empty"
        return self._lacks(finding, "shift", nowhere, "even the empty shift {} is {} too short for it")

    def _crowded_out(self, finding: _Finding) -> Unserved:
        nowhere = "no shift has room for it without displacing another visit"
        return self._lacks(finding, "time", nowhere, "the best place, on shift {}, lacks {}")

    def _lacks(self, finding: _Finding, reason: Reason, nowhere: str, best: str) -> Unserved:
        """What is missing in the best place tried, where more time would help."""
        visit = self._problem.visits[finding.visit]
        if not 0 < finding.short_s < NEVER:
            return _unserved(visit, reason, nowhere)
        said = best.format(repr(self._problem.shifts[finding.shift].id), _minutes(finding.short_s))
        return _unserved(visit, reason, said, short_s=finding.short_s)

    def _rivals(self, crowded: list[_Finding]) -> dict[int, Unserved]:
        """The visits of the least crowded shift whose single stop, worth more, holds the place."""
        groups: dict[int, list[int]] = {}
        for finding in crowded:
            if finding.short_s < NEVER:
                groups.setdefault(finding.shift, []).append(finding.visit)
        answers: dict[int, Unserved] = {}
        for position, wanted in groups.items():
            visits = wanted
            if self._deadline.passed:
                visits = [visit for visit in wanted if self._problem.visits[visit].must]
            if not visits or self._patience.passed:
                continue
            best: dict[int, tuple[int, int]] = {}
            better: set[int] = set()
            gain = 0
            for loss, visit, rival, swapped in self._swaps(position, visits):
                if loss < 0:
                    better.add(visit)
                    if -loss > gain and not self._taken(position, visit):
                        gain = -loss
                        self.better[position] = swapped
                elif visit not in best or loss < best[visit][0]:
                    best[visit] = (loss, rival)
            for visit, (loss, rival) in best.items():
                if visit not in better:
                    answers[visit] = self._displaced(visit, rival, loss, self._problem.shifts[position].rep)
        return answers

    def _swaps(self, position: int, visits: list[int]) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
        """Swaps of a stop for one of the visits: what the objective loses, the visit, the stop, the new sequence."""
        sequence = self._final.sequences[position]
        rep = self._problem.shifts[position].rep
        trial = self._trial
        candidates = np.array(visits, np.int64)
        for i, rival in enumerate(sequence):
            shorter = sequence[:i] + sequence[i + 1 :]
            if self._price(position, shorter) is None:
                continue
            trial.replace(position, shorter)
            places = trial.places(position, candidates)
            detour = np.where(places.fits, places.detour_s, NEVER)
            rows = detour.argmin(axis=0)
            for column, visit in enumerate(visits):
                row = int(rows[column])
                if detour[row, column] >= NEVER:
                    continue
                swapped = (*shorter[:row], visit, *shorter[row:])
                cost = self._price(position, swapped)
                if cost is None:
                    continue
                worth = self._worth(rival, rep) - self._worth(visit, rep)
                yield worth + cost - self._cost(position), visit, rival, swapped

    def _taken(self, position: int, visit: int) -> bool:
        """Whether another shift's better sequence holds the visit already."""
        return any(visit in sequence for other, sequence in self.better.items() if other != position)

    def _displaced(self, visit_index: int, rival_index: int, loss: int, rep: str) -> Unserved:
        visit, rival = self._problem.visits[visit_index], self._problem.visits[rival_index]
        if rival.must:
            said = f"its place is taken by {rival.id!r}, which must be served"
        else:
            worth = _minutes(rival.worth_s(rep))
            said = f"{rival.id!r}, worth {worth}, takes its place, and a swap would lose {_minutes(loss)}"
        return _unserved(visit, "displaced", said, by=(rival.id,))

    def _worth(self, visit_index: int, rep: str) -> int:
        """Worth for a comparison; a must-visit is worth more than anything that is none."""
        visit = self._problem.visits[visit_index]
        return visit.worth_s(rep) + (1 << 50 if visit.must else 0)

    def _cost(self, position: int) -> int:
        found = self._costs.get(position)
        if found is None:
            found = self._costs[position] = self._price(position, self._final.sequences[position]) or 0
        return found

    def _price(self, position: int, sequence: tuple[int, ...]) -> int | None:
        if not sequence:
            return 0
        timing = self._scheduler.schedule(position, sequence)
        return None if timing is None else timing.price_s + timing.travel_price_s


def _unserved(
    visit: Visit,
    reason: Reason,
    detail: str,
    *,
    short_s: int | None = None,
    cost_s: int | None = None,
    by: tuple[str, ...] | None = None,
) -> Unserved:
    return Unserved(visit=visit.id, reason=reason, detail=detail, short_s=short_s, cost_s=cost_s, by=by)


def _minutes(seconds: int) -> str:
    """A length for a sentence: seconds below two minutes, else whole minutes rounded up."""
    return f"{seconds} s" if abs(seconds) < 120 else f"{-(-seconds // 60)} min"


def _skills(visit: Visit) -> str:
    named = ", ".join(repr(skill) for skill in visit.skills)
    return f"the skill {named}" if len(visit.skills) == 1 else f"all of the skills {named}"
