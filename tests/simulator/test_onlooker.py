"""A camera over a crowd: where people are in its picture, who hides whom, and what is found of them."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.worlds.onlooker import RECALL, Camera, Onlooker, visible
from simulator.worlds.pedestrians import Path, Walk, Walking

CAMERA = Camera(10.0, 30.0, 1200.0, back=9.0)
SIZE = (1920, 1080)


def test_a_place_under_the_axis_is_in_the_middle_of_the_picture() -> None:
    pixels, depth = CAMERA.project(np.array([(0.0, 10.0 / np.tan(np.radians(30.0)) - 9.0)]))
    assert pixels[0] == pytest.approx((960.0, 540.0))
    assert depth[0] == pytest.approx(20.0)


def test_heads_are_over_feet_and_far_people_are_smaller() -> None:
    boxes = Onlooker(CAMERA, 1, 5.0).boxes(np.arange(2), np.array([(0.0, 2.0), (0.0, 20.0)]))
    tall = boxes[:, 3] - boxes[:, 1]
    assert (tall > 0).all()
    assert tall[0] > 1.5 * tall[1]


def test_who_stands_behind_is_hidden_as_far_as_the_body_before_him_reaches() -> None:
    near, far = (100.0, 100.0, 180.0, 300.0), (100.0, 90.0, 180.0, 290.0)
    beside = (400.0, 90.0, 480.0, 290.0)
    seen = visible(np.array([near, far, beside]), SIZE)
    assert seen[0] == pytest.approx(1.0)
    assert seen[1] == pytest.approx(1 - 0.95 * 0.7, abs=0.06)
    assert seen[2] == pytest.approx(1.0)


def test_people_in_full_view_are_found_as_often_as_on_the_square_and_the_hidden_less() -> None:
    onlooker = Onlooker(CAMERA, 3, 1.0)
    apart = np.array([(x, 8.0) for x in range(-4, 5, 2)], float)
    found = [len(onlooker.look(np.arange(5), apart)) for _ in range(200)]
    assert np.mean(found) == pytest.approx(5 * RECALL + 0.6, rel=0.08)
    behind = np.array([(0.0, 8.0 + 0.5 * i) for i in range(5)])
    assert np.mean([len(onlooker.look(np.arange(5), behind)) for _ in range(100)]) < 4.0


def test_misses_last() -> None:
    onlooker = Onlooker(CAMERA, 4, 10.0)
    seen = [len(onlooker.look(np.arange(1), np.array([(0.0, 8.0)]))) > 0 for _ in range(2000)]
    missed = [i for i, found in enumerate(seen[:-1]) if not found]
    again = np.mean([not seen[i + 1] for i in missed])
    assert again > 3 * (1 - np.mean(seen))


def test_nobody_is_found_where_nobody_is() -> None:
    assert len(Onlooker(CAMERA, 5, 5.0).look(np.zeros(0, np.int64), np.zeros((0, 2)))) == 0


def test_a_walk_is_straight_between_its_steps_and_over_when_it_is() -> None:
    walk = Walking(Walk(2.0, 3, ((0, 0), (9, 0), (9, 9), (0, 9)), (Path(1, (100, 200), (0, -50)),)))
    assert len(walk.at(1.0)[0]) == 0
    ids, places = walk.at(3.0)
    assert ids.tolist() == [0]
    assert places[0] == pytest.approx((2.0, -0.25))
    assert len(walk.at(4.5)[0]) == 0
