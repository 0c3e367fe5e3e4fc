"""Plates from maps: hand-made maps, regions that leave the picture, and plates cut out upright."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.corners import (
    GREY,
    STRETCH,
    STRIDE,
    Plates,
    Region,
    around,
    cut,
    decode,
    deviation,
    distinct,
    rectify,
)

WIDTH, HEIGHT = 352, 256
ROWS, COLUMNS = HEIGHT // STRIDE, WIDTH // STRIDE
INPUT = Region(0, 0, WIDTH, HEIGHT)
QUAD = np.array([[100, 80], [160, 90], [158, 108], [99, 97]], np.float32)


def maps(*plates: tuple[npt.NDArray[np.float32], float]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What a perfect network says: a score in the cell of each plate's middle and a weaker one beside it."""
    scores = np.zeros((1, ROWS, COLUMNS), np.float32)
    offsets = np.zeros((1, 8, ROWS, COLUMNS), np.float32)
    for quad, score in plates:
        across, down = (quad.mean(axis=0) // STRIDE).astype(int)
        for beside, share in ((0, 1.0), (1, 0.9)):
            scores[0, down, across + beside] = score * share
            middle = (np.array([across + beside, down]) + 0.5) * STRIDE
            offsets[0, :, down, across + beside] = np.arcsinh((quad - middle) / STRIDE).ravel()
    return scores, offsets


def test_corners_come_back_as_they_were_put_in() -> None:
    found = decode(*maps((QUAD, 0.9)), INPUT, 0.5)
    assert len(found) == 1
    assert found.scores[0] == pytest.approx(0.9)
    np.testing.assert_allclose(found.corners[0], QUAD, atol=1e-3)


def test_corners_are_those_of_the_picture_not_of_the_region() -> None:
    region = Region(500, 40, WIDTH / 2, HEIGHT * 2)
    found = decode(*maps((QUAD, 0.9)), region, 0.5)
    np.testing.assert_allclose(found.corners[0], QUAD * [0.5, 2] + [500, 40], atol=1e-3)


@pytest.mark.parametrize(
    ("plates", "threshold", "count"),
    [
        ([], 0.5, 0),
        ([(QUAD, 0.4)], 0.5, 0),
        ([(QUAD, 0.9), (QUAD + np.array([0, 60], np.float32), 0.6)], 0.5, 2),
        ([(QUAD, 0.9), (QUAD + np.array([0, 60], np.float32), 0.6)], 0.7, 1),
        ([(QUAD, 0.9), (QUAD + np.array([12, 0], np.float32), 0.8)], 0.5, 1),  # two peaks on one plate
    ],
)
def test_plates_are_counted_once_above_the_threshold(
    plates: list[tuple[npt.NDArray[np.float32], float]], threshold: float, count: int
) -> None:
    found = decode(*maps(*plates), INPUT, threshold)
    assert len(found) == count
    assert list(found.scores) == sorted(found.scores, reverse=True)


def test_a_broken_offset_stays_finite() -> None:
    scores, offsets = maps((QUAD, 0.9))
    offsets[:] = 1e9
    assert np.isfinite(decode(scores, offsets, INPUT, 0.5).corners).all()


@pytest.mark.parametrize(
    ("scores", "offsets"), [((ROWS, COLUMNS), (1, 8, ROWS, COLUMNS)), ((1, ROWS, COLUMNS), (1, 4, ROWS, COLUMNS))]
)
def test_maps_of_another_shape_are_refused(scores: tuple[int, ...], offsets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no maps of plates"):
        decode(np.zeros(scores, np.float32), np.zeros(offsets, np.float32), INPUT, 0.5)


def test_the_same_plate_in_two_regions_is_one() -> None:
    first = Plates(np.array([0.6], np.float32), QUAD[None])
    second = Plates(np.array([0.8], np.float32), (QUAD + np.float32(2))[None])
    joined = distinct([first, second])
    assert list(joined.scores) == pytest.approx([0.8])
    assert len(distinct([])) == 0


@given(
    left=st.floats(-200, 600),
    top=st.floats(-200, 400),
    wide=st.floats(4, 900),
    high=st.floats(4, 900),
)
def test_a_region_holds_its_box_and_is_stretched_by_a_quarter_at_most(
    left: float, top: float, wide: float, high: float
) -> None:
    region = around((left, top, left + wide, top + high), WIDTH, HEIGHT)
    assert region.left <= left
    assert region.left + region.width >= left + wide
    assert region.top <= top
    assert region.top + region.height >= top + high
    assert 1 / STRETCH - 1e-6 <= (WIDTH / region.width) / (HEIGHT / region.height) <= STRETCH + 1e-6
    assert cut(np.zeros((300, 400, 3), np.uint8), region, WIDTH, HEIGHT).shape == (1, HEIGHT, WIDTH, 3)


def test_an_empty_box_is_refused() -> None:
    with pytest.raises(ValueError, match="right and bottom must be larger"):
        around((10, 10, 10, 40), WIDTH, HEIGHT)


def test_what_lies_outside_of_the_picture_is_grey() -> None:
    white = np.full((256, 352, 3), 255, np.uint8)
    made = cut(white, Region(-176, 0, 352, 256), WIDTH, HEIGHT)[0]
    assert (made[:, :175] == GREY).all()
    assert (made[1:-1, 177:-1] == 255).all()
    assert (cut(white, Region(900, 900, 352, 256), WIDTH, HEIGHT) == GREY).all()


@pytest.mark.parametrize("size", [(700, 1000), (180, 240), (2100, 3000)])
def test_a_mark_in_the_picture_is_found_at_its_place_in_the_input(size: tuple[int, int]) -> None:
    unit = size[1] / 100
    picture = np.zeros((*size, 3), np.uint8)
    low, high = np.array([64, 30]) * unit, np.array([68, 33]) * unit
    picture[round(low[1]) : round(high[1]), round(low[0]) : round(high[0])] = 255
    for box in ((50, 20, 80, 45), (60, 28, 103, 36), (0, 0, 100, 70)):
        left, top, right, bottom = (unit * part for part in box)
        region = around((left, top, right, bottom), WIDTH, HEIGHT)
        made = cut(picture, region, WIDTH, HEIGHT)[0, ..., 0].astype(float)
        made = np.maximum(made - 125, 0)  # without the grey of the outside, which is mixed with the black of the picture
        weights = made / made.sum()
        middle = np.array([weights.sum(axis=0) @ (np.arange(WIDTH) + 0.5), weights.sum(axis=1) @ (np.arange(HEIGHT) + 0.5)])
        back = middle * [region.width / WIDTH, region.height / HEIGHT] + [region.left, region.top]
        pixel = max(region.width / WIDTH, 1)
        np.testing.assert_allclose(back, (np.round(low) + np.round(high)) / 2, atol=0.35 * pixel)


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_a_plate_that_is_laid_into_a_picture_comes_back_upright(scale: float) -> None:
    random = np.random.default_rng(4)
    flat = cv2.resize(random.integers(0, 256, (6, 24, 3), dtype=np.uint8), (288, 72), interpolation=cv2.INTER_NEAREST)
    quad = np.array([[60, 70], [190, 50], [196, 92], [64, 116]], np.float32) * np.float32(scale)
    edges = np.array([[0, 0], [288, 0], [288, 72], [0, 72]], np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(edges, quad - np.float32(0.5))
    laid = cv2.warpPerspective(flat, matrix, (round(260 * scale), round(180 * scale)), flags=cv2.INTER_AREA)
    upright = rectify(np.asarray(laid, np.uint8), quad, (288, 72), margin=(0, 0))
    # the middles of the 24 by 6 tiles
    difference = upright[6::12, 6::12].astype(int) - flat[6::12, 6::12].astype(int)
    assert np.abs(difference).mean() < 12
    margin = rectify(np.asarray(laid, np.uint8), quad, (288, 72))
    assert margin.shape == (72, 288, 3)
    assert (margin[:3, :8] < 40).all()  # the margin shows what is around the plate


def test_a_plate_that_reaches_out_of_the_picture_is_still_cut_out() -> None:
    picture = np.full((50, 60, 3), 9, np.uint8)
    assert rectify(picture, np.array([[-30, -10], [30, -10], [30, 10], [-30, 10]], np.float32), (96, 24)).shape == (24, 96, 3)


def test_vectors_of_the_reference_itself_do_not_deviate_and_others_do() -> None:
    scores, offsets = maps((QUAD, 0.9))
    vectors: dict[str, npt.NDArray[Any]] = {
        "inputs": np.zeros((1, HEIGHT, WIDTH, 3), np.uint8),
        "scores": scores[None],
        "corners": offsets[None],
    }
    assert deviation(vectors, lambda _: (scores, offsets)) == 0
    assert deviation(vectors, lambda _: (scores * 0.5, offsets)) > 0.3
    assert deviation(vectors, lambda _: (scores, offsets * 0.5)) > 0.3
    assert deviation(vectors, lambda _: (scores[:, :-1], offsets)) == float("inf")
    assert deviation(vectors, lambda _: (scores * np.float32("nan"), offsets)) == float("inf")
    assert deviation(vectors | {"scores": scores[None] * 0}, lambda _: (scores, offsets)) == float("inf")
