"""Sequences of shots laid over one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.fusion.gunshot.align import align, together
from fleet.fusion.gunshot.detections import Detection
from tests.fleet.fusion.gunshot.boxes import AT_S, hear


def _box(at_s: float, *onsets: float) -> Detection:
    return Detection("box", 0, 0, AT_S + at_s, onsets_s=(0.0, *onsets))


@given(st.lists(st.floats(0.05, 0.5), min_size=1, max_size=10), st.floats(-1, 1))
def test_a_sequence_lies_over_itself_heard_elsewhere(gaps: list[float], later: float) -> None:
    onsets = tuple(np.cumsum(gaps))
    found = align(_box(0, *onsets), _box(later, *onsets), 1.5)
    assert found is not None
    assert found.matched == len(onsets) + 1
    assert found.later_s == pytest.approx(later, abs=1e-5)
    assert (found.first, found.second) == (0, 0)


def test_a_missed_first_shot_moves_the_sequence() -> None:
    found = align(_box(0, 0.10, 0.33, 0.52), _box(0.4 + 0.10, 0.23, 0.42), 1.0)
    assert found is not None
    assert found.later_s == pytest.approx(0.4, abs=1e-5)
    assert (found.first, found.second, found.matched) == (1, 0, 3)


def test_echoes_between_shots_do_not_matter() -> None:
    found = align(_box(0, 0.10, 0.33), _box(0.4, 0.04, 0.10, 0.15, 0.33, 0.39), 1.0)
    assert found is not None
    assert found.later_s == pytest.approx(0.4, abs=1e-5)
    assert found.matched == 3


def test_of_one_shot_and_its_echo_the_first_is_taken() -> None:
    found = align(_box(0), _box(0.2, 0.3), 1.0)
    assert found is not None
    assert found.later_s == pytest.approx(0.2)


def test_automatic_fire_is_not_laid_over_itself_one_shot_off() -> None:
    rng = np.random.default_rng(2)
    onsets = np.cumsum(0.08 + rng.normal(0, 3e-3, 12))
    one = _box(0, *onsets)
    other = _box(0.3 + onsets[0], *(onsets[1:] - onsets[0]))  # missed the first
    found = align(one, other, 1.0)
    assert found is not None
    assert found.later_s == pytest.approx(0.3, abs=1e-3)


def test_what_sound_cannot_reach_in_time_is_no_pair() -> None:
    assert align(_box(0), _box(2.0), 1.5) is None


def test_together_every_box_tells_of_the_first_shot() -> None:
    volley = (0.0, 0.12, 0.4, 0.47)
    heard = hear(30, 40, volley=volley)
    truth = {d.node: d.at_s for d in heard}
    last = heard[2]
    heard[2] = Detection(last.node, last.x, last.y, last.at_s + 0.12, onsets_s=(0.0, 0.28, 0.35))
    for one in together(heard, 0.4):
        assert one.at_s == pytest.approx(truth[one.node], abs=1e-5)
        assert one.onsets_s == (0.0,)
