"""How far a day has gone: by taps, by the clock, and what of it may still change."""

from __future__ import annotations

from datetime import timedelta

from tests.visits.world import HELSINKI, MONDAY, at
from visits.day_documents import span
from visits.day_plan import DayBreak, DayPlan, Place, PlannedStop, Totals, Why
from visits.local_day import LocalDay
from visits.models import Visit
from visits.progress import progress_of

LOCAL = LocalDay(MONDAY, HELSINKI)
HOUR = 3600
HOME = Place(name="Ana", lon=24.9, lat=60.2)


def stop(number: int, start_h: float) -> PlannedStop:
    """Half an hour at customer `number`, after a drive of ten minutes."""
    start = int(start_h * HOUR)
    return PlannedStop(
        visit=f"v{number}",
        customer=f"c{number}",
        name=f"C{number}",
        address="",
        lon=24.9,
        lat=60.2,
        phone="",
        tier="A",
        state="planned",
        arrival_s=start,
        start_s=start,
        departure_s=start + 1800,
        arrival=LOCAL.moment(start),
        start=LOCAL.moment(start),
        departure=LOCAL.moment(start + 1800),
        travel_s=600,
        distance_m=6000,
        why=Why(cause="cadence", tier="A"),
    )


def a_day() -> DayPlan:
    """Leaving at 8:50 for stops at 9, 10, 11, 13 and 14 h, lunch at 11:40 for 45 minutes, work until 17 h."""
    leave = 8 * HOUR + 3000
    lunch = 11 * HOUR + 2400
    return DayPlan(
        plan="p",
        rep="rep_ana",
        rep_name="Ana",
        date=MONDAY,
        timezone="Europe/Helsinki",
        version=1,
        cause="run",
        shift=span(LOCAL, 8 * HOUR, 17 * HOUR),
        start=HOME,
        end=HOME,
        leave_s=leave,
        leave=LOCAL.moment(leave),
        stops=tuple(stop(i, hour) for i, hour in enumerate((9, 10, 11, 13, 14))),
        breaks=(
            DayBreak(
                start_s=lunch,
                duration_s=2700,
                earliest_s=11 * HOUR + 1800,
                latest_s=13 * HOUR,
                start=LOCAL.moment(lunch),
                end=LOCAL.moment(lunch + 2700),
            ),
        ),
        totals=Totals(
            stops=5, travel_s=3600, distance_m=0, service_s=9000, waiting_s=0, value_s=0, end_s=15 * HOUR, end=at(15)
        ),
        objective_s=0,
    )


def names(stops) -> list[str]:
    return [one.visit for one in stops]


def tapped(number: int, state: str, **moments) -> dict[str, Visit]:
    return {f"v{number}": Visit(id=f"v{number}", customer_id=f"c{number}", state=state, **moments)}


def test_before_leaving_everything_is_open() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(8, 20))
    assert (found.begun, found.locked, len(found.rest), found.at) == (False, (), 5, None)
    assert found.available_s == 8 * HOUR + 1200
    assert len(found.breaks_left) == 1


def test_the_evening_before_the_day_starts_with_the_shift() -> None:
    assert progress_of(a_day(), {}, LOCAL, at(20, day=MONDAY - timedelta(days=1))).available_s == 8 * HOUR


def test_on_the_way_to_the_first_stop_it_is_locked() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(8, 55))
    assert (names(found.locked), found.at, found.available_s) == (["v0"], "c0", 9 * HOUR + 1800)


def test_by_the_clock_departed_stops_and_the_next_are_locked() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(10, 45))
    assert (names(found.locked), names(found.rest)) == (["v0", "v1", "v2"], ["v3", "v4"])
    assert (found.at, found.available_s) == ("c2", 11 * HOUR + 1800)
    assert all(one.locked for one in found.locked)


def test_a_late_arrival_moves_the_time_the_rep_is_free() -> None:
    found = progress_of(a_day(), tapped(1, "arrived", arrived_at=at(10, 40)), LOCAL, at(10, 45))
    assert (names(found.locked), found.available_s) == (["v0", "v1"], 11 * HOUR + 600)
    assert found.locked[1].state == "arrived"


def test_done_early_the_rep_drives_on_at_once() -> None:
    found = progress_of(a_day(), tapped(0, "done", ended_at=at(9, 10)), LOCAL, at(9, 11))
    assert names(found.locked) == ["v0", "v1"]
    assert found.available_s == 10 * HOUR + 1800


def test_a_stop_done_out_of_turn_is_history_and_the_skipped_one_is_open() -> None:
    visits = {**tapped(0, "done", ended_at=at(9, 30)), **tapped(2, "done", ended_at=at(9, 55))}
    found = progress_of(a_day(), visits, LOCAL, at(9, 56))
    assert names(found.locked) == ["v0", "v2", "v1"]
    assert names(found.rest) == ["v3", "v4"]


def test_the_stop_taken_out_is_nowhere_and_its_follower_is_not_locked() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(9, 45), without={"v1"})
    assert (names(found.locked), names(found.rest)) == (["v0"], ["v2", "v3", "v4"])
    assert (found.at, found.available_s) == ("c0", 9 * HOUR + 2700)


def test_at_the_door_of_the_stop_taken_out_the_rep_starts_there() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(10, 5), without={"v1"})
    assert (found.at, found.available_s) == ("c1", 10 * HOUR + 300)


def test_a_break_that_has_begun_is_taken_and_ends_first() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(11, 45), without={"v3"})
    assert (len(found.breaks_taken), found.breaks_left) == (1, ())
    assert found.available_s == 12 * HOUR + 1500


def test_a_break_still_due_may_start_late_rather_than_never() -> None:
    visits = {**tapped(1, "arrived", arrived_at=at(11, 20)), **tapped(0, "done", ended_at=at(9, 30))}
    found = progress_of(a_day(), visits, LOCAL, at(11, 25))
    assert found.available_s == 12 * HOUR + 1500 or found.breaks_left


def test_when_all_is_over_nothing_is_left() -> None:
    found = progress_of(a_day(), {}, LOCAL, at(18))
    assert (len(found.locked), found.rest) == (5, ())
