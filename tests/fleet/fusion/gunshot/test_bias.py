"""Clock biases learned from shots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fleet.fusion.gunshot.air import Weather
from fleet.fusion.gunshot.bias import MEMORY_S, MOST_NODES, STEADY, Biases
from fleet.fusion.gunshot.locate import learn, locate
from simulator.worlds.gunshots import EPOCH_S, Network, Plan
from tests.fleet.fusion.gunshot.boxes import AT_S, away, hear

PLAN = Plan(clock_s=0.02, steady=0.98, late=0.0, hearers=(7, 9))


def _taught(network: Network, shots: int = 25) -> Biases:
    biases = Biases()
    for hour in range(shots):
        heard = network.shot(EPOCH_S + 3600 * hour).heard
        learn(biases, heard, locate(heard, biases=biases))
    return biases


def test_what_was_learned_makes_the_next_shots_nearer_and_the_ellipse_smaller() -> None:
    network = Network(PLAN, np.random.default_rng(21))
    biases = _taught(network)
    with_it, without, size = [], [], []
    for hour in range(30, 45):
        shot = network.shot(EPOCH_S + 3600 * hour)
        one, other = locate(shot.heard, biases=biases), locate(shot.heard)
        with_it.append(away(one.x, one.y, (shot.x, shot.y)))
        without.append(away(other.x, other.y, (shot.x, shot.y)))
        assert one.covariance is not None
        assert other.covariance is not None
        size.append(float(np.trace(one.covariance) / np.trace(other.covariance)))
    assert np.median(with_it) < 0.6 * np.median(without)
    assert np.median(size) < 0.5


def test_differences_of_biases_come_out_within_their_sigmas() -> None:
    network = Network(PLAN, np.random.default_rng(22))
    biases = _taught(network)
    middle = [f"box-{i:03}" for i in (6, 7, 8, 11, 12, 13, 16, 17, 18)]
    found = np.array([(biases.of(node) or (0.0, 1.0)) for node in middle])
    true = np.array([network._bias[int(node[-3:])] for node in middle])
    off = (found[:, 0] - found[:, 0].mean()) - (true - true.mean())
    assert np.sqrt(np.mean(off**2)) < 0.5 * np.std(true)
    assert np.all(np.abs(off) < 4 * found[:, 1])


def test_what_the_place_explains_as_well_teaches_nothing() -> None:
    """Five boxes, and place and time of the shot unknown: of five variances no more than two can be learned."""
    heard = [replace(d, clock_sigma_s=0.02) for d in hear(20, 10)[:5]]
    biases = Biases()
    assert learn(biases, heard, locate(heard))
    left = sum((biases.of(d.node) or (0, 0))[1] ** 2 for d in heard) / (STEADY * 0.02**2)
    assert 3 <= left < 4


def test_few_boxes_or_two_places_teach_nothing() -> None:
    biases = Biases()
    heard = hear(20, 10)[:4]
    assert not learn(biases, heard, locate(heard))
    line = hear(100, 300, tuple((200.0 * i, 0.0) for i in range(-3, 4)))
    assert not learn(biases, line, locate(line))
    assert len(biases) == 0


def test_a_bias_is_forgotten_in_time() -> None:
    network = Network(PLAN, np.random.default_rng(23))
    biases = _taught(network)
    before = biases.of("box-012")
    heard = hear(20, 10, at_s=AT_S + 20 * MEMORY_S)
    learn(biases, heard, locate(heard))
    after = biases.of("box-012")
    assert before is not None
    assert after is not None
    assert abs(after[0]) < 1e-6
    assert after[1] == pytest.approx(0.02 * np.sqrt(0.95), rel=0.01)


def test_memory_is_bounded() -> None:
    biases = Biases()
    heard = hear(20, 10)
    at = locate(heard)
    biases._covariance = np.zeros((MOST_NODES, MOST_NODES))
    biases._heard_s, biases._first, biases._mean = (np.zeros(MOST_NODES) for _ in range(3))
    biases._index = {f"old-{i}": i for i in range(MOST_NODES)}
    assert learn(biases, heard, at, Weather())
    assert len(biases) == MOST_NODES
    assert biases.of(heard[0].node) is not None
    assert biases.of("old-0") is None


def test_one_box_is_not_asked_twice() -> None:
    one = hear(0, 0)[0]
    with pytest.raises(ValueError, match="one detection"):
        Biases().learn([one, one], np.zeros(2), np.zeros((2, 6)), np.eye(6), np.zeros(2))
