"""Muzzle blasts and shock waves against the formulas and geometry that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from models.synthesis.sound.blast import friedlander, towards
from models.synthesis.sound.shock import n_wave, shock_at

RATE = 192_000


def test_a_blast_pushes_for_its_time_and_then_pulls() -> None:
    push = friedlander(RATE, 0.001, 1.0, 0.0, 4096)
    assert push[0] == 1
    assert np.flatnonzero(push < 0)[0] == pytest.approx(0.001 * RATE, abs=1)
    # the impulse of the first push: T (1 - (1 - e^-b) / b) / b, b = 1
    assert push[: RATE // 1000].sum() / RATE == pytest.approx(0.001 * np.exp(-1), rel=0.01)


def test_ahead_of_the_muzzle_it_is_loudest() -> None:
    around = [towards(angle) for angle in np.linspace(0, np.pi, 19)]
    assert around == sorted(around, reverse=True)
    assert 20 * np.log10(around[0] / around[-1]) == pytest.approx(16.5, abs=0.1)


@pytest.mark.parametrize(("along", "beside"), [(50, 5), (200, 40), (400, 100)])
def test_a_shock_wave_comes_from_where_the_cone_touches(along: float, beside: float) -> None:
    found = shock_at(along, beside, 800, (7.8, 32), 340)
    assert found is not None
    velocity = 800 - 0.6 * along / 2
    # no moment of the flight brings sound to the listener earlier
    x = np.linspace(0, along, 100_000)
    arrivals = x / velocity + np.hypot(along - x, beside) / 340
    assert found.seconds == pytest.approx(arrivals.min(), rel=1e-6)
    assert found.x == pytest.approx(x[arrivals.argmin()], abs=0.01)
    assert found.seconds < np.hypot(along, beside) / 340, "before the blast"


@pytest.mark.parametrize(
    ("along", "beside", "velocity"), [(-10, 5, 800), (1, 50, 800), (100, 10, 300), (100, 150, 800), (100, 0, 800)]
)
def test_where_there_is_none(along: float, beside: float, velocity: float) -> None:
    assert shock_at(along, beside, velocity, (7.8, 32), 340) is None


def test_a_shock_wave_is_an_n() -> None:
    wave = n_wave(RATE, 0.0003, 0.0, 128)
    assert wave[0] == pytest.approx(1, abs=0.05)
    assert wave[56] == pytest.approx(-0.96, abs=0.05)
    assert wave.sum() == pytest.approx(0, abs=1)
    assert not wave[58:].any()
