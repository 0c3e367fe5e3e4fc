"""What a pose model's output becomes: people in pixels of the picture, and nothing that is no number."""

from __future__ import annotations

import numpy as np
import pytest

from models.bundle.detections import Window
from models.bundle.keypoints import KEYPOINTS, LEAST_INSTANCE, Poses, decode, window_of

WINDOW = Window(100, 50, 200, 100, 768, 576)
PICTURE = (768, 576)


def single(score: float = 0.9) -> np.ndarray:
    """Keypoint number i at a hundredth of i below and two hundredths right of a tenth."""
    steps = np.arange(len(KEYPOINTS)) / 100
    return np.stack([0.1 + steps, 0.1 + 2 * steps, np.full_like(steps, score)], axis=1).astype(np.float32)


def several(*scores: float) -> np.ndarray:
    rows = [np.concatenate([single().ravel(), [0.1, 0.2, 0.5, 0.6, score]]) for score in scores]
    return np.array(rows, np.float32)


def test_there_are_seventeen_of_coco_each_side_once() -> None:
    assert len(KEYPOINTS) == len(set(KEYPOINTS)) == 17
    assert KEYPOINTS[0] == "nose"
    lefts = [name.removeprefix("left-") for name in KEYPOINTS if name.startswith("left-")]
    assert lefts == [name.removeprefix("right-") for name in KEYPOINTS if name.startswith("right-")]


@pytest.mark.parametrize("leading", [(), (1,), (1, 1)])
def test_one_person_in_pixels(leading: tuple[int, ...]) -> None:
    poses = decode(single().reshape(*leading, 17, 3), WINDOW)
    assert len(poses) == 1
    assert poses.keypoints.dtype == poses.boxes.dtype == poses.scores.dtype == np.float32
    np.testing.assert_allclose(poses.keypoints[0, 0], [120, 60, 0.9], rtol=1e-5)
    np.testing.assert_allclose(poses.keypoints[0, 16], [184, 76, 0.9], rtol=1e-5)
    np.testing.assert_allclose(poses.boxes[0], [120, 60, 184, 76], rtol=1e-5)
    np.testing.assert_allclose(poses.scores, [0.9], rtol=1e-5)


def test_several_people_best_first() -> None:
    poses = decode(several(0.4, 0.8, LEAST_INSTANCE - 0.01, 0.0)[None], WINDOW)
    np.testing.assert_allclose(poses.scores, [0.8, 0.4])
    np.testing.assert_allclose(poses.boxes[0], [140, 60, 220, 100], rtol=1e-5)
    np.testing.assert_allclose(poses.keypoints[1, 0], [120, 60, 0.9], rtol=1e-5)


def test_the_box_of_one_person_is_around_what_is_seen() -> None:
    output = single()
    output[3:, 2] = 0.1
    np.testing.assert_allclose(decode(output, WINDOW).boxes[0], [120, 60, 128, 62], rtol=1e-5)


@pytest.mark.parametrize("seen", [0, 1])
def test_too_little_seen_is_nobody(seen: int) -> None:
    output = single(0.1)
    output[:seen, 2] = 0.9
    assert len(decode(output, WINDOW)) == 0


@pytest.mark.parametrize("place", [0, 1, 2, 51, 55])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_left_out(place: int, value: float) -> None:
    output = several(0.9, 0.8)
    output[0, place] = value
    poses = decode(output, WINDOW)
    np.testing.assert_allclose(poses.scores, [0.8])
    if place < 51:
        one = single()
        one.flat[place] = value
        assert len(decode(one, WINDOW)) == 0


@pytest.mark.parametrize("shape", [(17, 2), (16, 3), (6, 55), (51,), (2, 3)])
def test_another_output_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"is \(17, 3\) or \(n, 56\), not .*another model"):
        decode(np.zeros(shape, np.float32), WINDOW)


def test_nobody_and_everybody() -> None:
    two = decode(several(0.9, 0.8), WINDOW)
    assert [len(poses) for poses in (Poses.none(), Poses.join([]))] == [0, 0]
    assert len(Poses.join([two, Poses.none(), two])) == 4
    np.testing.assert_allclose(two.select(np.array([False, True])).scores, [0.8])


@pytest.mark.parametrize(
    ("box", "window"),
    [
        pytest.param((300, 200, 340, 300), (258, 188, 125, 125), id="a square a quarter larger than the person"),
        pytest.param((0, 0, 40, 80), (0, 0, 100, 100), id="moved in at the top left"),
        pytest.param((728, 496, 768, 576), (668, 476, 100, 100), id="moved in at the bottom right"),
        pytest.param((100, 100, 104, 108), (86, 88, 32, 32), id="no smaller than it can tell"),
        pytest.param((0, 0, 768, 576), (0, 0, 768, 576), id="all of it, and no more"),
    ],
)
def test_where_it_looks(box: tuple[float, ...], window: tuple[float, ...]) -> None:
    found = window_of(box, *PICTURE)
    assert (found.left, found.top, found.width, found.height) == window
    assert (found.picture_width, found.picture_height) == PICTURE
