"""Simulated shots: the same seed fires the same, errors are as large as the plan says, and what is told is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from simulator.worlds.gunshots import Air, Network, Onset, Plan, modelled

EXACT = Plan(picker_s=0.0, clock_s=0.0, turbulence=0.0, late=0.0, wind=0.0, celsius_off=0.0)


def picked_s(boxes: np.ndarray, air: Air, plan: Plan, rng: np.random.Generator) -> np.ndarray:
    """Onsets of the error model, seconds after a shot in the middle."""
    return np.array([seconds for seconds, _ in modelled(np.zeros(2), boxes, air, plan, rng)])


def test_a_seed_fires_the_same_shot_every_time_and_another_seed_another() -> None:
    one, again, other = (Network(Plan(), np.random.default_rng(seed)).shot() for seed in (1, 1, 2))
    assert one == again
    assert one.heard != other.heard


def test_sound_takes_as_long_as_air_of_twenty_degrees_and_wind_make_it() -> None:
    rng = np.random.default_rng(3)
    boxes = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    still = picked_s(boxes, Air(20.0), EXACT, rng)
    windy = picked_s(boxes, Air(20.0, east=5.0), EXACT, rng)
    assert still == pytest.approx(1000 / 343.2, rel=1e-3)
    assert 1000 / windy == pytest.approx(1000 / still + (5.0, -5.0), rel=1e-3)


def test_clocks_pickers_and_detours_err_as_much_as_the_plan_says() -> None:
    rng = np.random.default_rng(4)
    boxes = np.tile([[300.0, 0.0]], (4000, 1))
    exact = picked_s(boxes, Air(15.0), EXACT, rng)
    plan = replace(EXACT, picker_s=1e-3)
    assert np.std(picked_s(boxes, Air(15.0), plan, rng) - exact) == pytest.approx(1e-3, rel=0.05)
    assert {sigma for _, sigma in modelled(np.zeros(2), boxes, Air(15.0), plan, rng)} == {1e-3}
    off = picked_s(boxes, Air(15.0), replace(EXACT, late=0.2), rng) - exact
    assert np.mean(off > 1e-3) == pytest.approx(0.2, abs=0.03)
    assert np.median(off[off > 1e-3]) * 340 == pytest.approx(10, rel=0.15)
    assert off.min() > -1e-4, "nothing comes early"


def test_a_steady_clock_is_off_the_same_way_again() -> None:
    network = Network(replace(EXACT, clock_s=0.02, steady=1.0, hearers=(25, 25)), np.random.default_rng(5))
    shots = [network.shot(place=(0.0, 0.0)) for _ in range(2)]
    first, second = ({d.node: d.at_s for d in shot.heard} for shot in shots)
    both = sorted(first.keys() & second.keys())
    assert len(both) > 15
    assert [first[node] for node in both] == pytest.approx([second[node] for node in both], abs=3e-4)


def test_between_four_and_eight_boxes_hear_it_from_where_they_are_told_to_be() -> None:
    network = Network(Plan(position_m=3.0), np.random.default_rng(6))
    for _ in range(20):
        shot = network.shot(volley=(0.0, 0.2))
        assert 4 <= len(shot.heard) <= 8
        for one in shot.heard:
            box = network.boxes[int(one.node[-3:])]
            assert 0 < np.hypot(one.x - box[0], one.y - box[1]) < 20
            assert len(one.onsets_s) == 2


def test_boxes_that_do_not_hear_a_shot_say_nothing_of_it_and_farther_ones_are_asked() -> None:
    asked = 0

    def every_second(
        source: np.ndarray, boxes: np.ndarray, air: Air, plan: Plan, rng: np.random.Generator
    ) -> Iterator[Onset | None]:
        nonlocal asked
        for asked, onset in enumerate(modelled(source, boxes, air, plan, rng), 1):
            yield onset if asked % 2 == 0 else None

    network = Network(replace(EXACT, hearers=(5, 5)), np.random.default_rng(7), every_second)
    shot = network.shot(place=(0.0, 0.0))
    assert len(shot.heard) == 5
    assert asked == 10, "no more than need be"
    times = [one.at_s for one in shot.heard]
    assert times == sorted(times)
    few = Network(replace(EXACT, hearers=(5, 5)), np.random.default_rng(7), lambda *_: iter([None] * 3))
    assert few.shot().heard == []


def test_networks_of_one_seed_hear_the_same_shots_whatever_else_the_plan_says() -> None:
    plain, other = (
        Network(plan, np.random.default_rng(8)).shot() for plan in (Plan(), Plan(clock_s=0.02, steady=0.95, position_m=3.0))
    )
    assert (plain.x, plain.y, plain.air) == (other.x, other.y, other.air)
    assert [one.node for one in plain.heard] == [one.node for one in other.heard]
