"""From the state of a day to better boards: first a valid one, then search while time lasts.

The first board simply leaves out what was called off; where the rest can no longer be kept, the stops whose loss costs
least go. Then the shifts that the events touch, and the few that could take what is without a place, are searched
together; with much time, all shifts. Every step starts from the best board so far and can only better it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from routing.repair.candidates import candidates
from routing.repair.improve import Effort, Improver
from routing.repair.rest import Board, Day, Rest, rest_of
from routing.repair.scope import scope_of, takers, touched_shifts
from routing.repair.telling import Score, Teller
from routing.repair.timeline import Told
from routing.solve.construct import Deadline
from routing.solve.schedule import Scheduler

ROUNDS = (0.6, 0.4)
"""Shares of the effort for the first scope, and for the scope with takers of what the first round has put out."""
LEAST_S = 0.001
LONG_ROUNDS = (0.2, 0.1)
"""The same of a long effort; all shifts get what is left."""


@dataclass(slots=True)
class Mended:
    """The best board so far with its routes and score, the one that only leaves stops out, and the iterations done."""

    board: dict[int, tuple[str, ...]]
    told: dict[int, Told]
    score: Score
    first: dict[int, tuple[str, ...]]
    skipped: Score
    rests: list[Rest] = field(default_factory=list)
    iterations: int = 0

    def rest(self) -> Rest | None:
        """The smallest problem looked at that has every changed shift and all their stops."""
        changed = {position for position in self.told if self.board[position] != self.first[position]}
        for rest in sorted(self.rests, key=lambda one: len(one.positions)):
            index = rest.problem.visit_index
            if changed <= set(rest.positions) and all(
                name in index for position in rest.positions for name in self.board[position]
            ):
                return rest
        return None


class Mender:
    """Repairs one day. `outside` are visits in no route that may come in."""

    def __init__(self, day: Day, teller: Teller, outside: Collection[str], effort: Effort) -> None:
        self.day = day
        self.teller = teller
        self.outside = tuple(outside)
        self.effort = effort
        self.deadline = Deadline.after(effort.seconds)
        self._last: tuple[object, list[Improver]] | None = None

    def mend(self) -> Mended:
        """The best board found within the effort."""
        touched = touched_shifts(self.day, self.teller.disturbed)
        mended = self._skip(touched)
        scope: list[int] = []
        for number, share in enumerate(LONG_ROUNDS if self.effort.long else ROUNDS):
            scope = scope_of(self.day, mended.board, scope or touched, self._homeless(mended))
            self._better(mended, scope, self.effort.part(share, seed=number))
        missing = self._missing(mended)
        if missing:
            able = {position for found in takers(self.day, mended.board, missing) for position in found}
            if not able.issubset(scope):
                self._better(mended, sorted(able.union(scope)), self.effort.part(0.0), only=missing)
        if self.effort.long and not self.effort.stopped:
            self._better(mended, list(self.day.state.open), self._left())
        assert mended.score >= mended.skipped, "a repair is never worse than leaving out what was called off"
        return mended

    def _skip(self, touched: Sequence[int]) -> Mended:
        """The plan without what is gone, and without what can no longer be kept."""
        board = {position: self.day.state.open[position].rest for position in touched}
        rest = rest_of(self.day, touched, board, (), keep_times=True)
        kept = self._shed(rest, board)
        if kept != board:
            rest = rest_of(self.day, touched, board, (), keep_times=False) or rest
            kept = self._shed(rest, board)
        whole = {position: state.rest for position, state in self.day.state.open.items()} | kept
        told = self.teller.board(whole, rest)
        score = self.teller.score(told)
        return Mended(dict(whole), told, score, dict(whole), score)

    def _shed(self, rest: Rest | None, board: Board) -> dict[int, tuple[str, ...]]:
        """The board without the stops that no timing can keep; of shifts that take no stop any more, nothing."""
        kept: dict[int, tuple[str, ...]] = dict.fromkeys(board, ())
        if rest is None:
            return kept
        sequences = [shed(rest.clock, position, sequence) for position, sequence in enumerate(rest.sequences(board))]
        return kept | rest.names(sequences)

    def _better(
        self, mended: Mended, scope: Sequence[int], effort: Effort, *, only: Sequence[str] | None = None
    ) -> None:
        """Searches the shifts of `scope`, with `only` these or else the best visits from outside; keeps what is better.

        Where a promise could be moved, half of the effort keeps such stops near their times and half does not.
        """
        if not scope:
            return
        ends = Deadline.after(effort.seconds)
        reps = len({self.day.problem.shifts[position].rep for position in scope})
        improvers = self._improvers(mended, scope, only)
        for number, improver in enumerate(improvers):
            rest, part = improver.rest, effort.part(1 / len(improvers))
            if ends.remaining_s is not None:
                part = replace(part, seconds=max(LEAST_S, ends.remaining_s / (len(improvers) - number)))
            part = part.counted(len(rest.problem.visits), reps)
            found, done = improver.improve(rest.sequences(mended.board), part)
            mended.iterations += done
            self._offer(mended, rest, found)

    def _improvers(self, mended: Mended, scope: Sequence[int], only: Sequence[str] | None) -> list[Improver]:
        """The small problems of a scope: those looked at last if it is the same, else new ones."""
        if self._last is not None and self._last[0] == (scope, only):
            return self._last[1]
        board = {position: mended.board[position] for position in scope}
        homeless = self._homeless(mended)
        elsewhere = {name for position, names in mended.board.items() if position not in board for name in names}
        free = [name for name in dict.fromkeys([*self.outside, *homeless]) if name not in elsewhere]
        wanted = only or candidates(self.day, scope, board, free, homeless)
        variants = [True, False] if self._promises(scope) else [True]
        rests = [rest_of(self.day, scope, board, wanted, keep_times=keep_times) for keep_times in variants]
        improvers = [Improver(rest) for rest in rests if rest is not None]
        mended.rests += [improver.rest for improver in improvers]
        self._last = ((scope, only), improvers)
        return improvers

    def _offer(self, mended: Mended, rest: Rest, sequences: Sequence[Sequence[int]]) -> None:
        """Takes the sequences if the whole day is worth more with them."""
        board = mended.board | rest.names(sequences)
        told = self.teller.board(board, rest)
        score = self.teller.score(told)
        if score > mended.score:
            mended.board, mended.told, mended.score = board, told, score

    def _homeless(self, mended: Mended) -> list[str]:
        """Stops that were planned and are not any more, and visits that came in and have no place."""
        served = {name for names in mended.board.values() for name in names}
        inserted = [visit.id for visit in self.day.events.inserted()]
        return [name for name in (*self.day.homes, *inserted) if name not in served]

    def _missing(self, mended: Mended) -> list[str]:
        """The homeless that must be served."""
        visits, index = self.day.problem.visits, self.day.problem.visit_index
        return [name for name in self._homeless(mended) if visits[index[name]].must or name in self.day.pinned]

    def _promises(self, scope: Sequence[int]) -> bool:
        """Whether a promise in these shifts leaves room for a later or earlier start than is free of price."""
        visits, index = self.day.problem.visits, self.day.problem.visit_index
        names = [name for position in scope for name in self.day.state.open[position].rest]
        return any(visits[index[name]].promise is not None for name in names)

    def _left(self) -> Effort:
        effort = self.effort
        return replace(effort.part(1 - sum(LONG_ROUNDS)), seconds=self.deadline.remaining_s)


def shed(clock: Scheduler, position: int, sequence: Sequence[int]) -> tuple[int, ...]:
    """The sequence without the stops whose loss costs least, until the rest can be timed."""
    kept = tuple(sequence)
    visits, rep = clock.problem.visits, clock.problem.shifts[position].rep
    while kept and clock.schedule(position, kept) is None:
        ways = [kept[:i] + kept[i + 1 :] for i in range(len(kept))]
        fits = [way for way in ways if not way or clock.schedule(position, way) is not None]

        def worth(way: tuple[int, ...]) -> tuple[int, int]:
            return sum(visits[i].must for i in way), sum(visits[i].worth_s(rep) for i in way)

        kept = max(fits or ways, key=worth)
    return kept
