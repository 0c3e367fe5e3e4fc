"""A technician is told how wide plates are, and what to do when that is too little."""

from __future__ import annotations

from edge.analytics.anpr.widths import PlateWidths
from protocol.limits import TEXT_CHARACTERS


def told(*widths: float, looks: int = 9) -> PlateWidths:
    of = PlateWidths("gate", 60.0)
    for width in widths:
        of.passed(width, looks)
    of.running([])
    return of


def test_nothing_is_said_before_anything_was_seen() -> None:
    assert told().width is None
    assert told().reason is None
    assert told(30, looks=1).width is None


def test_plates_that_are_too_small_are_said_to_be_with_what_is_needed() -> None:
    reason = told(38, 41, 47).reason
    assert reason is not None
    assert reason.code == "plates-too-small"
    assert reason.subject == "source gate"
    assert reason.detail.startswith("plates are 41 px wide, 60 are needed: come closer, zoom in")
    assert len(reason.detail) <= TEXT_CHARACTERS


def test_one_plate_under_way_is_enough_for_who_stands_on_a_ladder() -> None:
    of = PlateWidths("gate", 60.0)
    of.running([(33.0, 4)])
    assert of.reason is not None
    assert of.width == 33.0


def test_plates_that_are_wide_enough_are_not_complained_of() -> None:
    assert told(61, 80, 120).reason is None


def test_the_statement_does_not_flicker() -> None:
    of = told(59)
    assert of.reason is not None
    for _ in range(30):
        of.passed(62, 9)
    of.running([])
    assert of.reason is not None
    for _ in range(30):
        of.passed(66, 9)
    of.running([])
    assert of.reason is None
