"""Slopes and their errors."""

from __future__ import annotations

import numpy as np
import pytest

from edge.analytics.crowd.trend import Slope, Trend


def slope_of(values: np.ndarray, step_s: float = 5.0) -> Slope | None:
    trend = Trend()
    for i, value in enumerate(values):
        trend.update(float(value), i * step_s)
    return trend.slope()


def test_a_line_has_its_slope() -> None:
    found = slope_of(1.0 + 0.02 * np.arange(0, 100, 5))
    assert found is not None
    assert found.value == pytest.approx(0.02)
    assert found.lately == pytest.approx(0.02)
    assert found.sigma == pytest.approx(0.0, abs=1e-9)


def test_what_levels_off_has_no_slope_lately() -> None:
    found = slope_of(np.minimum(3.0, 0.05 * np.arange(0, 120, 5)))
    assert found is not None
    assert found.value > 0.005
    assert found.lately == pytest.approx(0.0, abs=0.001)


def test_nothing_is_said_before_half_a_window_or_after_a_jump_of_the_clock() -> None:
    assert slope_of(np.arange(6.0)) is None
    trend = Trend()
    for t in (*range(0, 100, 5), 50):
        trend.update(1.0, t)
    assert trend.slope() is None


def test_nothing_is_said_when_only_the_last_value_is_of_late() -> None:
    """The accelerator was away for forty seconds: of one value there is no slope."""
    trend = Trend()
    for t in (0, 5, 10, 15, 20, 60):
        trend.update(1.0 + t / 100, t)
    assert trend.slope() is None
    trend.update(1.65, 65)
    found = trend.slope()
    assert found is not None
    assert found.lately == pytest.approx(0.01)


def test_noise_is_hardly_ever_a_trend() -> None:
    random = np.random.default_rng(1)
    found = [slope_of(random.normal(0, 1, 13)) for _ in range(400)]
    sure = [slope for slope in found if slope is not None and abs(slope.value) > 1.645 * slope.sigma]
    assert len(found) == 400
    assert len(sure) < 40
