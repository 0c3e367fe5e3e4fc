"""Hours in local time: what is inside is inside by the clock on the wall, through both changes of a year (rows 29 and 61)."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.errors import PlanError
from fleet.rollouts.hours import DAYS, Hours, check_hours, seconds_inside, upcoming, windows_from

UTC = dt.timezone.utc
BRUSSELS = "Europe/Brussels"
SPRING = dt.date(2026, 3, 29)
"""02:00 becomes 03:00 in Brussels, at 01:00 UTC."""
AUTUMN = dt.date(2026, 10, 25)
"""03:00 becomes 02:00, at 01:00 UTC."""


def hours(opens: str, closes: str, zone: str = BRUSSELS, **more: object) -> Hours:
    return Hours(zone, opens, closes, **more)  # type: ignore[arg-type]


def on(day: dt.date, opens: str, closes: str, zone: str = BRUSSELS) -> list[tuple[str, str]]:
    """The window of one day, in UTC."""
    spec = hours(opens, closes, zone, first=day, last=day)
    found = windows_from(spec, dt.datetime.combine(day, dt.time(12), UTC) - dt.timedelta(days=2))
    return [(f"{window.opens:%d %H:%M}", f"{window.closes:%d %H:%M}") for window in found]


@pytest.mark.parametrize(
    ("day", "opens", "closes", "found"),
    [
        (dt.date(2026, 1, 15), "02:00", "04:00", [("15 01:00", "15 03:00")]),
        (dt.date(2026, 7, 15), "02:00", "04:00", [("15 00:00", "15 02:00")]),
        (dt.date(2026, 7, 15), "23:00", "05:00", [("15 21:00", "16 03:00")]),
        # spring: an hour is not there
        (SPRING - dt.timedelta(days=1), "23:00", "05:00", [("28 22:00", "29 03:00")]),
        (SPRING, "01:30", "02:30", [("29 00:30", "29 01:00")]),
        (SPRING, "02:30", "04:00", [("29 01:00", "29 02:00")]),
        (SPRING, "02:15", "02:45", []),
        # autumn: an hour comes twice
        (AUTUMN - dt.timedelta(days=1), "23:00", "05:00", [("24 21:00", "25 04:00")]),
        (AUTUMN, "01:30", "02:30", [("24 23:30", "25 00:30")]),
        (AUTUMN, "02:30", "04:00", [("25 01:30", "25 03:00")]),
        (AUTUMN, "02:15", "02:45", [("25 00:15", "25 00:45")]),
    ],
)
def test_a_day_of_brussels(day: dt.date, opens: str, closes: str, found: list[tuple[str, str]]) -> None:
    assert on(day, opens, closes) == found


def test_half_an_hour_of_lord_howe() -> None:
    """Clocks that move by thirty minutes: 02:00 becomes 01:30 there on 5 April 2026, at 15:00 UTC the day before."""
    assert on(dt.date(2026, 4, 5), "01:00", "01:45", "Australia/Lord_Howe") == [("04 14:00", "04 14:45")]
    assert on(dt.date(2026, 10, 4), "02:10", "03:00", "Australia/Lord_Howe") == [("03 15:30", "03 16:00")]


ZONES = st.sampled_from([BRUSSELS, "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Africa/Casablanca"])
TIMES = st.builds(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}", st.integers(0, 1439))
EPOCH = dt.datetime(2024, 1, 1, tzinfo=UTC)
STARTS = st.integers(0, 6 * 366 * 24 * 3600).map(lambda second: EPOCH + dt.timedelta(seconds=second))
DAY_SETS = st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days)))


def inside(spec: Hours, instant: dt.datetime) -> bool:
    """By the clock on the wall."""
    local = instant.astimezone(ZoneInfo(spec.zone))
    time = f"{local:%H:%M}"
    day = local.date()
    if spec.opens < spec.closes:
        return spec.opens <= time < spec.closes and DAYS[day.weekday()] in spec.days
    if time >= spec.opens:
        return DAYS[day.weekday()] in spec.days
    return time < spec.closes and DAYS[(day - dt.timedelta(days=1)).weekday()] in spec.days


@given(ZONES, TIMES, TIMES, DAY_SETS, STARTS)
def test_every_instant_inside_is_inside_by_the_clock_on_the_wall(
    zone: str, opens: str, closes: str, days: tuple[str, ...], start: dt.datetime
) -> None:
    if opens == closes:
        return
    spec = hours(opens, closes, zone, days=days)
    found = upcoming(spec, start, 9)
    assert len(found) == 9
    for window in found:
        length = window.closes - window.opens
        assert dt.timedelta(0) < length <= dt.timedelta(hours=25)
        for share in (0, 0.25, 0.5, 0.75):
            assert inside(spec, window.opens + share * length)
        assert inside(spec, window.closes - dt.timedelta(seconds=1))
    for before, after in itertools.pairwise(found):
        assert before.closes <= after.opens
    assert found[0].closes > start


@given(st.sampled_from(["UTC", "Asia/Kolkata"]), TIMES, TIMES, DAY_SETS, STARTS, st.integers(0, 8 * 24 * 60))
def test_where_clocks_stand_nothing_that_is_inside_is_left_out(
    zone: str, opens: str, closes: str, days: tuple[str, ...], start: dt.datetime, minutes: int
) -> None:
    if opens == closes:
        return
    spec, instant = hours(opens, closes, zone, days=days), start + dt.timedelta(minutes=minutes)
    found = upcoming(spec, start, 10)
    assert any(window.opens <= instant < window.closes for window in found) == inside(spec, instant)


@given(TIMES, TIMES, STARTS, st.integers(0, 6 * 24 * 60))
def test_time_inside_adds_up(opens: str, closes: str, start: dt.datetime, minutes: int) -> None:
    if opens == closes:
        return
    spec, end = hours(opens, closes), start + dt.timedelta(minutes=minutes)
    middle = start + (end - start) / 2
    whole = seconds_inside([spec], start, end)
    assert whole == pytest.approx(seconds_inside([spec], start, middle) + seconds_inside([spec], middle, end))
    assert 0 <= whole <= minutes * 60
    assert seconds_inside([spec, spec], start, end) == pytest.approx(whole)
    assert seconds_inside([], start, end) == minutes * 60


def test_of_two_kinds_of_hours_what_lies_in_both_counts() -> None:
    night, early = hours("20:00", "06:00", "UTC"), hours("05:00", "09:00", "UTC")
    start = dt.datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert seconds_inside([night, early], start, start + dt.timedelta(days=2)) == 2 * 3600


NOW = dt.datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (hours("03:00", "03:00"), "opens and closes at 03:00"),
        (hours("02:00", "04:00", last=dt.date(2026, 3, 27)), "never opens after 2026-03-28 12:00 UTC"),
        (hours("02:15", "02:45", first=SPRING, last=SPRING), "never opens"),
        (hours("02:00", "04:00", days=("mon",), first=SPRING, last=SPRING), "never opens"),
        (hours("02:00", "04:00", "Europe/Brussel"), "'Europe/Brussel' is not a time zone"),
        (hours("02:00", "04:00", "../../etc/passwd"), "is not a time zone"),
        (hours("02:00", "04:00", first=dt.date(9999, 12, 31)), "never opens"),
        (hours("04:00", "02:00", first=dt.date.max, last=dt.date.max), "never opens"),
        (hours("02:00", "04:00", last=dt.date.min), "never opens"),
        (hours("02:00", "04:00", "/etc/localtime"), "is not a time zone"),
    ],
)
def test_hours_that_never_come_are_refused(spec: Hours, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        check_hours(spec, NOW)


def test_hours_that_are_open_now_have_not_passed() -> None:
    spec = hours("10:00", "14:00", "UTC")
    check_hours(spec, NOW)
    assert [f"{window.opens:%d}" for window in upcoming(spec, NOW, 3)] == ["28", "29", "30"]
    assert [f"{window.opens:%d}" for window in upcoming(spec, NOW + dt.timedelta(hours=2), 2)] == ["29", "30"]
