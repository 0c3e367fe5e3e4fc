"""When something may happen, and what a start means: windows, quiet hours, bandwidth, retries, starts, and the time itself."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ota.device.limits import Bucket, QuietHours
from ota.device.moment import VALIDITY, Moment, moment, raised
from ota.device.retry import Retry
from ota.device.starts import LIMIT, strikes_after_start
from ota.device.state import Job
from ota.device.windows import opening
from protocol.orders import Order, Window

UTC = dt.timezone.utc
NOON = dt.datetime(2026, 5, 2, 12, tzinfo=UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def window(opens: float, closes: float) -> Window:
    return Window(NOON + opens * HOUR, NOON + closes * HOUR)


@pytest.mark.parametrize(
    ("windows", "now", "may", "wait_s", "missed"),
    [
        pytest.param((), NOON, True, 0, False, id="none: at once"),
        pytest.param((), None, True, 0, False, id="none, and no clock"),
        pytest.param((window(-1, 1),), NOON, True, 0, False, id="open"),
        pytest.param((window(0, 1),), NOON, True, 0, False, id="opens now"),
        pytest.param((window(-1, 0),), NOON, False, 0, True, id="closes now"),
        pytest.param((window(-2, -1),), NOON, False, 0, True, id="missed"),
        pytest.param((window(-2, -1), window(3, 4)), NOON, False, 60, False, id="the next one"),
        pytest.param((window(0.005, 4),), NOON, False, 18, False, id="soon"),
        pytest.param((window(-1, 1),), None, False, 60, False, id="61: no clock yet"),
        pytest.param((window(2, 1),), NOON, False, 0, True, id="inside out"),
        pytest.param((window(3, 4), window(-1, 1)), NOON, True, 0, False, id="in no order"),
    ],
)
def test_windows(windows: tuple[Window, ...], now: dt.datetime | None, may: bool, wait_s: float, missed: bool) -> None:
    found = opening(windows, now)
    assert (found.now, found.wait_s, found.missed) == (may, wait_s, missed)


BRUSSELS = zoneinfo.ZoneInfo("Europe/Brussels")
NIGHT = QuietHours(((dt.time(22), dt.time(6)), (dt.time(12), dt.time(13, 30))), BRUSSELS)


@pytest.mark.parametrize(
    ("local", "wait_h"),
    [("21:59:59", 0), ("22:00:00", 8), ("03:00:00", 3), ("05:59:59.500", 0.5 / 3600), ("06:00:00", 0), ("12:30:00", 1)],
)
def test_quiet_hours(local: str, wait_h: float) -> None:
    at = dt.datetime.combine(NOON.date(), dt.time.fromisoformat(local), BRUSSELS)
    assert NIGHT.wait_s(at.astimezone(UTC)) == pytest.approx(wait_h * 3600)


def test_a_box_that_does_not_know_the_time_fetches() -> None:
    assert NIGHT.wait_s(None) == 0
    assert QuietHours((), UTC).wait_s(NOON) == 0


@given(st.floats(0, 48), st.sampled_from([dt.datetime(2026, 3, 28, tzinfo=UTC), dt.datetime(2026, 10, 24, tzinfo=UTC)]))
def test_quiet_hours_end_over_a_change_of_the_clock(hours: float, begin: dt.datetime) -> None:
    now = begin + hours * HOUR
    for _ in range(4):
        wait_s = NIGHT.wait_s(now)
        assert 0 <= wait_s <= 9 * 3600
        if not wait_s:
            return
        now += dt.timedelta(seconds=wait_s)
    pytest.fail("it never ends")


def test_a_bucket_lets_its_share_pass() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    bucket = Bucket(1000.0, lambda: now[0], sleep)
    for _ in range(100):
        bucket.take(500)
    assert now[0] == pytest.approx(49, abs=0.6), "50 kB at 1 kB a second, of which one second's worth came at once"
    now[0] += 1000
    bucket.take(1000)
    assert now[0] == pytest.approx(1049, abs=0.6), "rest is not saved up beyond a second"
    Bucket(None, lambda: now[0], lambda _: pytest.fail("no cap")).take(1 << 40)


def test_retries_wait_longer_and_longer_with_jitter() -> None:
    now = [0.0]
    draws = itertools.cycle([b"\0\0", b"\xff\xff"])
    retry = Retry(lambda: now[0], lambda _count: next(draws))
    waits = [retry.failed()[0] for _ in range(20)]
    assert waits[:4] == [15, 60, 60, 240]
    assert waits[-2:] == [1800, 3600]
    retry.forget()
    assert retry.failed()[0] == 15


def test_only_time_of_trying_counts() -> None:
    now = [0.0]
    retry = Retry(lambda: now[0], lambda _count: b"\0\0")
    assert retry.failed()[1] == 0
    now[0] += 100
    assert retry.failed()[1] == 100
    retry.pause()
    now[0] += 5000
    assert retry.failed()[1] == 0


@pytest.mark.parametrize(
    ("tried_s", "stick", "missing", "over"),
    [(0, False, False, False), (6.9 * 86400, False, False, False), (7 * 86400, False, False, True), (3599, False, True, False),
     (3600, False, True, True), (119, True, False, False), (120, True, False, True)],
)  # fmt: skip
def test_when_to_give_up(tried_s: float, stick: bool, missing: bool, over: bool) -> None:
    assert Retry(lambda: 0.0, bytes).is_over(tried_s, stick=stick, missing=missing) == over


def after(*starts: str) -> int:
    """What starts add up to: crash of the agent, watchdog, power, farewell."""
    job = Job(order=Order("reader", 1, "0" * 32), counter=1, system="0")
    strikes = 0
    for number, kind in enumerate(starts):
        job = Job(order=job.order, counter=1, system=job.system, strikes=strikes, orderly=kind == "farewell")
        system = job.system if kind == "crash" else f"{number} later"
        strikes = strikes_after_start(job, system, watchdog=kind == "watchdog")
        job = Job(order=job.order, counter=1, system=system, strikes=strikes)
    return strikes


@pytest.mark.parametrize(
    ("starts", "loop"),
    [
        (("crash",) * 2, False),
        (("crash",) * 3, True),
        (("watchdog",) * 3, True),
        (("power",) * 4, False),
        (("power",) * 5, True),
        (("crash", "power", "crash"), False),
        (("crash", "power", "watchdog", "power"), True),
        (("farewell",) * 100, False),
    ],
)
def test_rows_23_and_61_what_is_a_crash_loop(starts: tuple[str, ...], loop: bool) -> None:
    assert (after(*starts) >= LIMIT) == loop


FLOOR = NOON - 100 * DAY


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(NOON, Moment(NOON, known=True), id="known"),
        pytest.param(None, Moment(FLOOR, known=False), id="60: no clock"),
        pytest.param(dt.datetime(1970, 1, 1, tzinfo=UTC), Moment(FLOOR, known=False), id="21: 1970"),
        pytest.param(FLOOR, Moment(FLOOR, known=True), id="the floor itself"),
    ],
)
def test_row_21_the_time(wall: dt.datetime | None, expected: Moment) -> None:
    assert moment(wall, FLOOR) == expected


@pytest.mark.parametrize(
    ("timestamp", "root", "targets", "expected"),
    [
        pytest.param(NOON + DAY, NOON + 300 * DAY, NOON + 90 * DAY, NOON + DAY - VALIDITY, id="as signed"),
        pytest.param(NOON - 90 * DAY, NOON + 300 * DAY, NOON + 90 * DAY, FLOOR, id="never down"),
        pytest.param(NOON + 9000 * DAY, NOON + 300 * DAY, NOON + 90 * DAY, NOON + 89 * DAY, id="21: not to the end of time"),
        pytest.param(NOON + 9000 * DAY, NOON + 30 * DAY, NOON + 90 * DAY, NOON + 29 * DAY, id="21: nor beyond the root"),
    ],
)
def test_row_21_what_raises_the_floor(
    timestamp: dt.datetime, root: dt.datetime, targets: dt.datetime, expected: dt.datetime
) -> None:
    assert raised(FLOOR, timestamp, root, targets) == expected
