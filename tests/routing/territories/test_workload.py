"""The monthly work: factors found again from days made with them, and their error told."""

from __future__ import annotations

import numpy as np
import pytest

from routing.territories.workload import DrivenDay, Workload, fit


def days(count: int, noise: float, seed: int = 1) -> list[DrivenDay]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        visits = int(rng.integers(5, 12))
        near, base = rng.uniform(100, 600, visits).sum(), rng.uniform(300, 2400, visits).sum()
        travel = (1.3 * near + 0.9 * 2 * base / visits) * rng.normal(1, noise)
        made.append(DrivenDay(visits, travel, near, base, visits * 1800.0, f"rep-{i % 6}"))
    return made


def test_factors_are_found_again() -> None:
    found = fit(days(80, 0.0))
    assert (found.local, found.haul) == pytest.approx((1.3, 0.9))
    assert found.error == pytest.approx(0, abs=1e-9)
    assert found.days == 80


def test_noise_shows_in_the_error_told() -> None:
    found = fit(days(120, 0.2))
    assert found.error is not None
    assert 0 < found.error < 0.1
    assert found.worst is not None
    assert found.error <= found.worst


def test_too_few_days_give_the_usual_factors() -> None:
    assert fit(days(5, 0.0)) == Workload()


def test_the_sum_is_linear() -> None:
    work = Workload(2.0, 1.0, 4.0)
    visits, service, near = np.array([1.0, 4.0]), np.array([600.0, 1200.0]), np.array([60.0, 120.0])
    assert work.work(visits, service, near).tolist() == [720.0, 5760.0]
    assert work.haul_per_second(visits).tolist() == [0.5, 2.0]
