"""From moments to numbers: how many, how fast, in which mode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.gunshot.count import count, how_many
from protocol.gunshot import FireMode


@pytest.mark.parametrize(
    ("moments", "mode"),
    [
        ([0.0], FireMode.SINGLE),
        ([0.0, 0.4126, 1.0031], FireMode.SINGLE),
        ([0.0, 0.5], FireMode.SINGLE),
        ([0.0, 0.08], FireMode.BURST),
        ([0.0, 0.19], FireMode.UNKNOWN),
        ([0.0, 0.1, 0.2], FireMode.BURST),
        ([0.1 * k for k in range(5)], FireMode.BURST),
        ([0.1 * k for k in range(6)], FireMode.AUTOMATIC),
        ([0.2 * k for k in range(12)], FireMode.AUTOMATIC),
        ([0.0, 0.1, 0.2, 0.9, 1.0, 1.1], FireMode.UNKNOWN),
        ([0.0, 0.06, 0.21, 0.28], FireMode.UNKNOWN),
    ],
)
def test_the_mode_follows_from_the_gaps(moments: list[float], mode: FireMode) -> None:
    assert count(moments, [1.0] * len(moments)).mode is mode


def test_one_shot_that_may_be_two_has_no_mode() -> None:
    assert count([0.0, 0.1], [1.0, 0.4]).mode is FireMode.UNKNOWN


@given(st.floats(300, 1200), st.integers(3, 10), st.integers(0, 1000))
def test_the_cadence_of_an_even_weapon_lies_in_its_interval(rpm: float, rounds: int, seed: int) -> None:
    moments = np.arange(rounds) * 60 / rpm + np.random.default_rng(seed).normal(0, 1e-5, rounds)
    cadence = count(moments.tolist(), [1.0] * rounds).cadence
    assert cadence is not None
    assert cadence.low <= cadence.value <= cadence.high
    assert cadence.value == pytest.approx(rpm, rel=0.01)


def test_the_interval_of_the_cadence_covers_nine_in_ten() -> None:
    random = np.random.default_rng(5)
    covered = []
    for _ in range(400):
        moments = np.cumsum(np.r_[0, 0.1 * (1 + 0.05 * random.standard_normal(6))])
        cadence = count(moments.tolist(), [1.0] * 7).cadence
        assert cadence is not None
        covered.append(cadence.low <= 600 <= cadence.high)
    assert 0.85 <= np.mean(covered) <= 0.95


def test_a_round_that_was_not_heard_does_not_slow_the_weapon_down() -> None:
    cadence = count([0.0, 0.1, 0.2, 0.4, 0.5], [1.0] * 5).cadence
    assert cadence is not None
    assert cadence.value == pytest.approx(600, rel=0.01)


@pytest.mark.parametrize("moments", [[0.0], [0.0, 0.1]])
def test_fewer_than_three_shots_have_no_cadence(moments: list[float]) -> None:
    assert count(moments, [1.0] * len(moments)).cadence is None


def test_doubts_widen_the_number() -> None:
    shots = count([0.0, 0.1, 0.2, 0.3], [1.0, 0.95, 0.6, 0.3]).shots
    assert (shots.low, shots.value, shots.high) == (2.0, 3.0, 4.0)
    sure = count([0.0, 0.1, 0.2], [1.0, 1.0, 1.0]).shots
    assert (sure.low, sure.value, sure.high) == (3.0, 3.0, 3.0)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_the_shares_of_all_numbers_are_one(probabilities: list[float]) -> None:
    shares = how_many(probabilities)
    assert sum(shares) == pytest.approx(1)
    assert sum(number * share for number, share in enumerate(shares)) == pytest.approx(sum(probabilities), abs=1e-6)


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to count"):
        count([0.0], [0.1])
    with pytest.raises(ValueError, match="one for each"):
        count([0.0, 1.0], [1.0])
