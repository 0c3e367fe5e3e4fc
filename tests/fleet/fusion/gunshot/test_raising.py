"""Which incidents call somebody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.associate import Association
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.incidents import Incident
from fleet.fusion.gunshot.locate import Located
from fleet.fusion.gunshot.raising import LEAST, Standard, raised
from fleet.fusion.gunshot.regions import Disc
from tests.fleet.fusion.gunshot.boxes import AT_S, hear

PROBABILITIES = st.floats(0.0, 1.0)
BOXES = st.integers(1, 9)


def _incident(probability: float, boxes: int = 3) -> Incident:
    detections = tuple(Detection(f"box-{number}", 100.0 * number, 0.0, AT_S) for number in range(boxes))
    return Incident(1, detections, Located(Disc(0.0, 0.0)), 1, probability, AT_S)


@pytest.mark.parametrize("standard", Standard)
def test_what_is_certain_is_raised_and_what_is_unlikely_is_not(standard: Standard) -> None:
    assert raised(_incident(0.999), standard)
    assert not raised(_incident(0.4), standard)


@pytest.mark.parametrize("standard", Standard)
def test_an_echo_is_never_raised(standard: Standard) -> None:
    assert not raised(replace(_incident(1.0), echo_of=7), standard)


@given(PROBABILITIES, BOXES)
def test_whatever_reaches_high_confidence_would_be_raised_on_an_ordinary_night(probability: float, boxes: int) -> None:
    incident = _incident(probability, boxes)
    assert raised(incident, Standard.NORMAL) or not raised(incident, Standard.HIGH)


@given(PROBABILITIES, PROBABILITIES, BOXES, BOXES, st.sampled_from(Standard))
def test_more_boxes_and_more_probability_never_call_off(p: float, q: float, a: int, b: int, standard: Standard) -> None:
    fewer, more = _incident(min(p, q), min(a, b)), _incident(max(p, q), max(a, b))
    assert raised(more, standard) or not raised(fewer, standard)


def test_high_confidence_asks_for_more_of_several_boxes_and_one_alone_needs_it_on_any_night() -> None:
    for boxes in range(2, 5):
        between = _incident((LEAST[Standard.NORMAL] + LEAST[Standard.HIGH]) / 2, boxes)
        assert raised(between, Standard.NORMAL)
        assert not raised(between, Standard.HIGH)
    for standard in Standard:
        assert not raised(_incident((LEAST[Standard.NORMAL] + LEAST[Standard.HIGH]) / 2, 1), standard)


def test_a_box_that_always_shouts_raises_nothing_alone() -> None:
    """However sure it says it is: at most its first shout, as long as nobody knows it, and later none."""
    association = Association()
    for neighbour in hear(20, 10):
        association.add(neighbour, AT_S)
    called = []
    for second in range(20, 20_000, 100):
        shout = Detection("shouts", 50.0, 50.0, AT_S + second, posterior=0.999, snr_db=60.0)
        told = association.add(shout, AT_S + second + 1)
        association.close(AT_S + second + 1)
        called += [second for incident in told if raised(incident, Standard.NORMAL)]
    assert len(called) <= 1
    assert "shouts" in {one.node for one in association.trust.shouting()}


def test_a_shot_beside_one_that_shouts_is_raised_all_the_same() -> None:
    association = Association()
    for second in range(0, 3600, 120):
        association.add(Detection("shouts", 50.0, 50.0, AT_S + second, posterior=0.999), AT_S + second + 1)
    told = [
        i
        for one in hear(20, 10, at_s=AT_S + 3700)
        for i in association.add(replace(one, posterior=0.99, snr_db=45.0), AT_S + 3703)
    ]
    assert any(raised(incident, Standard.NORMAL) for incident in told)
