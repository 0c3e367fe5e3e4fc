"""Moments of a live stream's pictures: of arrival, never falling, and late where they waited."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.timeline import LATE_S, Timeline

SECONDS = st.floats(0, 20)
STAMPS = st.none() | st.floats() | st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(STAMPS, SECONDS), max_size=60))
def test_time_never_falls_and_is_never_ahead_of_the_clock(pictures: list[tuple[float | None, float]]) -> None:
    timeline, now_s, before_s = Timeline(100.0), 100.0, 0.0
    for stamp_s, passed_s in pictures:
        now_s += passed_s
        moment = timeline.place(stamp_s, now_s)
        assert before_s <= moment.media_s <= now_s - 100.0
        assert moment.late_s >= 0.0
        before_s = moment.media_s


def test_without_stamps_a_picture_was_when_it_came() -> None:
    timeline = Timeline(10.0)
    moments = [timeline.place(stamp_s, now_s) for stamp_s, now_s in ((None, 11.0), (math.nan, 12.0), (None, 13.5))]
    assert [moment.media_s for moment in moments] == [1.0, 2.0, 3.5]


def test_pictures_that_come_in_bursts_are_spread_as_they_were_made() -> None:
    timeline = Timeline(0.0)
    moments = [timeline.place(900.0 + i / 10, 1.0 + math.ceil(i / 3) * 0.3) for i in range(30)]
    assert all(later.media_s - earlier.media_s == pytest.approx(0.1, abs=0.02) for earlier, later in pairwise(moments[1:]))
    assert max(moment.late_s for moment in moments) < LATE_S


def test_what_waited_while_the_box_stood_still_is_late_and_what_is_new_again_is_not() -> None:
    """Ten pictures a second; nothing is read for two seconds, then thirty a second until the buffer is empty."""
    timeline, now_s = Timeline(0.0), 0.0
    taken: list[tuple[float, int]] = []
    late: list[tuple[float, int]] = []
    for i in range(100):
        made_s = i / 10
        now_s = max(made_s, now_s + 1 / 30)
        if i == 50:
            now_s += 2.0
        moment = timeline.place(7.0 + made_s, now_s)
        (late if moment.late_s > LATE_S else taken).append((now_s - made_s, i))
    assert [i for _, i in late] == list(range(50, 50 + len(late)))
    assert max(age_s for age_s, _ in taken) < LATE_S + 0.15  # what is forgotten within two seconds
    assert taken[-1] == (0.0, 99)


@pytest.mark.parametrize("rate", [0.97, 1.03])
def test_a_camera_that_stamps_by_a_rate_that_it_does_not_keep_is_not_late(rate: float) -> None:
    timeline = Timeline(0.0)
    moments = [timeline.place(i / 10 * rate, i / 10) for i in range(36_000)]
    assert max(moment.late_s for moment in moments) < LATE_S


@pytest.mark.parametrize("jump_s", [-3600.0, -0.5, 60.0, 1e9])
def test_a_camera_that_sets_its_clock_is_not_late(jump_s: float) -> None:
    timeline = Timeline(0.0)
    moments = [timeline.place(i / 10 + (jump_s if i > 20 else 0), i / 10) for i in range(60)]
    assert max(moment.late_s for moment in moments) < LATE_S
    assert moments[-1].media_s == pytest.approx(5.9)


def test_a_stream_that_falls_behind_for_good_is_late_for_good() -> None:
    timeline = Timeline(0.0)
    late = [timeline.place(i / 10, i / 10 * 1.2).late_s > LATE_S for i in range(600)]
    assert all(late[100:])
