"""Puts turn restrictions on a turn-expanded graph.

A restriction by way of other ways needs memory of where a car came from: the states along the way are doubled, the
copies are reached only from the restricted approach, and only they lack the forbidden last turn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from routing.roads.conditional import EITHER
from routing.roads.graph import RoadGraph
from routing.roads.restrictions import Restriction
from routing.roads.turns import TurnGraph

ALWAYS = -1


def forbid_turns(graph: RoadGraph, turns: TurnGraph, restrictions: Iterable[Restriction]) -> TurnGraph:
    """The turn graph with restrictions: turns that are always forbidden gone, others marked with their hours."""
    wanted = list(restrictions)
    if not wanted:
        return turns
    book = _Book(graph, turns, np.unique([rule.from_way for rule in wanted]))
    for rule in wanted:
        if rule.via_node is not None:
            book.at_node(rule, rule.via_node)
    for rule in wanted:
        if rule.via_ways:
            book.by_ways(rule)
    return book.finish()


class _Book:
    """A turn graph while restrictions are being written into it; arcs can be closed, added and copied."""

    def __init__(self, graph: RoadGraph, turns: TurnGraph, approaches: npt.NDArray[np.int64]) -> None:
        self._graph, self._turns = graph, turns
        self._condition: dict[int, int] = {}
        self._added: list[tuple[int, int, int, bool, int]] = []
        self._hours: dict[str, int] = {}
        states = np.flatnonzero(np.isin(graph.way[turns.segment], approaches))
        self._states_of_way = _group(graph.way[turns.segment[states]], states)
        order = np.argsort(turns.tail, kind="stable")
        self._arc_order = order
        self._arc_first = np.searchsorted(turns.tail[order], np.arange(len(turns) + 1))
        self._own_arcs: dict[int, list[int]] = defaultdict(list)
        self._copies: dict[int, list[int]] = defaultdict(list)
        self._origin: dict[int, int] = {}

    # The graph as it stands, arcs of the original numbered first, added ones after them.

    def _arcs_from(self, state: int) -> list[int]:
        arcs = self._own_arcs[state]
        if state < len(self._turns):
            arcs = [*self._arc_order[self._arc_first[state] : self._arc_first[state + 1]].tolist(), *arcs]
        return [arc for arc in arcs if self._condition.get(arc) != ALWAYS]

    def _head(self, arc: int) -> int:
        plain = len(self._turns.tail)
        return int(self._turns.head[arc]) if arc < plain else self._added[arc - plain][1]

    def _add(self, tail: int, head: int, like: int) -> int:
        plain = len(self._turns.tail)
        if like < plain:
            delay, entry, condition = int(self._turns.delay_ms[like]), bool(self._turns.entry[like]), 0
        else:
            _, _, delay, entry, condition = self._added[like - plain]
        condition = self._condition.get(like, condition)
        arc = plain + len(self._added)
        self._added.append((tail, head, delay, entry, condition))
        if condition:
            self._condition[arc] = condition
        self._own_arcs[tail].append(arc)
        return arc

    def _close(self, arc: int, hours: str) -> None:
        if not hours:
            self._condition[arc] = ALWAYS
        elif self._condition.get(arc, 0) == 0:
            self._condition[arc] = self._hours.setdefault(hours, len(self._hours) + 1)
        elif self._condition[arc] != ALWAYS:
            known = list(self._hours)[self._condition[arc] - 1]
            both = known if hours in known.split(EITHER) else f"{known}{EITHER}{hours}"
            self._condition[arc] = self._hours.setdefault(both, len(self._hours) + 1)

    def _base(self, state: int) -> int:
        return self._origin.get(state, state)

    def _segment(self, state: int) -> int:
        return int(self._turns.segment[self._base(state)])

    def _end(self, state: int) -> int:
        side = self._graph.tail if self._turns.backward[self._base(state)] else self._graph.head
        return int(side[self._segment(state)])

    def _way(self, state: int) -> int:
        return int(self._graph.way[self._segment(state)])

    def _with_copies(self, states: Iterable[int]) -> list[int]:
        return [each for state in states for each in (state, *self._copies[state])]

    # Restrictions.

    def at_node(self, rule: Restriction, via_osm: int) -> None:
        """A restriction at one node."""
        nodes = self._graph.node_osm
        via = int(np.searchsorted(nodes, via_osm))
        if via == len(nodes) or nodes[via] != via_osm:
            return
        for state in self._states_of_way.get(rule.from_way, ()):
            if self._end(state) == via:
                self._restrict(state, rule)

    def _restrict(self, state: int, rule: Restriction) -> None:
        """Closes the turns out of a state that a rule forbids."""
        arcs = self._arcs_from(state)
        named = [arc for arc in arcs if self._way(self._head(arc)) in rule.targets]
        if rule.from_way == rule.to_way:
            back = "u_turn" in rule.kind
            named = [arc for arc in named if (self._segment(self._head(arc)) == self._segment(state)) == back]
        if rule.only and not named:
            return
        for arc in set(arcs) - set(named) if rule.only else named:
            self._close(arc, rule.hours)

    def by_ways(self, rule: Restriction) -> None:
        """A restriction by way of other ways, with each approach and each path along them."""
        for approach in self._states_of_way.get(rule.from_way, ()):
            path = self._path_along(approach, rule)
            if path:
                self._double(approach, path, rule)

    def _path_along(self, approach: int, rule: Restriction) -> list[int]:
        """The states from `approach` along the via ways up to a turn into the `to` way; the shortest such."""
        allowed = set(rule.via_ways)
        level: list[list[int]] = [
            [head] for arc in self._arcs_from(approach) if self._way(head := self._base(self._head(arc))) in allowed
        ]
        seen = {path[-1] for path in level}
        while level:
            longer: list[list[int]] = []
            for path in level:
                heads = [self._base(self._head(arc)) for arc in self._arcs_from(path[-1])]
                covered = {self._way(state) for state in path} >= allowed
                if covered and any(self._way(head) in rule.targets for head in heads):
                    return path
                for head in heads:
                    if self._way(head) in allowed and head not in seen:
                        seen.add(head)
                        longer.append([*path, head])
            level = longer
        return []

    def _double(self, approach: int, path: list[int], rule: Restriction) -> None:
        for start in self._with_copies([approach]):
            before = start
            for state in path:
                arc = next((a for a in self._arcs_from(before) if self._base(self._head(a)) == state), None)
                if arc is None:
                    return
                now = self._head(arc)
                copy = self._copy(now, state)
                self._add(before, copy, arc)
                self._condition[arc] = ALWAYS
                before = copy
            self._restrict(before, rule)

    def _copy(self, state: int, base: int) -> int:
        copy = len(self._turns) + len(self._origin)
        self._origin[copy] = base
        self._copies[base].append(copy)
        for arc in self._arcs_from(state):
            self._add(copy, self._head(arc), arc)
        return copy

    def finish(self) -> TurnGraph:
        """The turn graph as it stands."""
        turns = self._turns
        origins = np.array(list(self._origin.values()), np.int64)
        added = np.array([row[:4] for row in self._added], np.int64).reshape(-1, 4)
        condition = np.zeros(len(turns.tail) + len(added), np.int16)
        for arc, number in self._condition.items():
            condition[arc] = number
        keep = condition != ALWAYS
        return TurnGraph(
            segment=np.concatenate((turns.segment, turns.segment[origins])),
            backward=np.concatenate((turns.backward, turns.backward[origins])),
            copy=np.concatenate((turns.copy, np.ones(len(origins), np.bool_))),
            tail=np.concatenate((turns.tail, added[:, 0].astype(np.int32)))[keep],
            head=np.concatenate((turns.head, added[:, 1].astype(np.int32)))[keep],
            delay_ms=np.concatenate((turns.delay_ms, added[:, 2].astype(np.int32)))[keep],
            entry=np.concatenate((turns.entry, added[:, 3].astype(np.bool_)))[keep],
            condition=condition[keep],
            hours=tuple(self._hours),
        )


def _group(keys: npt.NDArray[np.int64], members: npt.NDArray[np.int64]) -> dict[int, list[int]]:
    """Members by key."""
    groups: dict[int, list[int]] = defaultdict(list)
    for key, member in zip(keys.tolist(), members.tolist(), strict=True):
        groups[key].append(member)
    return groups
