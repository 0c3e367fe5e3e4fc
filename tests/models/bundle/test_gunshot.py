"""What the network that hears shots is given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.gunshot import BANDS, FRAMES, HOP, bands, deviation, filters, picture, shot_score, windows
from models.bundle.yamnet import RATE_HZ, SAMPLES


def tone(hertz: float, samples: int = SAMPLES) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(samples) / RATE_HZ).astype(np.float32)


def test_a_tone_stands_in_its_band() -> None:
    centres = 700 * (np.exp(np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7500 / 700), BANDS + 2)[1:-1] / 1127) - 1)
    for hertz in (500.0, 1000.0, 4000.0):
        shown = bands(tone(hertz))
        assert shown.shape == (FRAMES, BANDS)
        assert shown.mean(axis=0).argmax() == np.abs(centres - hertz).argmin()


def test_filters_are_triangles_that_share_what_lies_between_them() -> None:
    inside = (np.arange(257) * RATE_HZ / 512 > 200) & (np.arange(257) * RATE_HZ / 512 < 7000)
    assert filters()[inside].sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not filters()[0].any()


def test_frames_of_a_stream_are_those_of_its_windows() -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 2 * SAMPLES).astype(np.float32)
    whole = bands(sound)
    for first in (0, 7, 50):
        assert whole[first : first + FRAMES] == pytest.approx(bands(sound[first * HOP : first * HOP + SAMPLES]), rel=1e-5)


@pytest.mark.parametrize("quieter", [1.0, 0.1, 10 ** (-30 / 20)])
def test_a_quieter_window_looks_the_same(quieter: float) -> None:
    sound = tone(900) * np.exp(-np.arange(SAMPLES) / 3000).astype(np.float32)
    (shown,) = windows(sound * np.float32(quieter))
    (wanted,) = windows(sound)
    assert shown == pytest.approx(wanted, abs=1e-3)


def test_silence_stays_silence() -> None:
    assert picture(bands(np.zeros(SAMPLES, np.float32)), 0.0) == pytest.approx(np.log(0.001))
    faint = np.full(SAMPLES, 1e-6, np.float32)
    assert picture(bands(faint), 1e-6).max() < np.log(0.1)


@pytest.mark.parametrize(("samples", "count"), [(100, 1), (SAMPLES, 1), (SAMPLES + HOP, 2), (SAMPLES * 2, 4)])
def test_a_recording_is_covered_to_its_end(samples: int, count: int) -> None:
    assert len(list(windows(tone(500, samples)))) == count


@given(st.lists(st.floats(width=32), min_size=1, max_size=8))
def test_what_is_not_a_number_is_silence(values: list[float]) -> None:
    sound = np.resize(np.array(values, np.float32), SAMPLES)
    sound = np.where(np.abs(sound) > 1e3, np.nan, sound).astype(np.float32)
    assert np.isfinite(bands(sound)).all()


def test_fireworks_speak_against_a_shot_and_a_blast_for_it() -> None:
    labels = ("gunshot", "machine-gun", "fireworks", "blast")
    assert shot_score(np.array([0.2, 0.6, 0.0, 0.0], np.float32), labels) == pytest.approx(0.6)
    assert shot_score(np.array([0.2, 0.6, 0.8, 0.0], np.float32), labels) == pytest.approx(0.2)
    assert shot_score(np.array([0.2, 0.6, 0.0, 0.5], np.float32), labels) == pytest.approx(0.85)


def answers(scores: np.ndarray) -> dict[str, np.ndarray]:
    return {"inputs": np.arange(len(scores), dtype=np.float32)[:, None, None, None], "scores": scores}


def test_golden_pictures_tell_a_network_that_answers_otherwise() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.7]], np.float32)

    def run(offset: float, shape: tuple[int, ...] = (1, 2)) -> float:
        return deviation(answers(scores), lambda shown: ((scores[int(shown.item())] + np.float32(offset)).reshape(shape),))

    assert run(0) == 0
    assert run(0.05) == pytest.approx(0.05)
    assert run(np.nan) == np.inf
    assert run(0, (2,)) == np.inf


@pytest.mark.parametrize("scores", [[[0.1, 0.1], [0.0, 0.1]], [[0.9, 0.1], [0.8, 0.1]]])
def test_pictures_in_which_nothing_or_always_the_same_is_heard_prove_nothing(scores: list[list[float]]) -> None:
    reference = np.array(scores, np.float32)
    assert deviation(answers(reference), lambda shown: (reference[int(shown.item())][None],)) == np.inf
