"""Rounds told from echoes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.rounds import REFRACTORY_S, find_rounds, pattern
from models.synthesis.sound.blast import friedlander
from tests.edge.analytics.gunshot.rendered import burst

RATE = 16_000


def echoing(gains: list[tuple[float, float]], rounds: list[float], seconds: float = 2.0) -> np.ndarray:
    """Rounds with the same echoes after each: (delay, gain), in noise."""
    random = np.random.default_rng(8)
    sound = 1e-3 * random.standard_normal(int(seconds * RATE))
    blast = friedlander(RATE, 8e-4, 1.2, 4e-5, RATE // 100) + 0.1 * random.standard_normal(RATE // 100)
    for moment in rounds:
        for delay, gain in [(0.0, 1.0), *gains]:
            start = int((moment + delay) * RATE)
            sound[start : start + len(blast)] += 0.3 * gain * blast
    return sound


def told(sound: np.ndarray, first: float) -> list[float]:
    shape = pattern(sound, RATE, first)
    assert shape is not None
    return [one.index / RATE for one in find_rounds(sound, RATE, shape, first)[0] if one.probability >= 0.5]


@pytest.mark.parametrize("gain", [0.2, 0.35, -0.4])
def test_an_echo_at_the_same_delay_with_less_energy_is_no_round(gain: float) -> None:
    rounds = [0.3, 0.45, 0.6]
    assert told(echoing([(0.07, gain), (0.11, gain / 2)], rounds), 0.3 * RATE) == pytest.approx(rounds, abs=1e-4)


def test_a_single_shot_with_echoes_is_one() -> None:
    assert told(echoing([(0.06, 0.4), (0.2, 0.35), (0.5, 0.4)], [0.3]), 0.3 * RATE) == pytest.approx([0.3], abs=1e-4)


@pytest.mark.parametrize(("rounds", "rpm"), [(1, 600), (3, 300), (5, 700), (10, 1200)])
def test_bursts_in_a_street_are_counted(rounds: int, rpm: float) -> None:
    scene = burst(22, rounds, rpm)
    assert told(scene.sound[0], scene.onsets[0] * RATE) == pytest.approx(scene.onsets, abs=1e-3)


def test_rounds_before_the_one_that_was_picked_are_found_too() -> None:
    scene = burst(21, 4, 500)
    assert told(scene.sound[0], scene.onsets[1] * RATE) == pytest.approx(scene.onsets, abs=1e-3)


def test_the_pattern_of_what_ends_too_early_is_none() -> None:
    assert pattern(np.ones(1000), RATE, 900) is None
    assert pattern(np.zeros(4000), RATE, 1000) is None
    assert pattern(np.ones(4000), RATE, -2000) is None


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=40_000))
def test_no_bytes_break_it_and_rounds_are_apart(data: bytes) -> None:
    sound = np.frombuffer(data[: len(data) // 4 * 4], np.float32)
    shape = pattern(sound, RATE, 500)
    found = [] if shape is None else find_rounds(sound, RATE, shape)[0]
    assert all(np.isfinite(one.index) and one.gain > 0 and 0 <= one.probability <= 1 for one in found)
    assert all(later.index - one.index >= REFRACTORY_S * RATE - 2 for one, later in pairwise(found))
