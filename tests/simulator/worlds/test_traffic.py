"""Simulated traffic: the same plan makes the same city, nobody is at two places, and cameras err as they say."""

from __future__ import annotations

import numpy as np
import pytest

from protocol.plates import fold, normalise
from simulator.worlds.registrations import issue, numbers, text
from simulator.worlds.streets import make_streets
from simulator.worlds.traffic import Plan, Traffic, make_traffic

PLAN = Plan(cars=300, clones=6, days=4, seed=9)


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return make_traffic(PLAN)


def test_a_plan_makes_the_same_traffic_every_time_and_another_seed_another(traffic: Traffic) -> None:
    again, other = make_traffic(PLAN), make_traffic(Plan(cars=300, clones=6, days=4, seed=10))
    assert np.array_equal(again.plate, traffic.plate)
    assert np.array_equal(again.at_s, traffic.at_s)
    assert len(other) != len(traffic)


def test_no_car_is_at_two_places(traffic: Traffic) -> None:
    order = np.lexsort((traffic.true_s, traffic.car))
    car, at, xy = traffic.car[order], traffic.true_s[order], traffic.xy[traffic.camera[order]]
    same = np.diff(car) == 0
    far = np.hypot(*np.diff(xy, axis=0).T)[same]
    took = np.diff(at)[same]
    apart = far > 100
    assert apart.sum() > 1000
    assert (far[apart] / took[apart]).max() < 25, "as the crow flies, where 50 km/h are allowed and drivers differ"


def test_cameras_are_wrong_as_often_as_they_say(traffic: Traffic) -> None:
    wrong = traffic.plate != traffic.true_plate
    assert wrong.mean() == pytest.approx((1 - traffic.posterior).mean(), rel=0.15)
    unsure = traffic.posterior < 0.9
    assert wrong[unsure].mean() == pytest.approx((1 - traffic.posterior[unsure]).mean(), rel=0.2)


def test_planted_clones_are_the_only_plates_of_two_cars(traffic: Traffic) -> None:
    cars_of: dict[int, set[int]] = {}
    for plate, car in set(zip(traffic.true_plate.tolist(), traffic.car.tolist(), strict=True)):
        cars_of.setdefault(plate, set()).add(car)
    assert {plate for plate, cars in cars_of.items() if len(cars) > 1} == traffic.cloned
    assert len(traffic.cloned) == PLAN.clones


def test_clocks_are_off_where_boxes_say_so_and_at_a_few_that_do_not(traffic: Traffic) -> None:
    off = np.abs(traffic.at_s - traffic.true_s) > 30
    unset = ~traffic.synchronised[traffic.camera]
    assert off[unset].all()
    unknown = np.unique(traffic.camera[off & ~unset])
    assert 1 <= len(unknown) <= 4


def test_plates_are_spelled_as_the_wire_has_them_and_are_issued_once() -> None:
    made = numbers(issue(5000, 0.2, np.random.default_rng(1)))
    assert len(np.unique(made)) == 5000
    for number in made[:200]:
        plate = text(int(number))
        assert normalise(plate) == plate
        assert fold(plate) == plate, "none that cameras cannot tell apart at all"


def test_every_junction_can_be_reached() -> None:
    streets = make_streets(6, np.random.default_rng(1))
    for start in range(36):
        for end in range(36):
            here, steps = start, 0
            while here != end:
                here, steps = int(streets.after[here, end]), steps + 1
                assert steps <= 36
