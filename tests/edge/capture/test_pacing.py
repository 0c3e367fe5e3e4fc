"""A file plays as a camera would."""

from __future__ import annotations

import pytest

from edge.capture.pacing import MAX_LAG_S, MAX_WAIT_S, Pacer


def test_deadlines_are_absolute() -> None:
    pacer = Pacer()
    assert pacer.due(0.0, 100.0) == 100.0
    assert pacer.due(0.1, 100.05) == pytest.approx(100.1)
    assert pacer.due(0.2, 100.19) == pytest.approx(100.2)  # the late wake-up before does not add up


def test_a_picture_that_is_a_little_late_moves_nothing() -> None:
    pacer = Pacer()
    pacer.due(0.0, 100.0)
    assert pacer.due(0.1, 100.5) == pytest.approx(100.1)
    assert pacer.due(0.6, 100.5) == pytest.approx(100.6)


def test_after_a_long_stop_the_schedule_moves() -> None:
    pacer = Pacer()
    pacer.due(0.0, 100.0)
    late = 100.1 + MAX_LAG_S + 5
    assert pacer.due(0.1, late) == late
    assert pacer.due(0.2, late) == pytest.approx(late + 0.1)


def test_a_hole_in_the_time_stamps_is_not_waited_for() -> None:
    """Row 53: a recording whose time jumps by an hour must not stand still for one, alive and blind."""
    assert MAX_WAIT_S < 5.0
    pacer = Pacer()
    pacer.due(0.0, 100.0)
    assert pacer.due(3600.0, 100.1) == pytest.approx(100.1 + MAX_WAIT_S)
    assert pacer.due(3600.1, 104.1) == pytest.approx(104.2)


def test_a_recording_with_few_pictures_is_waited_for() -> None:
    pacer = Pacer(max_wait_s=10.0)
    pacer.due(0.0, 100.0)
    assert pacer.due(10.0, 100.1) == pytest.approx(110.0)
