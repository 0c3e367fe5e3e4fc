"""A recording that is played by the wall clock: everywhere the same sample at the same moment."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.pacing import MAX_LAG_S
from edge.capture.sound.wallclock import WallClockPacer
from edge.clock import Instant

RATE_HZ = 16_000
MIDNIGHT = dt.datetime(2026, 11, 27, tzinfo=dt.timezone.utc)
"""A multiple of a minute."""


def at(seconds: float, monotonic_s: float = 500.0) -> Instant:
    return Instant(monotonic_s, MIDNIGHT + dt.timedelta(seconds=seconds))


def test_a_minute_is_played_from_each_minute_on() -> None:
    pacer = WallClockPacer(60 * RATE_HZ, RATE_HZ)
    pacer.begin(at(40.0))
    assert pacer.due(40 * RATE_HZ, 500.0) == pytest.approx(500.0)
    assert pacer.due(45 * RATE_HZ, 500.0) == pytest.approx(505.0)


def test_what_is_over_is_left_out_and_what_is_only_late_is_not() -> None:
    pacer = WallClockPacer(60 * RATE_HZ, RATE_HZ)
    pacer.begin(at(40.0))
    assert pacer.due(round((40 - MAX_LAG_S - 0.01) * RATE_HZ), 500.0) is None
    assert pacer.due(round((40 - MAX_LAG_S + 0.01) * RATE_HZ), 500.0) == pytest.approx(500.01 - MAX_LAG_S)
    assert pacer.due(50 * RATE_HZ, 515.0) is None, "a box that was suspended"


def test_a_round_that_is_about_to_begin_is_waited_for_so_that_none_is_played_twice() -> None:
    pacer = WallClockPacer(60 * RATE_HZ, RATE_HZ)
    for early in (0.0, 0.002, 0.9):
        pacer.begin(at(60.0 - early))
        assert pacer.due(RATE_HZ, 500.0) == pytest.approx(501.0 + early)


def test_a_clock_that_was_set_is_followed_from_the_next_round_on() -> None:
    pacer = WallClockPacer(60 * RATE_HZ, RATE_HZ)
    pacer.begin(at(0.0))
    assert pacer.due(60 * RATE_HZ, 560.0) == pytest.approx(560.0)
    pacer.begin(at(60.0 - 3600.0 + 7.0, 560.0))
    assert pacer.due(7 * RATE_HZ, 560.0) == pytest.approx(560.0)


@given(
    samples=st.integers(1, 10**9),
    rate=st.sampled_from([16_000, 48_000]),
    one=st.integers(0, 4 * 10**15),
    later=st.integers(0, 10**10),
    place=st.floats(0, 1),
)
def test_two_that_begin_at_different_times_play_each_sample_at_the_same_moments(
    samples: int, rate: int, one: int, later: int, place: float
) -> None:
    wall = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(microseconds=one)
    sample = round(place * samples)
    for after_us in (0, later):
        pacer = WallClockPacer(samples, rate)
        pacer.begin(Instant(0.0, wall + dt.timedelta(microseconds=after_us)))
        due_s = pacer.due(sample, -1e12)
        assert due_s is not None
        start_s = due_s - sample / rate
        assert -samples / rate - 1e-6 <= start_s <= MAX_LAG_S + 1e-6, "it is the round of now"
        rounds = ((one + after_us) / 1e6 + start_s) * rate / samples
        assert abs(rounds - round(rounds)) * samples / rate < 5e-6, "and begins at a multiple of the recording's length"
