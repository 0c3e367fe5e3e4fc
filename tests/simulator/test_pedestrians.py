"""Walks of the pedestrian simulator; where it is not installed, of the sample that it made."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.crowd_dense import reaches
from benchmarks.crowd_walks import LEVELS, SQUARE_M, load
from simulator.worlds.pedestrians import Exit, Walking, bottleneck, square


def test_the_sample_has_as_many_people_as_it_says() -> None:
    for level, walks in load().levels.items():
        for walk in walks:
            assert len(Walking(walk).at(5.0)[0]) == level
    assert set(load().levels) == set(LEVELS)


def test_people_keep_apart_walk_and_stay_on_the_square() -> None:
    walk = load().levels[200][1]
    before, after = (Walking(walk).at(second)[1] for second in (10.0, 11.0))
    off = np.linalg.norm(after[:, None] - after[None], axis=2) + 9 * np.eye(len(after))
    assert np.quantile(off.min(axis=1), 0.01) > 0.2
    speeds = np.linalg.norm(after - before, axis=1)
    assert 0.4 < np.median(speeds) < 1.6
    assert ((after >= 0) & (after <= SQUARE_M)).all()


def test_every_crush_of_the_sample_comes_to_a_critical_density_and_no_everyday_walk_does() -> None:
    sample = load()
    for walks in sample.crushes:
        for walk in walks:
            assert 100 < reaches(walk, 5.0) < walk.steps * walk.step_s
    for walks in sample.everyday:
        for walk in walks:
            assert reaches(walk, 3.5) == walk.steps * walk.step_s


def test_a_square_is_walked_as_often_as_asked_alike() -> None:
    pytest.importorskip("jupedsim")
    assert square(20, (8.0, 8.0), 3.0, 1) == square(20, (8.0, 8.0), 3.0, 1)


def test_more_than_pass_an_exit_gather_before_it() -> None:
    pytest.importorskip("jupedsim")
    walk = bottleneck(Exit(0.8), lambda _: 3.0, 60.0, 1)
    assert len(Walking(walk).at(50.0)[0]) > 40
