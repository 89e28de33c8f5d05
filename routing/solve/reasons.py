"""Why each unserved visit is in no route, found by trying.

Every visit is tried at every position of every shift of the final plan and on the empty shift by the exact insertion
check; a visit that fits is priced by the exact schedule; one that does not is tried in the place of each single stop of
the shift where least is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from routing.plan import Reason, Unserved
from routing.problem import Visit
from routing.solve.construct import Deadline
from routing.solve.pauses import NEVER
from routing.solve.places import Insertions
from routing.solve.schedule import Scheduler
from routing.solve.starts import may_serve

PRICED_WHEN_TIMED = 12
"""Places of a visit that are priced exactly when travel depends on the time, cheapest guess first."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A reason per unserved visit, and the sequences of shifts where trying found something better, if any."""

    unserved: tuple[Unserved, ...]
    better: dict[int, tuple[int, ...]]


def examine(
    scheduler: Scheduler, sequences: Sequence[Sequence[int]], deadline: Deadline, *, only: Sequence[int] | None = None
) -> Examination:
    """A checked reason for every visit in no sequence, in the order of the problem.

    `only` are the visits looked at, where not all. After the `deadline` the swaps that tell `displaced` from `time` are
    no longer tried; `time` remains true.
    """
    inquiry = _Inquiry(scheduler, Insertions(scheduler, sequences), deadline, only)
    answers = inquiry.answers()
    return Examination(answers, inquiry.better)


@dataclass(slots=True)
class _Finding:
    """What is known of one visit: the least that is missing, where, and the places where nothing is."""

    visit: int
    short_s: int
    shift: int
    fits: list[tuple[int, int, int]]  # extra drive in seconds, shift, row


class _Inquiry:
    def __init__(
        self, scheduler: Scheduler, final: Insertions, deadline: Deadline, only: Sequence[int] | None = None
    ) -> None:
        self._scheduler = scheduler
        self._problem = scheduler.problem
        self._final = final
        self._trial = Insertions(scheduler)
        self._deadline = deadline
        self._costs: dict[int, int] = {}
        self.better: dict[int, tuple[int, ...]] = {}
        self._unserved = np.array(final.unserved() if only is None else only, np.int64)

    def answers(self) -> tuple[Unserved, ...]:
        answers: dict[int, Unserved] = {}
        crowded: list[_Finding] = []
        alone = self._search(self._trial)
        for visit, finding in self._search(self._final).items():
            impossible = self._never(visit)
            if impossible is not None:
                answers[visit] = impossible
                continue
            priced = self._value(finding)
            if priced is not None:
                answers[visit] = priced
            elif alone[visit].fits:
                crowded.append(finding)
            else:
                least = min(finding, alone[visit], key=lambda one: one.short_s)
                answers[visit] = self._too_long(least)
        answers |= self._rivals(crowded)
        for finding in crowded:
            if finding.visit not in answers:
                answers[finding.visit] = self._crowded_out(finding)
        return tuple(answers[visit] for visit in sorted(answers))

    def _search(self, insertions: Insertions) -> dict[int, _Finding]:
        """The places of every unserved visit in all shifts."""
        findings = {int(visit): _Finding(int(visit), NEVER, -1, []) for visit in self._unserved}
        for position in range(len(self._problem.shifts)):
            candidates = self._unserved[insertions.allowed(position)[self._unserved]]
            if not candidates.size:
                continue
            places = insertions.places(position, candidates)
            least = places.short_s.min(axis=0)
            for column, visit in enumerate(candidates.tolist()):
                finding = findings[visit]
                if least[column] < finding.short_s:
                    finding.short_s, finding.shift = int(least[column]), position
                if least[column] == 0:
                    rows = np.flatnonzero(places.short_s[:, column] == 0)
                    finding.fits.extend((int(places.detour_s[row, column]), position, int(row)) for row in rows)
        return findings

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
        weights, best = self._problem.objective, None
        limit = NEVER if self._scheduler.travel.is_constant else PRICED_WHEN_TIMED
        for bound, position, row in sorted(
            (
                weights.travel * detour
                - weights.waiting * max(0, detour + visit.service_s)
                - visit.worth_s(self._problem.shifts[position].rep),
                position,
                row,
            )
            for detour, position, row in finding.fits
        ):
            if limit == 0 or (best is not None and bound >= best[0]):
                break
            limit -= 1
            sequence = self._final.sequences[position]
            longer = (*sequence[:row], finding.visit, *sequence[row:])
            cost = self._price(position, longer)
            if cost is not None:
                loss = cost - self._cost(position) - visit.worth_s(self._problem.shifts[position].rep)
                if best is None or loss < best[0]:
                    best = (loss, position, longer)
        if best is None:
            return None
        loss, position, longer = best
        if (loss < 0 or visit.must) and position not in self.better:
            self.better[position] = longer
        if loss < 0:
            return _unserved(visit, "value", "it fits and pays, but the search ended before it was put in", cost_s=0)
        said = f"it fits, but would cost {loss} s more than it is worth" if loss else "it fits, but adds nothing"
        return _unserved(visit, "value", said, cost_s=loss)

    def _too_long(self, finding: _Finding) -> Unserved:
        visit = self._problem.visits[finding.visit]
        short = finding.short_s if 0 < finding.short_s < NEVER else None
        if short is None:
            return _unserved(visit, "shift", "no shift that may serve it can hold it, even when empty")
        shift = self._problem.shifts[finding.shift].id
        said = f"even the empty shift {shift!r} is {_minutes(short)} too short for it"
        return _unserved(visit, "shift", said, short_s=short)

    def _crowded_out(self, finding: _Finding) -> Unserved:
        visit = self._problem.visits[finding.visit]
        short = finding.short_s if 0 < finding.short_s < NEVER else None
        if short is None:
            return _unserved(visit, "time", "no shift has room for it without displacing another visit")
        shift = self._problem.shifts[finding.shift].id
        said = f"the best place, on shift {shift!r}, lacks {_minutes(short)}"
        return _unserved(visit, "time", said, short_s=short)

    def _rivals(self, crowded: list[_Finding]) -> dict[int, Unserved]:
        """The visits of the least crowded shift whose single stop, worth more, holds the place."""
        groups: dict[int, list[int]] = {}
        for finding in crowded:
            if finding.shift >= 0:
                groups.setdefault(finding.shift, []).append(finding.visit)
        answers: dict[int, Unserved] = {}
        for position, visits in groups.items():
            if self._deadline.passed:
                break
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
                    answers[visit] = self._displaced(visit, rival, loss)
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

    def _displaced(self, visit_index: int, rival_index: int, loss: int) -> Unserved:
        visit, rival = self._problem.visits[visit_index], self._problem.visits[rival_index]
        if rival.must:
            said = f"its place is taken by {rival.id!r}, which must be served"
        else:
            said = f"{rival.id!r} takes its place, and a swap would lose {loss} s"
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
    return f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"


def _skills(visit: Visit) -> str:
    named = ", ".join(repr(skill) for skill in visit.skills)
    return f"the skill {named}" if len(visit.skills) == 1 else f"all of the skills {named}"
