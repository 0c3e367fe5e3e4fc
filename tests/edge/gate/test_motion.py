"""Where a picture moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edge.gate.motion import MotionWatch
from edge.region import Region

SHAPE = (576, 768)
NOISE = np.random.default_rng(1)


def scene(*boxes: tuple[int, int, int, int], light: int = 100) -> npt.NDArray[np.uint8]:
    """A noisy wall with dark boxes (left, top, width, height)."""
    picture = NOISE.normal(light, 3, (144, 192)).repeat(4, axis=0).repeat(4, axis=1)
    for left, top, width, height in boxes:
        picture[top : top + height, left : left + width] = 40
    return picture.clip(0, 255).astype(np.uint8)


def settled() -> MotionWatch:
    watch = MotionWatch()
    for i in range(20):
        watch.look(scene(), i / 10)
    return watch


def test_the_first_picture_is_all_new() -> None:
    assert MotionWatch().look(scene(), 0.0).everywhere


def test_noise_is_not_motion() -> None:
    watch = settled()
    assert all(watch.look(scene(), 2 + i / 10).spots == () for i in range(20))


@pytest.mark.parametrize("box", [(300, 200, 30, 80), (2, 2, 24, 50), (740, 500, 26, 70)])
def test_a_person_is_found_where_it_is(box: tuple[int, int, int, int]) -> None:
    (spot,) = settled().look(scene(box), 2.0).spots
    left, top, width, height = box
    assert spot.left == pytest.approx(left, abs=10)
    assert spot.top == pytest.approx(top, abs=10)
    assert spot.right == pytest.approx(left + width, abs=10)
    assert spot.bottom == pytest.approx(top + height, abs=10)


def test_two_people_are_two_spots_the_larger_first() -> None:
    spots = settled().look(scene((100, 100, 30, 80), (500, 300, 40, 120)), 2.0).spots
    assert [spot.left > 400 for spot in spots] == [True, False]


def test_who_stands_still_is_noticed_for_a_while_and_then_belongs_to_the_scene() -> None:
    watch = settled()
    found = [bool(watch.look(scene((300, 200, 30, 80)), 2 + i).spots) for i in range(150)]
    assert all(found[:10])
    assert not found[-1]


def test_a_change_of_light_is_learnt_not_chased() -> None:
    watch = settled()
    assert watch.look(scene(light=160), 2.0).everywhere
    after = watch.look(scene(light=160), 2.1)
    assert (after.spots, after.everywhere) == ((), False)


def test_another_size_begins_anew() -> None:
    watch = settled()
    assert watch.look(np.full((120, 160), 80, np.uint8), 2.0).everywhere


def test_spots_are_within_the_picture() -> None:
    watch = MotionWatch()
    watch.look(np.full((241, 321), 80, np.uint8), 0.0)
    picture = np.full((241, 321), 80, np.uint8)
    picture[180:, 250:] = 200
    for spot in watch.look(picture, 0.1).spots:
        assert Region(0, 0, 325, 245).right >= spot.right
        assert spot.bottom <= 245
