"""The town and its people: the same for the same seed, and true to their own rules."""

from __future__ import annotations

import json
import statistics

import pytest

from fleet.control_room.plan import KINDS, read_plan
from simulator.devices.error_model import ErrorModel, Eye, estimate_crossings, estimate_people
from simulator.worlds.city import make_city
from simulator.worlds.crowds import Occasion, Rhythm, ZoneCrowd
from simulator.worlds.ground import along, distance
from simulator.worlds.sites import camera_sites, ear_sites, gate_site, make_sites


def test_a_seed_makes_one_town_and_another_seed_another() -> None:
    assert make_city(3).geojson() == make_city(3).geojson()
    assert make_city(3).geojson() != make_city(4).geojson()


@pytest.mark.parametrize("seed", range(5))
def test_the_control_room_takes_the_plan(seed: int, tmp_path: object) -> None:
    plan = make_city(seed).geojson()
    assert {feature["properties"]["kind"] for feature in plan["features"]} <= KINDS
    file = tmp_path / "plan.geojson"  # type: ignore[operator]
    file.write_text(json.dumps(plan))
    assert json.loads(read_plan(file)) == plan


def test_thirty_boxes_three_cameras_and_six_microphones_have_names_of_their_own_and_stand_in_town() -> None:
    city = make_city(1)
    sites = [*make_sites(city), *camera_sites(city), gate_site(city), *ear_sites(city)]
    assert len({site.device for site in sites}) == len(sites) == 39
    for site in sites:
        for t in (0.0, 100.0, 5000.0):
            where = site.where(city.origin, t)
            assert abs(where.lat - city.origin.lat) < 0.01
            assert abs(where.lon - city.origin.lon) < 0.015


def test_a_vehicle_drives_at_its_speed_and_turns_at_the_ends() -> None:
    line = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0))
    assert along(line, 0) == (0.0, 0.0)
    assert along(line, 12) == (10.0, 2.0)
    assert along(line, 18) == along(line, 12), "15 m long: 3 m back from the end"
    for metres in range(200):
        assert distance(along(line, metres), along(line, metres + 1)) <= 1.0 + 1e-9


def test_nobody_appears_but_over_the_line() -> None:
    crowd = ZoneCrowd(1, "zone", 20.0, Rhythm(), dwell_s=10.0)
    first = crowd.now.people
    for truth in crowd.advance(2000):
        assert truth.people == first + truth.forward - truth.backward
        assert truth.people >= 0


def test_a_crowd_is_the_same_however_it_is_stepped() -> None:
    at_once = ZoneCrowd(5, "zone", 8.0, Rhythm()).advance(300)
    slowly = ZoneCrowd(5, "zone", 8.0, Rhythm())
    assert [truth for second in range(1, 301) for truth in slowly.advance(second)] == at_once


def test_an_occasion_draws_as_many_as_it_says() -> None:
    occasion = Occasion(begins_s=100, rises_s=20, lasts_s=1000, falls_s=20, people=40)
    still = Rhythm(starts_at_s=0.0, speed=1e-6)
    crowd = ZoneCrowd(2, "zone", 1.0, still, (occasion,), dwell_s=5.0)
    people = [truth.people for truth in crowd.advance(1120)]
    assert 37 < statistics.mean(people[200:1100]) < 43
    assert statistics.mean(people[:100]) < 2
    assert [occasion.at(t) for t in (99, 110, 500, 1130, 1141)] == [0.0, 20.0, 40.0, 20.0, 0.0]


@pytest.mark.parametrize("people", [0, 3, 12, 40])
def test_the_interval_covers_the_truth_as_often_as_it_says_and_the_mean_is_right(people: int) -> None:
    import random

    model = ErrorModel()
    eye = Eye(model, random.Random(people))
    estimates = [estimate_people(eye.window([people] * 5), model) for _ in range(1500)]
    covered = statistics.mean(e.low <= people <= e.high for e in estimates)
    assert covered >= 0.87, covered
    bias = statistics.mean(e.value for e in estimates) - people
    assert abs(bias) < 0.15 + 0.02 * people, bias


def test_crossings_are_covered_too() -> None:
    import random

    model = ErrorModel()
    eye = Eye(model, random.Random(1))
    estimates = [estimate_crossings(eye.crossings(10, 30), 30, model) for _ in range(1500)]
    assert statistics.mean(e.low <= 10 <= e.high for e in estimates) >= 0.87
