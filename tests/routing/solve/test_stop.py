"""Each stopping criterion alone and together."""

from __future__ import annotations

import pytest

from routing.solve.stop import Cancelled, FirstOf, Gap, Iterations, Seconds, Standing


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_seconds_count_from_when_they_are_made():
    watch = Watch()
    stop = Seconds(4.0, watch)
    assert not stop.over(Standing())
    watch.now += 1.0
    assert stop.used(Standing()) == pytest.approx(0.25)
    watch.now += 3.0
    assert stop.over(Standing())
    watch.now += 10.0
    assert stop.used(Standing()) == 1.0


def test_iterations():
    stop = Iterations(200)
    assert stop.used(Standing(50)) == 0.25
    assert not stop.over(Standing(199))
    assert stop.over(Standing(200))
    assert Iterations(0).over(Standing())
    assert Iterations(0).used(Standing()) == 1.0


@pytest.mark.parametrize(
    ("standing", "over"),
    [
        (Standing(0, 95, 100), True),
        (Standing(0, 94, 100), False),
        (Standing(0, None, 100), False),
        (Standing(0, 95, None), False),
        (Standing(0, -105, -100), True),
        (Standing(0, -106, -100), False),
        (Standing(0, 0, 0), True),
    ],
)
def test_a_gap_needs_a_bound(standing, over):
    assert Gap(0.05).over(standing) is over
    assert Gap(0.05).used(standing) == float(over)


def test_a_caller_cancels():
    answers = iter([False, True])
    stop = Cancelled(lambda: next(answers))
    assert [stop.over(Standing()), stop.over(Standing())] == [False, True]
    assert stop.used(Standing()) == 0.0


def test_the_first_of_several_ends():
    stop = FirstOf((Iterations(10), Gap(0.1)))
    assert not stop.over(Standing(3, 50, 100))
    assert stop.used(Standing(3, 50, 100)) == pytest.approx(0.3)
    assert stop.over(Standing(3, 95, 100))
    assert stop.over(Standing(10, 50, 100))
    assert not FirstOf(()).over(Standing())
