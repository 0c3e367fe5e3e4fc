"""Shock waves told from blasts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.gunshot_street import Bullet
from edge.analytics.gunshot.pick import Pick, pick
from edge.analytics.gunshot.shock import led, likeness
from models.synthesis.sound.blast import friedlander
from models.synthesis.sound.shock import n_wave
from protocol.gunshot import Shock
from tests.edge.analytics.gunshot.rendered import shot


def picks(sound: np.ndarray, rate: int, near: list[float]) -> list[Pick]:
    return [one for place in near if (one := pick(sound, rate, place)) is not None]


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("lead_s", [0.012, 0.06, 0.2])
def test_the_lead_of_a_shock_wave_is_told(rate: int, lead_s: float) -> None:
    scene = shot(31, rate, 40.0, bullet=Bullet(lead_s, 2.5e-4, 1.0))
    blast = scene.onsets[0] * rate
    told = led(scene.sound[0], rate, picks(scene.sound[0], rate, [blast - lead_s * rate, blast]))
    assert told.shock is Shock.FOUND
    assert told.blast == 1
    assert told.lead_ms is not None
    assert told.lead_ms.value == pytest.approx(1000 * lead_s, abs=0.2)
    assert told.lead_ms.low < told.lead_ms.value < told.lead_ms.high


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_a_blast_alone_had_none(rate: int) -> None:
    scene = shot(32, rate, 30.0, snr_db=35)
    told = led(scene.sound[0], rate, picks(scene.sound[0], rate, [scene.onsets[0] * rate]))
    assert (told.shock, told.blast, told.lead_ms) == (Shock.NONE, 0, None)


def test_what_is_faint_is_unknown_and_never_none() -> None:
    scene = shot(33, metres=150.0, snr_db=3)
    told = led(scene.sound[0], 16_000, picks(scene.sound[0], 16_000, [scene.onsets[0] * 16_000]))
    assert told.shock is Shock.UNKNOWN


def test_an_n_that_no_blast_follows_is_unknown() -> None:
    rate = 48_000
    sound = 1e-4 * np.random.default_rng(0).standard_normal(rate)
    sound[20_000:20_096] += 0.3 * n_wave(rate, 3e-4, 3e-5, 96)
    assert led(sound, rate, picks(sound, rate, [20_000.0])).shock is Shock.UNKNOWN


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_shape_is_most_like_itself(rate: int, sign: int) -> None:
    fine, place = 48_000 // rate, 24_000
    for shape, is_n in (
        (n_wave(48_000, 3e-4, 3e-5, 240), True),
        (friedlander(48_000, 9e-4, 1.3, 4e-5, 2400), False),
    ):
        sound = np.zeros(48_000)
        sound[place : place + len(shape)] = 0.4 * sign * shape
        smooth = np.convolve(sound, np.ones(fine) / fine, "same")[::fine].astype(np.float32)
        as_n, as_blast = likeness(smooth, rate, place / fine)
        assert (as_n > as_blast) is is_n


def test_without_an_onset_there_is_nothing_to_tell() -> None:
    with pytest.raises(ValueError, match="no onset"):
        led(np.zeros(100), 16_000, [])


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=8_000), st.lists(st.floats(-100, 5000), min_size=1, max_size=4))
def test_no_bytes_break_it(data: bytes, near: list[float]) -> None:
    onsets = [Pick(place, 1.0, 0.5, 1e-6) for place in sorted(near)]
    told = led(np.frombuffer(data[: len(data) // 4 * 4], np.float32), 16_000, onsets)
    assert 0 <= told.blast < len(onsets)
