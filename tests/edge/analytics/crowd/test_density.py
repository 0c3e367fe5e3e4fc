"""Density from place to place: right in the middle, right at the edge, and in sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.analytics.crowd.density import ZoneGround
from edge.analytics.crowd.service import FROM_DENSITY, service_level
from edge.analytics.crowd.velocity import Values
from protocol.events import ServiceLevel

SQUARE = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
WEDGE = np.array([(0.0, 0.0), (12.0, 0.0), (3.0, 8.0)])


def lattice(step: float) -> Values:
    line = np.arange(step / 2, 10.0, step)
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)


def test_an_even_crowd_is_as_dense_at_the_edge_and_in_the_corner_as_in_the_middle() -> None:
    ground = ZoneGround(SQUARE)
    field = ground.field(lattice(0.5), np.ones(400))
    off = np.abs(ground.cells - 5.0).max(axis=1)
    middle, edge = field[off < 2.0], field[off > 4.5]
    corner = field[np.abs(ground.cells - 5.0).min(axis=1) > 4.5]
    assert middle == pytest.approx(4.0, rel=0.01)
    assert edge == pytest.approx(4.0, rel=0.10)
    assert corner == pytest.approx(4.0, rel=0.10)


@pytest.mark.parametrize("polygon", [SQUARE, WEDGE, WEDGE[::-1]], ids=["square", "wedge", "the other way round"])
@pytest.mark.parametrize("seed", range(3))
def test_over_the_zone_the_local_density_is_on_average_the_mean(polygon: Values, seed: int) -> None:
    ground = ZoneGround(polygon)
    area = len(ground.cells) * ground.cell_m**2
    random = np.random.default_rng(seed)
    people = ground.cells[random.integers(0, len(ground.cells), 4000)]
    field = ground.field(people, np.ones(4000))
    assert field.mean() == pytest.approx(4000 / area, rel=0.03)


def test_a_dense_knot_is_found_where_it_is() -> None:
    ground = ZoneGround(SQUARE)
    knot = np.random.default_rng(1).normal((3.0, 7.0), 0.7, (30, 2))
    field = ground.field(knot, np.ones(30))
    assert np.linalg.norm(ground.cells[field.argmax()] - (3.0, 7.0)) < 0.8
    assert field.max() > 4 * field.mean()


@given(st.integers(0, 30), st.integers(0, 2**32 - 1), st.floats(0.2, 200.0))
def test_any_zone_has_a_density_that_is_a_number(n: int, seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    ground = ZoneGround(random.uniform(0, size, (3, 2)))
    assert len(ground.cells) <= 1000
    field = ground.field(random.uniform(0, size, (n, 2)), np.ones(n))
    assert np.isfinite(field).all()
    assert (field >= 0).all()


@pytest.mark.parametrize(
    ("density", "level"),
    [
        (0.0, "A"),
        (0.30, "A"),
        (0.32, "B"),
        (0.44, "C"),
        (0.70, "C"),
        (0.73, "D"),
        (1.07, "D"),
        (1.08, "E"),
        (2.1, "E"),
        (2.2, "F"),
    ],
)
def test_levels_of_service_are_those_of_fruins_walkways(density: float, level: str) -> None:
    assert service_level(density) is ServiceLevel(level)


def test_thresholds_are_35_25_15_10_and_5_square_feet_each() -> None:
    assert [round(10.7639 / density) for density in FROM_DENSITY] == [35, 25, 15, 10, 5]
