"""What several boxes say together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.evidence import probability

SAID = st.tuples(st.floats(0, 1), st.none() | st.floats(allow_nan=False, allow_infinity=False), st.floats(1e-6, 1))
"""Posterior, ratio, trust."""


def _boxes(said: Sequence[tuple[float, float | None]]) -> list[Detection]:
    return [Detection(f"box-{i}", 0.0, 0.0, 0.0, posterior=p, snr_db=snr) for i, (p, snr) in enumerate(said)]


@given(st.lists(SAID, min_size=1, max_size=6))
def test_whatever_boxes_say_it_is_a_probability(said: list[tuple[float, float | None, float]]) -> None:
    heard = _boxes([(posterior, snr_db) for posterior, snr_db, _ in said])
    assert 0 < probability(heard, [trust for *_, trust in said]) < 1


def test_boxes_that_say_the_same_are_as_sure_as_each() -> None:
    for posterior in (0.3, 0.9):
        assert probability(_boxes([(posterior, None)] * 5), [1.0] * 5) == pytest.approx(posterior)


def test_who_heard_it_out_of_the_quiet_says_more_than_who_heard_it_in_a_barrage() -> None:
    trust = [1.0, 1.0, 1.0]
    assert probability(_boxes([(0.99, 60.0), (0.6, 0.0), (0.6, 0.0)]), trust) == pytest.approx(0.99, abs=0.002)
    assert probability(_boxes([(0.6, 60.0), (0.99, 0.0), (0.99, 0.0)]), trust) < 0.7


def test_one_box_alone_is_believed_as_far_as_it_is_trusted() -> None:
    assert probability(_boxes([(0.9, None)]), [0.25]) == pytest.approx(0.9 / 4)
    assert probability(_boxes([(0.9, None)] * 2), [0.25, 0.25]) == pytest.approx(0.9), "of two that agree, none is alone"


def test_who_is_trusted_less_than_others_says_less_beside_them() -> None:
    assert probability(_boxes([(0.999, None), (0.55, None)]), [0.1, 1.0]) < 0.7
    assert probability(_boxes([(0.999, None), (0.55, None)]), [1.0, 1.0]) == pytest.approx(0.999)
