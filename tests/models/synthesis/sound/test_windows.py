"""Windows of sound: the same again from the same seed, within bounds, and with what they say is in them."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.yamnet import RATE_HZ, SAMPLES
from models.synthesis.sound.microphone import record, through_codec
from models.synthesis.sound.shots import draw_shots
from models.synthesis.sound.strikes import KINDS
from models.synthesis.sound.strikes import Kind as Strike
from models.synthesis.sound.window import Kind, draw_scene, draw_stream, draw_window

RENDERED = (Kind.NOTHING, Kind.SHOT, Kind.FIREWORK, Kind.STRIKE)


@pytest.mark.parametrize("kind", RENDERED)
def test_a_window_is_one_and_the_same_again(kind: Kind) -> None:
    def drawn() -> tuple[np.ndarray, float | None]:
        random = np.random.default_rng([3, RENDERED.index(kind)])
        window = draw_window(random, draw_scene(random, kind), ())
        return window.sound, window.ratio_db

    (first, ratio), (second, _) = drawn(), drawn()
    assert np.array_equal(first, second)
    assert first.dtype == np.float32
    assert first.shape == (SAMPLES,)
    assert 0 < np.abs(first).max() <= 1.5, "a codec may overshoot"
    assert (ratio is None) == (kind is Kind.NOTHING)


def test_a_stream_is_the_same_again_whatever_was_drawn_between() -> None:
    def drawn(seed: int) -> np.ndarray:
        random = np.random.default_rng(seed)
        return draw_stream(random, draw_scene(random, Kind.STRIKE), (), 0.5, 0.5)

    first = [drawn(seed) for seed in range(4)]
    assert all(np.array_equal(one, drawn(seed)) for seed, one in enumerate(first))
    assert {each.shape for each in first} == {(int(3.4 * RATE_HZ),)}


def test_shots_are_heard_where_they_are_said_to_be() -> None:
    for seed in range(12):
        heard = draw_shots(np.random.default_rng(seed), RATE_HZ, 2.4)
        first = int(heard.onsets[0] * RATE_HZ)
        if first > RATE_HZ // 2:  # else a round before the window rings on
            quiet, loud = heard.sound[: first - RATE_HZ // 2 - 40], heard.sound[first : first + 800]
            assert np.abs(loud).max() > 10 * np.abs(quiet).max(initial=0.0)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_everything_that_strikes_is_a_sound(kind: Strike) -> None:
    sound = kind(np.random.default_rng(5), RATE_HZ, 2.4)
    assert sound.shape == (int(2.4 * RATE_HZ),)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0


def test_a_recorder_changes_a_sound_and_keeps_its_length() -> None:
    sound = np.sin(np.arange(8000) * 0.3) * np.exp(-np.arange(8000) / 2000)
    recorded = [record(np.random.default_rng(seed), sound, RATE_HZ) for seed in range(8)]
    assert {len(each) for each in recorded} == {8000}
    assert len({each.tobytes() for each in recorded}) == 8
    assert all(np.isfinite(each).all() for each in recorded)


@pytest.mark.parametrize("codec", ["mp3", "aac"])
def test_a_codec_loses_what_nobody_hears(codec: str) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
    coded = through_codec(tone, RATE_HZ, "mp3" if codec == "mp3" else "aac", 64_000)
    middle = slice(4000, 12_000)
    assert np.sqrt(np.square(coded[middle]).mean()) == pytest.approx(np.sqrt(np.square(tone[middle]).mean()), rel=0.05)
