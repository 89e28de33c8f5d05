"""A driver who remembers the last street and checks every restriction at every turn: slow, plain, and independent."""

from __future__ import annotations

import heapq
from collections import defaultdict

import numpy as np

from routing.roads.graph import RoadGraph
from routing.roads.turns import expand_turns
from routing.roads.weights import CLOSED_ENTRIES, ENTRY_MS


class NaiveDrives:
    """Least (cost in ms with entry penalties, entries, length in dm) between places on the streets of a road graph."""

    def __init__(self, graph, restrictions):
        self.graph = graph
        turns = expand_turns(graph)
        self.turns = turns
        self.closed = [
            bool(graph.flags[s] & (32 if b else 16)) for s, b in zip(turns.segment, turns.backward, strict=True)
        ]
        speed = graph.speed[turns.segment, turns.backward.astype(int)]
        self.ms = [
            max(1, round(float(n) / float(v) * 3600))
            for n, v in zip(graph.length_dm[turns.segment], speed, strict=True)
        ]
        self.dm = graph.length_dm[turns.segment].tolist()
        self.state = {(int(s), bool(b)): i for i, (s, b) in enumerate(zip(turns.segment, turns.backward, strict=True))}
        choices = defaultdict(list)
        for tail, head, delay, entry in zip(turns.tail, turns.head, turns.delay_ms, turns.entry, strict=True):
            closed = CLOSED_ENTRIES if self.closed[head] and not self.closed[tail] else 0
            choices[int(tail)].append((int(head), int(delay), int(entry) + closed))
        self.choices = choices
        self.restrictions = restrictions

    def way(self, state):
        return int(self.graph.way[self.turns.segment[state]])

    def node_after(self, state):
        segment = self.turns.segment[state]
        return int(self.graph.node_osm[(self.graph.tail if self.turns.backward[state] else self.graph.head)[segment]])

    def next(self, before, now):
        """The turns a driver may take who came over `before` (or began here) and is on `now`."""
        heads = self.choices[now]
        allowed = list(heads)
        for rule in self.restrictions:
            if rule.via_node is not None:
                if self.way(now) != rule.from_way or self.node_after(now) != rule.via_node:
                    continue
            elif before is None or self.way(before) != rule.from_way or (self.way(now),) != rule.via_ways:
                continue
            named = {head for head, _, _ in allowed if self.way(head) == rule.to_way}
            if not named:
                continue
            if rule.only:
                allowed = [turn for turn in allowed if turn[0] in named]
            else:
                allowed = [turn for turn in allowed if turn[0] not in named]
        return allowed

    def reach(self, start, start_cost):
        """Least cost to the end of every (street before, street now), from the end of the first street on."""
        best = {(None, start): start_cost}
        queue = [(start_cost, -1, start)]
        while queue:
            cost, before, now = heapq.heappop(queue)
            key = (None if before < 0 else before, now)
            if cost > best[key]:
                continue
            for head, delay, entry in self.next(*key):
                ms = cost[0] + delay + self.ms[head] + entry * ENTRY_MS
                total = (ms, cost[1] + entry, cost[2] + self.dm[head])
                if total < best.get((now, head), (1 << 60, 0, 0)):
                    best[now, head] = total
                    heapq.heappush(queue, (total, now, head))
        return best

    def cost(self, origin, target):
        """Least cost from (segment, fraction, directions) to another such place; None where no road leads there.

        An arrival counts when the driver could go home again from it.
        """
        segment, fraction, sides = origin
        goal, share, goal_sides = target
        offers = []
        for side in sides:
            start = self.state[segment, side]
            ahead = fraction if side else 1.0 - fraction
            penalty = CLOSED_ENTRIES * self.closed[start]
            rest = (int(self.ms[start] * ahead) + penalty * ENTRY_MS, penalty, int(self.dm[start] * ahead))
            for goal_side in goal_sides:
                end = self.state[goal, goal_side]
                behind = share if goal_side else 1.0 - share
                left = (int(self.ms[end] * behind), 0, int(self.dm[end] * behind))
                if start == end and ((side and share <= fraction) or (not side and share >= fraction)):
                    offers.append(tuple(a - b for a, b in zip(rest, left, strict=True)))
                for (before, now), cost in self.reach(start, rest).items():
                    if now == end and before is not None and self.returns(before, now, start):
                        offers.append(tuple(a - b for a, b in zip(cost, left, strict=True)))
        if segment == goal and fraction == share:
            offers.append((0, 0, 0))
        if not offers:
            return None
        cost, entries, length = min(offers)
        return cost - entries * ENTRY_MS, length

    def returns(self, before, now, home):
        """Whether a driver on `now` who came over `before` can get onto `home`."""
        seen, queue = {(before, now)}, [(before, now)]
        while queue:
            key = queue.pop()
            for head, _, _ in self.next(*key):
                if head == home:
                    return True
                if (key[1], head) not in seen:
                    seen.add((key[1], head))
                    queue.append((key[1], head))
        return False


def small_graph(nodes, segments, *, closed=(), seed=0):
    """A road graph of straight segments (tail, head, length_dm, along, against, flags) between scattered nodes.

    Every segment is a way of its own, numbered from 100; nodes are numbered from 1000.
    """
    rng = np.random.default_rng(seed)
    place = rng.integers(-90_000, 90_000, (nodes, 2)).astype(np.int32) + np.array([100_000_000, 500_000_000], np.int32)
    tail, head, length, along, against, flags = (np.array(column) for column in zip(*segments, strict=True))
    node_flags = np.zeros(nodes, np.uint8)
    node_flags[list(closed)] = 1
    return RoadGraph(
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        way=np.arange(100, 100 + len(tail)),
        length_dm=length.astype(np.int32),
        speed=np.stack((along, against), axis=1).astype(np.uint16),
        road_class=np.zeros(len(tail), np.uint8),
        flags=flags.astype(np.uint8),
        name=np.zeros(len(tail), np.int32),
        shape_first=np.arange(len(tail) + 1) * 2,
        shape=np.stack((place[tail], place[head]), axis=1).reshape(-1, 2),
        node_osm=np.arange(1000, 1000 + nodes),
        node_flags=node_flags,
        delay_ds=np.zeros((nodes, 2), np.uint16),
        names=("",),
        left_hand=False,
        regime=np.zeros(len(tail), np.int32),
    )
