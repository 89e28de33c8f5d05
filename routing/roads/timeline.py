"""Costs by time of day: which metric holds when, made on demand, kept while used, and shared on disk.

What the map's `:conditional` tags change, turns as well as streets, changes at quarters of an hour.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import compress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.roads.conditional import EITHER, SLOT_S, binding_slots
from routing.roads.metric import Metric, make_metric
from routing.roads.profiles import DAY_S, Moment, SpeedProfile, change_times, moment_at, slowness
from routing.roads.regimes import hours_of_ways
from routing.roads.roadmap import RoadMap
from routing.roads.shelf import drop_metric, load_metric, save_metric

KEPT = 8
"""Metrics kept in memory per network, and twice as many on disk; the longest unused, or oldest, goes first."""
SWITCHES = 4
"""So many times in a shift at which conditions begin or end to hold are told; of the others the change is smoothed."""
_DAYS = 16
_HOUR = "hour-"


@dataclass(frozen=True, slots=True)
class Hour:
    """What decides the costs: speeds, and which of the hours that the map's conditional tags name hold."""

    moment: Moment
    holding: frozenset[str]

    @property
    def key(self) -> str:
        """A short name of it, for files and cache keys."""
        text = "\n".join((self.moment.before, self.moment.after, f"{self.moment.share:.6f}", *sorted(self.holding)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Timeline:
    """The metrics of one map under one speed profile; safe to use from several threads."""

    def __init__(self, road_map: RoadMap, profile: SpeedProfile, folder: Path | None = None) -> None:
        self.profile = profile
        self._map = road_map
        self._folder = folder
        self._digest = hashlib.sha256(profile.to_json().encode()).hexdigest()[:16]
        self._metrics: OrderedDict[str, Metric] = OrderedDict()
        self._slower: dict[str, npt.NDArray[np.float64]] = {}
        of_turns = {text for hours in road_map.turns.hours for text in hours.split(EITHER)}
        self._hours = sorted(of_turns | hours_of_ways(road_map.graph.regimes))
        self._slots: OrderedDict[date, npt.NDArray[np.bool_]] = OrderedDict()
        self._lock = threading.RLock()

    def hour(self, day: date, at_s: int) -> Hour:
        """What decides the costs `at_s` seconds after a day's midnight."""
        return Hour(moment_at(self.profile, day, at_s), self._holding(day, at_s))

    def departure_hour(self, departure: datetime) -> Hour:
        """What decides the costs in the quarter of an hour of a departure, by the clock it is given in."""
        at_s = (departure.hour * 3600 + departure.minute * 60) // SLOT_S * SLOT_S
        return self.hour(departure.date(), at_s)

    def name(self, hour: Hour) -> str:
        """A name of these costs that other profiles do not share."""
        return f"{self._digest}-{hour.key}"

    def metric(self, hour: Hour) -> Metric:
        """The costs of an hour."""
        name = self.name(hour)
        with self._lock:
            found = self._metrics.get(name)
            if found is None:
                found = self._stored(name, hour)
                self._metrics[name] = found
                while len(self._metrics) > KEPT:
                    self._metrics.popitem(last=False)
            self._metrics.move_to_end(name)
            return found

    def times(self, day: date, start_s: int, end_s: int) -> list[int]:
        """Times at which travel must be known to tell it over [start_s, end_s] by straight lines between them."""
        times = set(change_times(self.profile, day, start_s, end_s))
        for at_s in self._switches(day, start_s, end_s):
            times |= {at_s - 60, at_s}
        return sorted(times)

    def _switches(self, day: date, start_s: int, end_s: int) -> list[int]:
        """When conditions begin or end to hold; of more than SWITCHES those that change most of the map."""
        found: dict[int, int] = {}
        for at_s in range(start_s // SLOT_S * SLOT_S + SLOT_S, end_s + 1, SLOT_S):
            changed = self._holding(day, at_s - 1) ^ self._holding(day, at_s)
            if changed:
                found[at_s] = sum(self._reach[text] for text in changed)
        return sorted(found, key=lambda at_s: (-found[at_s], at_s))[:SWITCHES]

    def _stored(self, name: str, hour: Hour) -> Metric:
        lasting = self._folder is not None and hour.moment.share == 0.0
        if self._folder is not None and lasting:
            metric = load_metric(self._map, self._folder, _HOUR + name)
            if metric is not None:
                return metric
        moment = hour.moment
        slower = self._slowness(moment.before)
        if moment.share > 0:
            slower = slower + moment.share * (self._slowness(moment.after) - slower)
        metric = make_metric(self._map.graph, self._map.turns, self._map.hierarchy, slower, hour.holding)
        if self._folder is not None and lasting:
            self._keep(metric, name)
        return metric

    def _keep(self, metric: Metric, name: str) -> None:
        """Stores a metric for other processes; a directory that cannot be written only costs them the time."""
        assert self._folder is not None
        try:
            save_metric(metric, self._folder, _HOUR + name)
            old = sorted(self._folder.glob(f"metric-{_HOUR}*.weights.npy"), key=lambda path: path.stat().st_mtime)
            for path in old[: -2 * KEPT]:
                drop_metric(self._folder, path.name.removeprefix("metric-").removesuffix(".weights.npy"))
        except OSError:
            return

    def _slowness(self, name: str) -> npt.NDArray[np.float64]:
        if name not in self._slower:
            self._slower[name] = slowness(self.profile, self._map.graph, name)
        return self._slower[name]

    @cached_property
    def _reach(self) -> Counter[str]:
        """How many turns and segments depend on each of the hours."""
        graph, turns = self._map.graph, self._map.turns
        reach: Counter[str] = Counter()
        bound = np.bincount(turns.condition, minlength=len(turns.hours) + 1)[1:].tolist()
        for hours, count in zip(turns.hours, bound, strict=True):
            reach.update(dict.fromkeys(hours.split(EITHER), count))
        changed = np.bincount(graph.regime, minlength=len(graph.regimes) + 1)[1:].tolist()
        for regime, count in zip(graph.regimes, changed, strict=True):
            reach.update(dict.fromkeys(regime.hours, count))
        return reach

    def _holding(self, day: date, at_s: int) -> frozenset[str]:
        """The hours that hold `at_s` seconds after a day's midnight."""
        if not self._hours:
            return frozenset()
        day += timedelta(days=at_s // DAY_S)
        with self._lock:
            slots = self._slots.get(day)
            if slots is None:
                slots = np.stack([binding_slots(text, day) for text in self._hours])
                self._slots[day] = slots
                while len(self._slots) > _DAYS:
                    self._slots.popitem(last=False)
        holds = slots[:, at_s % DAY_S // SLOT_S]
        return frozenset(compress(self._hours, holds.tolist()))


def first_in_first_out(at_s: list[int], durations: list[npt.NDArray[np.int32]]) -> list[npt.NDArray[np.int32]]:
    """The same travel times, where a later start would arrive earlier replaced by waiting for it.

    A pair without a road at some of the times only (a turn restriction binds) waits for the next time with one, or
    where there is none takes the last time that had one. So a later start never arrives earlier between the times.
    """
    far = np.int64(1 << 40)
    smooth = [np.where(matrix < 0, far, matrix.astype(np.int64)) for matrix in durations]
    for k in range(len(smooth) - 2, -1, -1):
        smooth[k] = np.minimum(smooth[k], smooth[k + 1] + (at_s[k + 1] - at_s[k]))
    for k in range(1, len(smooth)):
        smooth[k] = np.where(smooth[k] >= far, smooth[k - 1], smooth[k])
    return [np.where(matrix >= far, -1, matrix).astype(np.int32) for matrix in smooth]
