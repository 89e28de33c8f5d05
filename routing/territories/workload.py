"""What a customer costs a rep in a month: service, local driving and a share of the way out, as a sum that adds up.

`visits x (service + local x seconds to the three nearest + haul x 2 x seconds from the base / visits a day)`: linear
in the customers, so that flows, exact models and previews can use it. The two factors are fitted on solved days by
least squares that may not be negative (Lawson and Hanson 1974); Daganzo (1984) gives the shape of the two terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

Floats = npt.NDArray[np.float64]

MONTH_DAYS = 28
_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Workload:
    """The factors, and how they came about.

    `local` and `haul` as above, `visits_per_day` what the way out is shared by. `days` solved days they were fitted on,
    0 for the usual values; `error` is the mean absolute share by which the travel of groups of days that were left out
    of the fit is missed, `worst` the largest of these, None where there were too few days.
    """

    local: float = 1.43
    haul: float = 1.09
    visits_per_day: float = 8.0
    days: int = 0
    error: float | None = None
    worst: float | None = None

    def work(self, visits: Floats, service_s: Floats, near_s: Floats) -> Floats:
        """Drives a month without the way out, float64 [n]; all arguments float64 [n]."""
        work: Floats = visits * (service_s + self.local * near_s)
        return work

    def haul_per_second(self, visits: Floats) -> Floats:
        """Seconds a month for each second of drive from the base, float64 [n]."""
        factor: Floats = visits * (2 * self.haul / self.visits_per_day)
        return factor


@dataclass(frozen=True, slots=True)
class DrivenDay:
    """A solved day of a rep: visits made, seconds driven, sums over the visits of `near_s` and base seconds.

    `group` names what is judged together, such as the rep's month; `service_s` the seconds with customers.
    """

    visits: int
    travel_s: float
    near_s: float
    base_s: float
    service_s: float = 0.0
    group: str = ""


def fit(days: Sequence[DrivenDay]) -> Workload:
    """The factors that tell these days' travel best; the usual ones where there are too few days.

    The error is told on groups that the factors were not fitted on: each half of the groups is told by the other's.
    """
    used = [day for day in days if day.visits > 0]
    if len(used) < _ENOUGH:
        return Workload()
    groups = sorted({day.group for day in used})
    halves = [[day for day in used if groups.index(day.group) % 2 == side] for side in (0, 1)]
    per_day = float(np.mean([day.visits for day in used]))
    local, haul = _factors(used)
    misses: list[float] = []
    if all(len(half) >= _ENOUGH // 2 for half in halves):
        for told, by in (halves, halves[::-1]):
            misses += _misses(told, _factors(by))
    return Workload(
        local=local,
        haul=haul,
        visits_per_day=per_day,
        days=len(used),
        error=float(np.mean(misses)) if misses else None,
        worst=max(misses) if misses else None,
    )


def _rows(days: Sequence[DrivenDay]) -> Floats:
    return np.array([[day.near_s, 2 * day.base_s / day.visits] for day in days])


def _factors(days: Sequence[DrivenDay]) -> tuple[float, float]:
    """Local and haul factors by least squares, neither below 0."""
    found = nnls(_rows(days), np.array([day.travel_s for day in days]))[0]
    return float(found[0]), float(found[1])


def _misses(days: Sequence[DrivenDay], factors: tuple[float, float]) -> list[float]:
    """Of each group the share by which its work, service and travel together, is missed."""
    told = _rows(days) @ np.array(factors)
    by_group: dict[str, list[float]] = {}
    for day, travel in zip(days, told.tolist(), strict=True):
        sums = by_group.setdefault(day.group, [0.0, 0.0])
        sums[0] += day.service_s + travel
        sums[1] += day.service_s + day.travel_s
    return [abs(one / two - 1) for one, two in by_group.values() if two > 0]
