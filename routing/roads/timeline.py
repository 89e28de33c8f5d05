"""Costs by time of day: which metric holds when, made on demand, kept while used, and shared on disk."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.roads.metric import Metric, make_metric
from routing.roads.profiles import DAY_S, Moment, SpeedProfile, change_times, moment_at, slowness
from routing.roads.restrictions import SLOT_S, binding_slots
from routing.roads.roadmap import RoadMap
from routing.roads.shelf import load_metric, save_metric

KEPT = 8
"""Metrics kept in memory, and on disk, per network; the longest unused goes first."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What decides the costs: speeds, and which conditional turn restrictions bind."""

    moment: Moment
    binding: bytes

    @property
    def key(self) -> str:
        """A short name of it, for files and cache keys."""
        text = f"{self.moment.before}|{self.moment.after}|{self.moment.share:.6f}|{self.binding.hex()}"
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
        self._bound: npt.NDArray[np.bool_] | None = None
        self._lock = threading.RLock()

    def hour(self, day: date, at_s: int) -> Hour:
        """What decides the costs `at_s` seconds after a day's midnight."""
        moment = moment_at(self.profile, day, at_s)
        return Hour(moment, self._binding(day, at_s).tobytes())

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
        for at_s in range(start_s // SLOT_S * SLOT_S + SLOT_S, end_s + 1, SLOT_S):
            if not np.array_equal(self._binding(day, at_s - 1), self._binding(day, at_s)):
                times |= {at_s - 60, at_s}
        return sorted(times)

    def _stored(self, name: str, hour: Hour) -> Metric:
        lasting = self._folder is not None and hour.moment.share == 0.0
        if self._folder is not None and lasting:
            metric = load_metric(self._map, self._folder, name)
            if metric is not None:
                return metric
        moment = hour.moment
        slower = self._slowness(moment.before)
        if moment.share > 0:
            slower = slower + moment.share * (self._slowness(moment.after) - slower)
        binding = np.frombuffer(hour.binding, np.bool_)
        metric = make_metric(self._map.graph, self._map.turns, self._map.hierarchy, slower, binding)
        if self._folder is not None and lasting:
            self._keep(metric, name)
        return metric

    def _keep(self, metric: Metric, name: str) -> None:
        """Stores a metric for other processes; a directory that cannot be written only costs them the time."""
        assert self._folder is not None
        try:
            save_metric(metric, self._folder, name)
            old = sorted(self._folder.glob("metric-*-*.weights.npy"), key=lambda path: path.stat().st_mtime)
            for path in old[: -2 * KEPT]:
                path.unlink(missing_ok=True)
                path.with_name(path.name.replace(".weights.", ".state_ms.")).unlink(missing_ok=True)
        except OSError:
            return

    def _slowness(self, name: str) -> npt.NDArray[np.float64]:
        if name not in self._slower:
            self._slower[name] = slowness(self.profile, self._map.graph, name)
        return self._slower[name]

    def _binding(self, day: date, at_s: int) -> npt.NDArray[np.bool_]:
        """Which conditional restrictions hold, bool [1 + hours]; the first is False."""
        hours = self._map.turns.hours
        if not hours:
            return np.zeros(1, np.bool_)
        if self._bound is None:
            rows = [binding_slots(text) for text in hours]
            never = np.zeros(7 * DAY_S // SLOT_S, np.bool_)
            self._bound = np.stack([never, *(never if row is None else row for row in rows)])
        day += timedelta(days=at_s // DAY_S)
        bound: npt.NDArray[np.bool_] = self._bound[:, day.weekday() * (DAY_S // SLOT_S) + at_s % DAY_S // SLOT_S]
        return bound


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
