"""Onsets in a stream: found whatever blocks it comes in, and where nothing bangs none."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.onsets import LEAST, REST_S, Onset, Onsets
from models.synthesis.sound.blast import friedlander


def bangs(rate: int, seconds: float, moments: list[float], height: float = 0.2, noise: float = 0.004) -> np.ndarray:
    """Blasts of 3 ms in noise: float64 (n,)."""
    sound = noise * np.random.default_rng(3).standard_normal(int(rate * seconds))
    blast = height * friedlander(rate, 8e-4, 1.2, 4e-5, int(0.01 * rate))
    for moment in moments:
        start = int(moment * rate)
        sound[start : start + len(blast)] += blast
    return sound


def found(sound: np.ndarray, rate: int) -> list[Onset]:
    return Onsets(rate).take(sound)


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda x, t: x, id="as it is"),
        pytest.param(lambda x, t: x + 0.3, id="offset"),
        pytest.param(lambda x, t: x + 0.4 * np.sin(2 * np.pi * 35 * t), id="wind below 80 Hz, louder than the blast"),
        pytest.param(lambda x, t: np.clip(10 * x, -1, 1), id="clipped"),
        pytest.param(lambda x, t: x * 0.01, id="40 dB fainter"),
        pytest.param(lambda x, t: -x, id="the other sign"),
    ],
)
def test_each_bang_is_found_within_its_milliseconds(rate: int, spoilt: object) -> None:
    moments = [0.5, 0.75, 1.2]
    sound = bangs(rate, 2.0, moments)
    onsets = found(spoilt(sound, np.arange(len(sound)) / rate), rate)  # type: ignore[operator]
    assert len(onsets) == 3
    for onset, moment in zip(onsets, moments, strict=True):
        assert -0.006 <= onset.index / rate - moment <= 0.002


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(32_000),
        np.full(32_000, 0.7),
        0.05 * np.random.default_rng(1).standard_normal(160_000),
        0.9 * np.sin(2 * np.pi * 40 * np.arange(64_000) / 16_000),
        LEAST / 10 * np.random.default_rng(1).standard_normal(32_000),
        np.full(32_000, np.nan),
    ],
    ids=["silence", "offset", "noise", "rumble", "faint", "no numbers"],
)
def test_where_nothing_bangs_nothing_is_found(sound: np.ndarray) -> None:
    assert found(sound, 16_000) == []


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 32_000), max_size=40), rate=st.sampled_from([16_000, 48_000]))
def test_blocks_do_not_matter(cuts: list[int], rate: int) -> None:
    sound = bangs(rate, 32_000 / rate + 0.1, [0.2, 0.3002, 0.35, 0.52])
    whole, parts = Onsets(rate), Onsets(rate)
    expected = whole.take(sound)
    edges = [0, *sorted(cuts), len(sound)]
    assert [onset for start, stop in pairwise(edges) for onset in parts.take(sound[start:stop])] == expected
    assert len(expected) >= 4


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=40_000))
def test_no_bytes_break_it_and_what_it_finds_is_bounded(data: bytes) -> None:
    sound = np.frombuffer(data[: len(data) // 4 * 4], np.float32)
    onsets = Onsets(16_000)
    for _ in range(3):
        assert len(onsets.take(sound)) <= 1 + (len(sound) + 1000) / 16_000 / REST_S
    assert np.isfinite(onsets.background)


def test_only_rates_that_it_can_work_at() -> None:
    with pytest.raises(ValueError, match="8,000 to 192,000"):
        Onsets(4_000)
