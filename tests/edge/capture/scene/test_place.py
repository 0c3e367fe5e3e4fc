"""A camera that was turned, pushed or zoomed, and a square full of people that was not."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.capture.faults import FaultCode
from edge.capture.port import Plane
from edge.capture.scene.kept import read_landmarks
from edge.capture.scene.place import BACK_S, LOOK_EVERY_S, LOST_S, MOVED_S
from edge.capture.scene.post import Post
from edge.capture.scene.watch import SceneWatch
from tests.edge.capture.scene.square import (
    ALL,
    HELD_OUT,
    TUNED,
    Change,
    as_it_is,
    exposed,
    noisy,
    pictures,
    played,
    raised_and_cleared,
)

SETTLING_S = 2 * LOOK_EVERY_S + 1.0
"""The mean of a second has become another picture, and a look is due."""


def moved(degrees: float = 0.0, scale: float = 1.0, right: float = 0.0, down: float = 0.0) -> Change:
    """Rolled, zoomed, and pushed by parts of the width."""

    def change(luma: Plane, _: int) -> Plane:
        height, width = luma.shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
        matrix[:, 2] += np.array([right, down]) * width
        return np.asarray(cv2.warpAffine(luma, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8)

    return change


def both(first: Change, second: Change) -> Change:
    return lambda luma, number: second(first(luma, number), number)


def elsewhere(luma: Plane, _: int) -> Plane:
    """Another street: the square mirrored, people and all."""
    return np.asarray(luma[:, ::-1])


def lorry(luma: Plane, _: int) -> Plane:
    """Stands before 60% of the view, written all over."""
    parked = luma.copy()
    writing = np.random.default_rng(5).integers(40, 220, (36, 29), np.uint8)
    parked[:, :230] = cv2.resize(writing, (230, 288), interpolation=cv2.INTER_NEAREST)
    return parked


def crowd(luma: Plane, number: int) -> Plane:
    """Thirty people more, pasted from other moments of the clip, who walk all over the square together."""
    other, full = pictures()[(number * 7) % len(pictures())], luma.copy()
    for i in range(30):
        x, y = (37 * i + 3 * number) % 350, (23 * i) % 230
        full[y : y + 50, x : x + 25] = other[120:170, (31 * i) % 350 : (31 * i) % 350 + 25]
    return full


@functools.cache
def people() -> list[tuple[Plane, tuple[float, float], tuple[float, float]]]:
    """Clothes, place and way of each of six hundred."""
    rng = np.random.default_rng(5)
    clothes = [cv2.resize(rng.integers(20, 230, (4, 2)).astype(np.uint8), (14, 34)) for _ in range(600)]
    places, ways = rng.uniform((0, 0), (384, 288), (600, 2)), rng.normal(0, 1.0, (600, 2))
    return [(np.asarray(one), *pair) for one, *pair in zip(clothes, places.tolist(), ways.tolist(), strict=True)]


def multitude(luma: Plane, number: int) -> Plane:
    """So many people that nine tenths of the ground are hidden, who shuffle this way and that: no landmark is in view."""
    full = luma.copy()
    height, width = full.shape
    for clothes, place, way in people():
        x, y = int(place[0] + number * way[0]) % width, int(place[1] + number * way[1]) % height
        full[y : y + 34, x : x + 14] = clothes[: height - y, : width - x]
    return full


@pytest.mark.parametrize(
    "change",
    [
        moved(right=0.05),
        moved(right=0.02, down=0.005),
        moved(degrees=3),
        moved(degrees=-2),
        moved(scale=1.1),
        moved(right=-0.15, down=0.1),
        moved(degrees=90),
        both(moved(right=0.05), noisy(8)),
        both(moved(degrees=3), exposed(0.5)),
        both(moved(right=0.05), crowd),
    ],
    ids=["5%", "2%", "3 degrees", "-2 degrees", "zoom", "far", "hung on its side", "noise", "dusk", "crowd"],
)
def test_it_is_named_in_time_alone_and_taken_back(change: Change) -> None:
    moved_s, back_s = raised_and_cleared(FaultCode.MOVED, change)
    assert MOVED_S <= moved_s <= MOVED_S + SETTLING_S
    assert BACK_S <= back_s <= BACK_S + SETTLING_S


@pytest.mark.parametrize("change", [crowd, multitude, lorry, moved(right=0.004)], ids=["crowd", "multitude", "lorry", "wind"])
def test_what_hides_landmarks_or_shakes_them_is_no_move(change: Change) -> None:
    looks = played(SceneWatch(), [(HELD_OUT, as_it_is), (ALL, change), (TUNED, change)])
    assert not any(FaultCode.MOVED in codes for _, codes in looks)


def test_where_nothing_is_known_any_more_it_is_told_later() -> None:
    looks = list(played(SceneWatch(), [(HELD_OUT, as_it_is), (ALL, elsewhere), (HELD_OUT, as_it_is)]))
    begun_s = looks[len(pictures()[HELD_OUT])][0]
    told_s = next(at_s for at_s, codes in looks if FaultCode.MOVED in codes) - begun_s
    assert LOST_S <= told_s <= LOST_S + SETTLING_S
    assert FaultCode.MOVED not in looks[-1][1]


def test_who_pushes_it_while_the_lens_is_cleaned_has_not_moved_it() -> None:
    looks = played(SceneWatch(), [(HELD_OUT, as_it_is), (slice(0, 16), moved(right=0.05)), (HELD_OUT, as_it_is)])
    assert not any(codes for _, codes in looks)


def test_where_it_has_moved_nothing_is_learnt() -> None:
    """However long it looks elsewhere, that is not where it should look."""
    watch = SceneWatch()
    looks = list(played(watch, [(HELD_OUT, as_it_is), *[(ALL, moved(right=0.05))] * 3]))
    assert looks[-1][1] == {FaultCode.MOVED}


def test_it_says_by_how_much() -> None:
    watch = SceneWatch()
    list(played(watch, [(HELD_OUT, as_it_is), (slice(0, 40), moved(right=0.05))]))
    (fault,) = watch.faults
    told = re.fullmatch(
        r"moved by (.+)% of its width, (.+) degrees, zoom (.+); turn it back or calibrate anew: .+ told", fault.detail
    )
    assert told
    assert [float(number) for number in told.groups()] == pytest.approx([5.0, 0.0, 1.0], abs=0.2)


def test_a_box_knows_that_it_was_turned_while_it_was_off_and_by_which_calibration(tmp_path: Path) -> None:
    kept = Post(str(tmp_path / "landmarks" / "gate"), "a")
    list(played(SceneWatch(kept), [(HELD_OUT, as_it_is)]))
    turned = list(played(SceneWatch(kept), [(slice(0, 40), moved(degrees=3))]))
    assert next(codes for at_s, codes in turned if at_s > MOVED_S + SETTLING_S) == {FaultCode.MOVED}
    again = list(played(SceneWatch(kept), [(slice(0, 40), moved(degrees=3))]))
    assert all(codes == {FaultCode.MOVED} for _, codes in again)  # from the first picture on
    back = list(played(SceneWatch(kept), [(HELD_OUT, as_it_is)]))
    assert [back[0][1], back[-1][1]] == [{FaultCode.MOVED}, set()]
    anew = list(played(SceneWatch(Post(kept.path, "b")), [(HELD_OUT, moved(degrees=3))]))
    assert not any(codes for _, codes in anew)


def test_another_calibration_makes_the_view_the_one_that_should_be(tmp_path: Path) -> None:
    watch = SceneWatch(Post(str(tmp_path / "gate"), "a"))
    list(played(watch, [(HELD_OUT, as_it_is), (slice(0, 40), moved(right=0.05))]))
    assert watch.faults
    watch.set_post(Post(str(tmp_path / "gate"), "b"))
    looks = list(played(watch, [(HELD_OUT, moved(right=0.05))]))
    assert not any(codes for _, codes in looks)
    assert read_landmarks(Post(str(tmp_path / "gate"), "b"), 192, 144) is not None


def test_a_view_without_corners_is_not_judged() -> None:
    watch = SceneWatch()
    noise = np.random.default_rng(1)
    for i in range(200):
        watch.look(noise.normal(100, 2, (144, 192)).astype(np.uint8), i / 2)
    assert watch.faults == ()
