"""Photographs of plates: the places of characters move with the picture, crops are shifted as detectors shift them."""

from __future__ import annotations

import numpy as np
import pytest

from models.synthesis.camera import Photograph, photograph
from models.synthesis.plate import Plate, draw_blank, draw_plate

SIZE = (144, 48)


def marked(*boxes: tuple[float, float, float, float]) -> Plate:
    """A white plate of 520 x 110 with a red bar in each box."""
    picture = np.full((110, 520, 3), 235, np.uint8)
    for left, top, right, bottom in np.array(boxes, int):
        picture[top:bottom, left:right] = (220, 10, 10)
    return Plate(picture, "1" * len(boxes), np.array(boxes, np.float32), np.zeros(len(boxes), int), "marked", (235, 235, 235))


def shots(plate: Plate, count: int) -> list[Photograph]:
    return [photograph(plate, np.random.default_rng([7, seed]), SIZE, fonts=False) for seed in range(count)]


def test_a_photograph_is_a_crop() -> None:
    random = np.random.default_rng(1)
    for _ in range(40):
        plate = draw_plate(random, fonts=False)
        photo = photograph(plate, random, SIZE, fonts=False)
        assert photo.picture.shape == (48, 144, 3)
        assert photo.picture.dtype == np.uint8
        assert photo.centres.shape == (len(plate.text), 2)
        assert photo.centres.dtype == photo.widths.dtype == np.float32
        assert (photo.widths > 0.5).all()
        assert 40 <= photo.plate_width <= 230
        inside = (photo.centres >= 0) & (photo.centres <= SIZE)
        assert inside.all()


def test_what_bears_no_number_has_no_places() -> None:
    random = np.random.default_rng(10)
    for _ in range(20):
        plate = draw_blank(random, fonts=False)
        photo = photograph(plate, random, SIZE, fonts=False)
        assert plate.text == ""
        assert plate.row_count == 0
        assert photo.centres.shape == (0, 2)
        assert photo.widths.shape == (0,)


def test_places_move_with_the_picture() -> None:
    """The red bar is where it is said to be: in the middle of its redness, over many photographs."""
    errors = []
    for photo in shots(marked((240, 20, 280, 90)), 80):
        values = photo.picture.astype(float)
        red = (values[..., 0] - values[..., 1:].mean(axis=2)).clip(0)
        x, y = photo.centres[0]
        near = np.s_[max(0, int(y) - 6) : int(y) + 7, max(0, int(x) - 20) : int(x) + 21]
        weight = red[near] - red[near].min()
        if weight.max() < 60:  # without colours, or too dark to judge
            continue
        columns = np.arange(near[1].start, near[1].start + weight.shape[1])
        errors.append(float((weight * columns).sum() / weight.sum() - x))
    assert len(errors) > 30
    assert np.median(np.abs(errors)) < 1.0
    assert np.percentile(np.abs(errors), 90) < 4.0


def test_crops_leave_what_detectors_leave() -> None:
    """Of the crop's width the plate takes from little more than half (a quarter more on either side) to more than all."""
    share = np.array([photo.widths[0] / SIZE[0] for photo in shots(marked((0, 0, 520, 110)), 300)])
    assert share.max() < 1.25
    assert share.min() > 0.5
    assert (share > 0.97).mean() > 0.1
    assert (share < 0.75).mean() > 0.1


def test_no_character_is_cut_off() -> None:
    """Even where the box cuts into the plate, characters keep most of themselves."""
    for photo in shots(marked((2, 20, 40, 90), (480, 20, 518, 90)), 200):
        left, right = photo.centres[:, 0]
        assert left + photo.widths[0] / 2 > 0.6 * photo.widths[0]
        assert right - photo.widths[1] / 2 < SIZE[0] - 0.6 * photo.widths[1]


def test_motion_of_five_pixels_at_eighty_is_among_them() -> None:
    """Upright edges are sometimes smeared over a sixteenth of the plate and more."""
    spread = []
    for photo in shots(marked((0, 0, 260, 110)), 300):
        grey = photo.picture.mean(axis=2)[20:28].mean(axis=0)
        x = photo.centres[0, 0] + photo.widths[0] / 2
        part = grey[max(0, int(x) - 20) : int(x) + 21]
        step = np.abs(np.diff(part))
        if np.ptp(part) > 40:
            spread.append(float((step > 0.15 * step.max()).sum()) / (2 * photo.widths[0]))
    assert np.mean(np.array(spread) > 5 / 80) > 0.08


@pytest.mark.parametrize("size", [(144, 48), (96, 32)])
def test_the_same_state_takes_the_same(size: tuple[int, int]) -> None:
    plate = draw_plate(np.random.default_rng(8), fonts=False)
    one, other = (photograph(plate, np.random.default_rng(9), size, fonts=False) for _ in range(2))
    assert (one.picture == other.picture).all()
    assert (one.centres == other.centres).all()
    assert one.picture.shape == (size[1], size[0], 3)
