"""Hours: texts to windows and shifts, on ordinary days and on those when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visits.errors import InputError
from visits.hours import (
    Locale,
    Worker,
    check_weekly_hours,
    open_spans,
    read_hours,
    read_lunch,
    service_windows,
    shifts_of,
)
from visits.local_day import LocalDay, zone_named

HELSINKI = ZoneInfo("Europe/Helsinki")
MONDAY = date(2026, 11, 23)
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
HOUR = 3600


def windows(text: str, day: date = MONDAY, service_s: int = 1800, zone: ZoneInfo = HELSINKI, **where):
    hours = read_hours(text, "opening_hours of customer 'Kiosk'", Locale(**where))
    return [(one.start_s, one.end_s) for one in service_windows(hours, [day], zone, service_s)]


def worker(text: str, lunch: str = "") -> Worker:
    return Worker("ana", "home/ana", HELSINKI, read_hours(text, "weekly_hours"), read_lunch(lunch, "lunch"), ("dairy",))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), HELSINKI)


def test_service_ends_before_closing() -> None:
    assert windows("Mo-Fr 09:00-12:00,13:00-18:00") == [
        (9 * HOUR, 11 * HOUR + 1800),
        (13 * HOUR, 17 * HOUR + 1800),
    ]


def test_a_service_longer_than_the_opening_has_no_window() -> None:
    assert windows("Mo-Fr 09:00-09:20") == []


def test_a_service_as_long_as_the_opening_has_one_moment() -> None:
    assert windows("Mo-Fr 09:00-09:30") == [(9 * HOUR, 9 * HOUR)]


def test_hours_past_midnight_count_on_both_days() -> None:
    assert windows("Mo-Su 20:00-02:00") == [(0, HOUR + 1800), (20 * HOUR, 24 * HOUR)]


def test_always_open_is_the_whole_day() -> None:
    assert windows("24/7") == [(0, 24 * HOUR)]


def test_unknown_counts_as_closed_and_a_comment_changes_nothing() -> None:
    assert windows("Mo-Fr 09:00-17:00 unknown") == []
    assert windows('Mo-Fr 09:00-17:00 "ring twice"') == [(9 * HOUR, 16 * HOUR + 1800)]


def test_public_holidays_are_those_of_the_country_or_of_the_place() -> None:
    independence_day = date(2027, 12, 6)
    assert windows("Mo-Su 09:00-17:00; PH off", independence_day, country="FI") == []
    assert windows("Mo-Su 09:00-17:00; PH off", independence_day, lon=24.94, lat=60.17) == []
    assert windows("Mo-Su 09:00-17:00; PH off", independence_day, country="PT") != []


@pytest.mark.parametrize(
    ("day", "length", "opens"), [(SPRING, 23, 7), (AUTUMN, 25, 9), (MONDAY, 24, 8)], ids=["spring", "autumn", "plain"]
)
def test_seconds_are_elapsed_ones_on_days_when_clocks_change(day: date, length: int, opens: int) -> None:
    local = LocalDay(day, HELSINKI)
    assert local.length_s == length * HOUR
    assert windows("Mo-Su 08:00-12:00", day) == [(opens * HOUR, (opens + 4) * HOUR - 1800)]
    assert local.moment(opens * HOUR).strftime("%H:%M") == "08:00"
    (shift,) = shifts_of(worker("Mo-Su 08:00-17:00"), [day])
    assert (local.moment(shift.start_s).hour, local.moment(shift.end_s).hour) == (8, 17)


def test_open_round_the_clock_reaches_both_midnights_when_clocks_change() -> None:
    assert windows("24/7", SPRING) == [(0, 23 * HOUR)]
    assert windows("24/7", AUTUMN) == [(0, 25 * HOUR)]


def test_a_day_whose_midnight_the_clocks_skip() -> None:
    beirut = LocalDay(date(2021, 3, 28), ZoneInfo("Asia/Beirut"))
    assert beirut.length_s == 23 * HOUR
    assert beirut.moment(0).strftime("%d %H:%M") == "28 01:00"


@pytest.mark.parametrize(
    ("text", "where"),
    [("foo", "character 1"), ("Mo-Fr 9-17", "character 7"), ("Mo-Fr 09:00-17:00; Qu off", "character 20")],
)
def test_a_text_that_cannot_be_read_names_customer_text_and_place(text: str, where: str) -> None:
    with pytest.raises(InputError, match=rf"opening_hours of customer 'Kiosk' .*{text[:5]}.*{where} on; write such as"):
        windows(text)


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(InputError, match="'ZZ' is no country code"):
        windows("PH off", country="ZZ")


@pytest.mark.parametrize("text", ["24/7", "Mo-Fr 22:00-06:00", "Mo-Fr off", "nonsense"])
def test_working_hours_that_make_no_shift_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="weekly_hours of rep 'Ana'"):
        check_weekly_hours(text, "weekly_hours of rep 'Ana'")


def test_work_until_midnight_is_allowed() -> None:
    check_weekly_hours("Mo-Fr 14:00-24:00", "weekly_hours")


@pytest.mark.parametrize("text", ["noon", "11:30-13:30", "13:30-11:30/45", "11:30-13:30/0", "25:00-26:00/30"])
def test_a_lunch_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="lunch of rep 'Ana'"):
        read_lunch(text, "lunch of rep 'Ana'")


def test_a_shift_has_its_lunch() -> None:
    (shift,) = shifts_of(worker("Mo-Fr 08:00-17:00", "11:30-13:30/45"), [MONDAY])
    assert (shift.id, shift.start, shift.start_s, shift.end_s) == ("ana/2026-11-23", "home/ana", 8 * HOUR, 17 * HOUR)
    (lunch,) = shift.breaks
    assert (lunch.duration_s, lunch.earliest_s, lunch.latest_s) == (2700, 11 * HOUR + 1800, 13 * HOUR + 1800)


def test_a_short_shift_has_no_lunch() -> None:
    (shift,) = shifts_of(worker("Mo-Fr 08:00-13:00", "11:30-13:30/45"), [MONDAY])
    assert shift.breaks == ()


def test_a_gap_in_the_hours_is_a_break_and_takes_the_place_of_lunch() -> None:
    (shift,) = shifts_of(worker("Mo-Fr 08:00-12:00,13:00-17:00", "11:30-13:30/45"), [MONDAY])
    assert [(one.earliest_s, one.latest_s, one.duration_s) for one in shift.breaks] == [(12 * HOUR, 12 * HOUR, HOUR)]


def test_days_off_have_no_shift() -> None:
    assert shifts_of(worker("Mo-Fr 08:00-17:00"), [date(2026, 11, 28), date(2026, 11, 29)]) == ()


def test_absences_shorten_split_and_remove_shifts() -> None:
    who = worker("Mo-Fr 08:00-17:00")
    late = shifts_of(who, [MONDAY], [(at(MONDAY, 7), at(MONDAY, 10))])
    split = shifts_of(who, [MONDAY], [(at(MONDAY, 10), at(MONDAY, 12))])
    gone = shifts_of(who, [MONDAY], [(at(MONDAY, 0), at(MONDAY, 23, 59))])
    assert [(one.start_s, one.end_s) for one in late] == [(10 * HOUR, 17 * HOUR)]
    assert [(one.start_s, one.end_s, one.breaks[0].earliest_s, one.breaks[0].duration_s) for one in split] == [
        (8 * HOUR, 17 * HOUR, 10 * HOUR, 2 * HOUR)
    ]
    assert gone == ()


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(InputError, match="'Mars/Phobos', not a known time zone"):
        zone_named("Mars/Phobos")


minutes = st.integers(0, 24 * 60 - 1)
texts = st.lists(st.tuples(minutes, st.integers(1, 10 * 60)), min_size=1, max_size=3).map(
    lambda spans: ", ".join(
        f"Mo-Su {a // 60:02}:{a % 60:02}-{(a + length) // 60:02}:{(a + length) % 60:02}" for a, length in spans
    )
)
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(texts, days, st.integers(0, 4 * HOUR))
def test_every_start_in_a_window_is_open_until_the_service_is_over(text: str, day: date, service_s: int) -> None:
    hours = read_hours(text, "hours")
    local = LocalDay(day, HELSINKI)
    for window in service_windows(hours, [day], HELSINKI, service_s):
        assert 0 <= window.start_s <= window.end_s <= local.length_s
        for start_s in (window.start_s, (window.start_s + window.end_s) // 2, window.end_s):
            for moment in (start_s, start_s + max(0, service_s - 1)):
                wall = local.moment(moment).replace(tzinfo=None)
                skipped = local.moment(moment).fold == 1 or local.length_s != 24 * HOUR
                assert hours.is_open(wall) or skipped or service_s == 0


@given(texts, days)
def test_windows_without_service_cover_exactly_the_open_seconds(text: str, day: date) -> None:
    hours = read_hours(text, "hours")
    zone = ZoneInfo("UTC")
    total = sum(end - start for start, end in windows(text, day, 0, zone))
    midnight = datetime.combine(day, time())
    spans = open_spans(hours, day, day)
    assert total == sum((min(b, midnight + timedelta(days=1)) - max(a, midnight)).total_seconds() for a, b in spans)


@given(days, st.integers(0, 100_000), st.sampled_from(["Europe/Helsinki", "America/New_York", "Asia/Beirut", "UTC"]))
def test_seconds_and_moments_are_inverse(day: date, seconds: int, zone: str) -> None:
    local = LocalDay(day, ZoneInfo(zone))
    assert local.since_midnight(local.moment(seconds)) == seconds
    assert local.midnight.astimezone(UTC) == local.moment(0)


@given(
    days,
    st.lists(st.tuples(st.integers(-HOUR, 30 * HOUR), st.integers(0, 8 * HOUR)), max_size=3),
    st.sampled_from(["Mo-Su 08:00-17:00", "Mo-Su 06:00-11:00,12:00-24:00"]),
)
def test_shifts_lie_in_working_hours_and_outside_absences(day: date, away: list[tuple[int, int]], text: str) -> None:
    local = LocalDay(day, HELSINKI)
    absences = [(local.moment(start), local.moment(start + length)) for start, length in away]
    who = worker(text, "11:30-13:30/45")
    (whole,) = shifts_of(who, [day])
    for shift in shifts_of(who, [day], absences):
        assert whole.start_s <= shift.start_s < shift.end_s <= whole.end_s
        for start, length in away:
            if length:
                assert not start <= shift.start_s < start + length
                assert not start < shift.end_s <= start + length
        assert list(shift.breaks) == sorted(shift.breaks, key=lambda pause: pause.earliest_s)
