"""Speed and crowd pressure: right without noise, and no turbulence out of jitter."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.crowd.velocity import Paths, Values, pressure, speed

STEP_S = 0.2


def walk(places: Values, velocity: Values, seconds: float, jitter: float = 0.0, seed: int = 0) -> Paths:
    random, paths = np.random.default_rng(seed), Paths()
    for step in range(round(seconds / STEP_S)):
        now = step * STEP_S
        paths.update(range(len(places)), places + velocity * now + random.normal(0, jitter, places.shape), now)
    return paths


def crowd(n: int = 60, seed: int = 1) -> Values:
    return np.random.default_rng(seed).uniform(0, 5, (n, 2))


def test_a_walk_has_its_speed() -> None:
    found = speed(walk(crowd(), np.tile((0.6, -0.8), (60, 1)), 3.0).velocities(range(60)))
    assert found is not None
    assert found[0] == pytest.approx(1.0)
    assert found[1] == pytest.approx(0.0, abs=1e-6)


def test_those_who_stand_and_jitter_hardly_move() -> None:
    found = speed(walk(crowd(), np.zeros((60, 2)), 4.0, jitter=0.05).velocities(range(60)))
    assert found is not None
    assert found[0] < 0.03


def test_nobody_has_a_velocity_before_a_second_is_over_or_after_a_gap() -> None:
    assert walk(crowd(), np.zeros((60, 2)), 0.8).velocities(range(60)).ids == []
    paths = walk(crowd(), np.zeros((60, 2)), 3.0)
    paths.update([], np.zeros((0, 2)), 3.0)
    paths.update(range(60), crowd(), 3.2)
    assert speed(paths.velocities(range(60))) is None


def test_pressure_is_density_times_variance_of_velocity() -> None:
    random = np.random.default_rng(3)
    places, moving = random.uniform(0, 10, (400, 2)), random.normal((0.5, 0.0), 0.1, (400, 2))
    found = pressure(places, np.full(400, 4.0), walk(places, moving, 3.0).velocities(range(400)))
    assert found is not None
    assert found[0] == pytest.approx(4.0 * 2 * 0.1**2, rel=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_jitter_is_no_turbulence(seed: int) -> None:
    places = crowd(100, seed)
    found = pressure(
        places, np.full(100, 4.0), walk(places, np.tile((0.3, 0.0), (100, 1)), 4.0, 0.05, seed).velocities(range(100))
    )
    assert found is not None
    assert found[0] < 0.002, "without taking it off it would be 0.006"


def test_a_few_people_have_no_pressure() -> None:
    assert pressure(crowd(4), np.ones(4), walk(crowd(4), np.zeros((4, 2)), 3.0).velocities(range(4))) is None
