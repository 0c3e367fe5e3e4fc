"""The bench of dense crowds in its short form, and its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.crowd_dense import HOURS, run
from benchmarks.crowd_everyday import SHARES, Hour, Kind, alarms, draw, measured
from benchmarks.figure import Options
from edge.analytics.crowd.crush import STATE_S, walking_speed
from protocol.config import DensityAlarm


def test_the_short_form_prints_every_figure_without_a_target() -> None:
    figures = {figure.name: figure for figure in run(Options(Path(), quick=True))}
    assert {
        "density_error_10",
        "density_error_25",
        "alarm_lead_s",
        "false_alarms_per_hour",
        "density_coverage",
    } <= figures.keys()
    assert all(figure.target is None for figure in figures.values())
    assert figures["density_error_25"].value < 0.25
    assert figures["false_alarms_per_hour"].high is not None


def test_hours_are_enough_to_tell_five_in_a_thousand_from_none() -> None:
    """None in so many hours leaves at most 0.005 an hour at 95%."""
    assert 3.69 / HOURS < 0.005
    assert sum(SHARES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(12))
def test_an_everyday_hour_is_no_crush(seed: int) -> None:
    hour = draw(np.random.default_rng(seed))
    assert len(hour.density) == len(hour.speed) == 3600 / STATE_S
    assert (hour.density >= 0).all()
    assert hour.density.max() < 5.5


def test_what_is_measured_of_an_hour_is_near_what_is_true_where_people_are_few() -> None:
    hour = Hour(Kind.STREET, np.full(720, 0.5), np.full(720, 1.2))
    states = measured(hour, np.random.default_rng(1))
    assert np.mean([state.density for state in states]) == pytest.approx(0.5, rel=0.15)
    assert np.std([state.density for state in states]) > 0.02


def test_the_rule_would_find_a_crush_at_this_depth_too() -> None:
    t = np.arange(0, 3600, STATE_S)
    density = np.clip((t - 1200) / 30, 0.3, 6.0)
    hour = Hour(Kind.STREET, density, 0.3 * np.array([walking_speed(float(d)) for d in density]))
    found = [alarms(measured(hour, np.random.default_rng(seed)), DensityAlarm()) for seed in range(20)]
    assert sum(count > 0 for count in found) >= 12
