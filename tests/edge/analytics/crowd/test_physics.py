"""The crowd of a zone whose ground is known: what is told of it."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.analytics.crowd.crush import STATE_S, State
from edge.analytics.crowd.hiding import DENSITY_TRUSTED, loss
from edge.analytics.crowd.physics import ZonePhysics
from edge.analytics.crowd.velocity import Values
from models.bundle.detections import MOST, Floats
from protocol.events import CrowdDensity, ServiceLevel
from tests.edge.analytics.crowd.plane import FromAbove

PX_M = 20.0
POLYGON = np.array([(0.0, 0.0), (200.0, 0.0), (200.0, 200.0), (0.0, 200.0)])
AREA_M2 = 100.0


def boxes(feet: Values, width: float = 4.0, height: float = 6.0) -> Floats:
    return np.stack([feet[:, 0] - width / 2, feet[:, 1] - height, feet[:, 0] + width / 2, feet[:, 1]], 1).astype(np.float32)


def watch(
    metres: Values, velocity: tuple[float, float] = (0.0, 0.0), seconds: float = 12.0, size: tuple[float, float] = (4.0, 6.0)
) -> tuple[ZonePhysics, list[State]]:
    physics, states = ZonePhysics(POLYGON, FromAbove(PX_M)), []
    for step in range(round(seconds * 5)):
        feet = (metres + np.array(velocity) * step / 5) * PX_M
        state = physics.update(range(len(feet)), feet, boxes(feet, *size), np.full(len(feet), 0.97, np.float32), step / 5)
        states += [] if state is None else [state]
    return physics, states


def told(metres: Values, velocity: tuple[float, float] = (0.0, 0.0), size: tuple[float, float] = (4.0, 6.0)) -> CrowdDensity:
    physics, _ = watch(metres, velocity, size=size)
    density = physics.take("gate", 12.0, 60, 0)
    assert density is not None
    return density


def scattered(n: int, seed: int = 1) -> Values:
    return np.random.default_rng(seed).uniform(0, 10, (n, 2))


@pytest.mark.parametrize("n", [10, 50, 100])
def test_density_is_people_by_area_with_those_who_are_hidden(n: int) -> None:
    density = told(scattered(n))
    hidden = math.exp(float(loss(np.array(n / AREA_M2 * 4.0 * 6.0 / PX_M**2))))
    assert density.density.value == pytest.approx(n / AREA_M2 * hidden, rel=0.03)
    assert density.density.low < n / AREA_M2 < density.density.high
    assert density.area_m2.value == pytest.approx(AREA_M2)


def test_speed_level_and_pressure_are_told_with_their_intervals() -> None:
    density = told(scattered(90), (0.05, 0.12))
    assert density.service is ServiceLevel.D
    assert density.speed is not None
    assert density.speed.value == pytest.approx(0.13, abs=0.001)
    assert density.pressure is not None
    assert density.pressure.low <= density.pressure.value <= density.pressure.high
    assert density.pressure.value < 0.001


def test_the_number_beyond_which_it_is_not_trusted_is_stated() -> None:
    ground_m2 = 4.0 * 6.0 / PX_M**2
    assert told(scattered(8)).trusted_to == pytest.approx(min(DENSITY_TRUSTED * AREA_M2 / ground_m2, MOST))
    spread, knot = (told(places, size=(12.0, 40.0)).trusted_to for places in (scattered(50), 4 + 0.25 * scattered(50)))
    assert spread == pytest.approx(DENSITY_TRUSTED * AREA_M2 / (12.0 * 40.0 / PX_M**2), rel=0.3)
    assert knot is not None
    assert spread is not None
    assert knot < spread / 2, "who stands in a knot hides more than who is spread"


def test_a_knot_is_denser_than_the_mean() -> None:
    knot = np.concatenate([scattered(20), np.random.default_rng(2).normal((2.0, 8.0), 0.5, (20, 2)).clip(0, 10)])
    density = told(knot)
    assert density.densest.value > 5 * density.density.value


def test_an_empty_zone_has_no_density_to_speak_of() -> None:
    density = told(np.zeros((0, 2)))
    assert density.density.value == 0.0
    assert density.service is ServiceLevel.A
    assert (density.speed, density.pressure, density.trusted_to) == (None, None, None)


def test_a_window_of_a_day_takes_no_more_room_than_one_of_a_minute() -> None:
    def room(seconds: float) -> int:
        physics, _ = watch(scattered(12), seconds=seconds)
        return len(pickle.dumps(physics))

    assert room(60.0) == pytest.approx(room(12.0), rel=0.2)


def test_the_alarm_is_asked_every_five_seconds() -> None:
    assert len(watch(scattered(5), seconds=21.0)[1]) == 20 // STATE_S


def test_a_window_is_told_once() -> None:
    physics, _ = watch(scattered(5))
    assert physics.take("gate", 12.0, 60, 0) is not None
    assert physics.take("gate", 12.0, 60, 0) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**32 - 1), st.floats(0.0, 500.0))
def test_whatever_is_seen_is_told_in_numbers(n: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    physics = ZonePhysics(POLYGON, FromAbove(PX_M))
    for step in range(12):
        feet = random.uniform(0, 200, (n, 2))
        physics.update(range(n), feet, boxes(feet, size, size), np.full(n, 0.9, np.float32), step / 2)
    density = physics.take("gate", 6.0, 12, 0)
    assert density is not None
    for estimate in (density.density, density.densest, density.area_m2, density.speed, density.pressure, density.trend):
        assert estimate is None or all(map(math.isfinite, (estimate.value, estimate.low, estimate.high)))
