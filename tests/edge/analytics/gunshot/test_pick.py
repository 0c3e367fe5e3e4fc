"""Onsets picked finer than a sample, with a deviation that holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.pick import most_likely_split, pick
from tests.edge.analytics.gunshot.rendered import shot


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_picks_in_streets_lie_within_a_fifth_of_a_millisecond(rate: int) -> None:
    errors, within = [], []
    for seed in range(12):
        scene = shot(900 + seed, rate, metres=float(np.geomspace(10, 250, 12)[seed]), snr_db=12 + seed)
        truth = scene.onsets[0] * rate
        picked = pick(scene.sound[0], rate, truth + (-1 if seed % 2 else 1) * 0.001 * rate)
        assert picked is not None
        errors.append(abs(picked.index - truth) / rate)
        within.append(abs(picked.index - truth) < picked.sigma)
    assert np.median(errors) < 5e-5
    assert np.mean(np.array(errors) < 2e-4) >= 0.8
    assert 0.4 <= np.mean(within) <= 0.95


def front(late: int, noise: float) -> np.ndarray:
    """A blast of 1,600 samples that begins at 800 and so many thirds of a sample."""
    fine = np.zeros(3 * 1600)
    fine[3 * 800 + late :] = np.exp(-np.arange(3 * 800 - late) / 120)
    smooth = np.convolve(fine, np.hanning(9) / np.hanning(9).sum(), "same")
    return smooth[::3] + noise * np.random.default_rng(0).standard_normal(1600)


def test_a_front_that_moves_by_a_third_of_a_sample_is_picked_so_much_later() -> None:
    first, later = pick(front(0, 1e-4), 16_000, 800), pick(front(1, 1e-4), 16_000, 800)
    assert first is not None
    assert later is not None
    assert later.index - first.index == pytest.approx(1 / 3, abs=0.12)


def test_more_noise_gives_a_larger_deviation() -> None:
    quiet, loud = pick(front(0, 1e-3), 16_000, 800), pick(front(0, 0.1), 16_000, 800)
    assert quiet is not None
    assert loud is not None
    assert loud.sigma > quiet.sigma


def in_rumble(seed: int) -> tuple[np.ndarray, float]:
    """A blast at 1100 in the rumble of traffic and wind, four times as high, and a detection as early as the detector's are."""
    random = np.random.default_rng(seed)
    hertz = np.fft.rfftfreq(1600, 1 / 16_000)
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal(1600)) / np.maximum(hertz, 40), 1600)
    return np.pad(front(0, 0.0), (300, 0))[:1600] + noise / noise.std() / 4, 1100 - float(random.uniform(0, 0.0045)) * 16_000


def test_what_rumbles_before_a_front_is_not_taken_for_it() -> None:
    errors = []
    for seed in range(30):
        sound, near = in_rumble(seed)
        picked = pick(sound, 16_000, near)
        assert picked is not None
        errors.append((picked.index - 1100) / 16)
    assert np.mean(np.array(errors) < -0.5) <= 0.1, "milliseconds early"
    assert np.median(np.abs(errors)) < 0.2


@pytest.mark.parametrize("before", [400, 250, 100, 80])
def test_little_sound_before_a_front_is_enough(before: int) -> None:
    sound = front(0, 1e-3)[800 - before :]
    picked = pick(sound, 16_000, before)
    assert picked is not None
    assert picked.index == pytest.approx(before, abs=1.5)


def test_a_front_that_comes_long_after_its_detection_is_picked_whole() -> None:
    """What takes rumble away looks 4 ms ahead, and so does the detector."""
    picked = pick(front(0, 1e-3), 16_000, 800 - 0.0045 * 16_000)
    assert picked is not None
    assert picked.index == pytest.approx(800, abs=1.5)


@pytest.mark.parametrize(
    ("sound", "near"),
    [
        (np.zeros(2000), 1000.0),
        (np.ones(20), 10.0),
        (np.ones(0), 0.0),
        (np.ones(2000), float("nan")),
        (np.full(2000, np.nan), 900.0),
    ],
    ids=["silence", "short", "empty", "nowhere", "no numbers"],
)
def test_where_there_is_no_onset_none_is_picked(sound: np.ndarray, near: float) -> None:
    assert pick(sound, 16_000, near) is None


def test_the_split_lies_where_the_variance_changes() -> None:
    random = np.random.default_rng(2)
    window = np.concatenate([random.normal(0, 0.1, 150), random.normal(0, 1, 90)])
    split = most_likely_split(window, 20, 20)
    assert split is not None
    assert abs(split - 150) <= 3


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=8_000), st.floats(-1e6, 1e6))
def test_no_bytes_break_it(data: bytes, near: float) -> None:
    picked = pick(np.frombuffer(data[: len(data) // 4 * 4], np.float32), 16_000, near)
    assert picked is None or (np.isfinite(picked.index) and picked.sigma > 0)
