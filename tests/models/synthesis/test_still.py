"""One picture out of a stream: as large as it was, where it was, worse by what the codec took, and the same in every run."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.synthesis.camera import FILMED_FROM, photograph
from models.synthesis.plate import draw_plate
from models.synthesis.still import still


def stripes(height: int = 37, width: int = 121) -> np.ndarray:
    picture = np.full((height, width, 3), 200, np.float32)
    picture[:, ::12] = picture[:, 1::12] = 20
    return picture


@pytest.mark.parametrize("size", [(6, 8), (37, 121), (64, 256)])
def test_it_is_as_large_and_the_same_in_every_run(size: tuple[int, int]) -> None:
    picture = stripes(*size)
    one, other = (still(picture, np.random.default_rng(4)) for _ in range(2))
    assert one.shape == picture.shape
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)


def test_what_was_seen_stays_where_it_was() -> None:
    """However the plate moved before: the last picture is the one that is kept, and its blocks are cut off again."""
    picture = stripes()
    for seed in range(20):
        taken = still(picture, np.random.default_rng(seed)).astype(np.float32)
        shifts = [cv2.phaseCorrelate(picture[..., 1], taken[..., 1])[0]]
        assert np.abs(shifts).max() < 1.5
        assert 1 < np.abs(taken - picture).mean() < 60, "the codec takes something, and not everything"


def test_photographs_are_filmed_only_when_it_is_asked() -> None:
    plate = draw_plate(np.random.default_rng(1), fonts=False)

    def widths(filmed: float) -> list[float]:
        shots = (photograph(plate, np.random.default_rng([3, n]), (144, 48), fonts=False, filmed=filmed) for n in range(60))
        return [photo.plate_width for photo in shots]

    assert min(widths(0.0)) >= 48 > min(widths(1.0)) >= FILMED_FROM
