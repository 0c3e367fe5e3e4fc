"""Where a blast came from; where it cannot be told, no answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.gunshot.delays import Delays, delays
from edge.analytics.gunshot.direction import SPEED, direction, solve, spanned
from edge.analytics.gunshot.instep import in_step
from models.synthesis.sound.blast import friedlander
from tests.edge.analytics.gunshot.rendered import ARRAY, at_array

RATE = 16_000
SIX = ((0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 0.2), (0.2, 0.2, 0.1), (-0.2, 0.1, 0.05))


def arriving(positions: tuple[tuple[float, float, float], ...], azimuth: float, elevation: float = 0.0) -> np.ndarray:
    """A blast in the open at 400 samples, a plane wave: float32 (m, 1200)."""
    random = np.random.default_rng(1)
    up, round_ = np.radians(elevation), np.radians(azimuth)
    towards = np.array([np.sin(round_) * np.cos(up), np.cos(round_) * np.cos(up), np.sin(up)])
    blast = np.zeros(2400)
    blast[400:560] = friedlander(RATE, 8e-4, 1.3, 1e-4, 160)
    hertz = np.fft.rfftfreq(2400, 1 / RATE)
    gentle = np.clip((RATE / 2 - hertz) / 1500, 0, 1)
    spectrum = np.fft.rfft(blast) * gentle
    channels = [
        np.fft.irfft(spectrum * np.exp(2j * np.pi * hertz * (np.dot(place, towards) / SPEED)), 2400) for place in positions
    ]
    return (0.3 * np.stack(channels)[:, :1200] + 0.003 * random.standard_normal((len(positions), 1200))).astype(np.float32)


def apart(one: float, other: float) -> float:
    return abs((one - other + 180) % 360 - 180)


@pytest.mark.parametrize("heading", [0.0, 75.0, 200.0])
def test_in_a_street_the_azimuth_is_right_within_its_deviation(heading: float) -> None:
    scene = at_array(17, heading)
    found = direction(scene.sound, RATE, scene.onsets[0] * RATE, ARRAY, heading)
    assert found is not None
    assert apart(found.azimuth_deg, scene.azimuth_deg) < max(3.0, 2.5 * found.sigma_deg)
    assert found.sigma_deg < 5
    assert found.elevation_deg is None, "a flat array cannot tell up from down"


@settings(max_examples=20, deadline=None)
@given(azimuth=st.floats(0, 359.9), heading=st.floats(0, 359.9))
def test_azimuth_is_clockwise_from_north(azimuth: float, heading: float) -> None:
    found = direction(arriving(ARRAY, azimuth - heading), RATE, 400, ARRAY, heading)
    assert found is not None
    assert apart(found.azimuth_deg, azimuth) < 1.5
    assert 0 <= found.azimuth_deg < 360


@pytest.mark.parametrize("elevation", [-20.0, 0.0, 35.0])
def test_an_array_in_space_tells_the_elevation(elevation: float) -> None:
    found = direction(arriving(SIX, 120.0, elevation), RATE, 400, SIX, 0.0)
    assert found is not None
    assert found.elevation_deg == pytest.approx(elevation, abs=3)
    assert apart(found.azimuth_deg, 120.0) < 2


@pytest.mark.parametrize(
    "positions",
    [
        ((0.0, 0.0, 0.0),),
        ((0.0, 0.0, 0.0), (0.2, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.4, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.2, 0.0, 0.0), (0.0, 0.0, 0.2), (0.2, 0.0, 0.2)),
        ((0.0, 0.0, 0.0), (0.005, 0.0, 0.0), (0.0, 0.005, 0.0)),
    ],
    ids=["one", "two", "a line", "an upright wall", "all in one place"],
)
def test_what_cannot_tell_front_from_back_gives_no_answer(positions: tuple[tuple[float, float, float], ...]) -> None:
    assert direction(arriving(positions, 40.0), RATE, 400, positions, 0.0) is None
    assert spanned(np.array(positions)) is None


def test_delays_that_contradict_themselves_give_no_answer() -> None:
    places = np.array(ARRAY)
    pairs = np.array([(i, j) for i in range(4) for j in range(i)])
    seconds = -(places[pairs[:, 0]] - places[pairs[:, 1]]) @ np.array([0.0, 1.0, 0.0]) / SPEED
    well = Delays(pairs, seconds, np.full(6, 1e-6))
    axes = spanned(places)
    assert axes is not None
    found = solve(well, places, axes, 0.0)
    assert found is not None
    assert apart(found.azimuth_deg, 0.0) < 1e-6
    out = seconds + 4e-4 * ((pairs == 3) * [1, -1]).sum(axis=1)
    assert solve(Delays(pairs, out, well.sigma_s), places, axes, 0.0) is None
    assert solve(Delays(pairs, 2 * seconds, well.sigma_s), places, axes, 0.0) is None, "slower than sound can be"


def test_a_smaller_array_is_less_sure() -> None:
    small = tuple((x / 2, y / 2, z) for x, y, z in ARRAY)
    one = direction(arriving(ARRAY, 10.0), RATE, 400, ARRAY, 0.0)
    other = direction(arriving(small, 10.0), RATE, 400, small, 0.0)
    assert one is not None
    assert other is not None
    assert other.sigma_deg > 1.5 * one.sigma_deg


def test_channels_that_are_silent_or_clipped_are_left_out() -> None:
    sound = arriving(SIX, 200.0)
    well = sound.copy()
    sound[1] = 0
    sound[3] = np.clip(60 * sound[3], -1, 1)
    assert in_step(well, RATE, 400, 1e-3).all()
    assert in_step(sound, RATE, 400, 1e-3).tolist() == [True, False, True, False, True, True]


def test_a_channel_out_of_step_is_left_out() -> None:
    sound = arriving(SIX, 200.0)
    sound[4] = np.roll(sound[4], 60)
    assert in_step(sound, RATE, 400, 1e-3).tolist() == [True, True, True, True, False, True]


def test_one_position_for_each_channel() -> None:
    with pytest.raises(ValueError, match="one for each"):
        direction(np.zeros((3, 100), np.float32), RATE, 50, ARRAY, 0.0)


def test_a_front_too_near_to_an_end_gives_no_delays() -> None:
    assert delays(np.ones((2, 1200), np.float32), RATE, 20, 1e-3) is None
    assert delays(np.ones((2, 1200), np.float32), RATE, 1190, 1e-3) is None


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=100, max_size=400), st.floats(200, 900))
def test_noise_breaks_nothing(data: bytes, onset: float) -> None:
    values = np.resize(np.frombuffer(data, np.uint8), 4 * 1200).reshape(4, 1200)
    found = direction((values / 128 - 1).astype(np.float32), RATE, onset, ARRAY, 0.0)
    assert found is None or (0 <= found.azimuth_deg < 360 and found.sigma_deg > 0)
    assert direction(np.zeros((4, 1200), np.float32), RATE, onset, ARRAY, 0.0) is None
