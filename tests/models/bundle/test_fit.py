"""A part of a picture keeps its place in the model's input, however it is fitted in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.detections import Window
from models.bundle.fit import CENTRED, LETTERBOX, STRETCH, placed_in

GREY = 114
SIDES = st.integers(1, 3000)


@given(SIDES, SIDES, st.sampled_from([STRETCH, LETTERBOX, CENTRED]), st.integers(0, 500), st.integers(0, 500))
def test_the_lens_says_what_the_input_shows(width: int, height: int, fit: str, left: int, top: int) -> None:
    size = (416, 288)
    placed = placed_in(width, height, size, fit)
    window = Window(left, top, width, height, 4000, 4000)
    lens = placed.lens(window)
    image = placed.frame(np.zeros((placed.height, placed.width, 3), np.uint8), GREY)
    assert image.shape == (1, 288, 416, 3)
    rows, columns = np.nonzero(image[0, :, :, 0] == 0)
    edges = np.array([columns.min() / 416, rows.min() / 288, (columns.max() + 1) / 416, (rows.max() + 1) / 288])
    found = edges * [lens.width, lens.height, lens.width, lens.height] + [lens.left, lens.top, lens.left, lens.top]
    assert found == pytest.approx([left, top, left + width, top + height], rel=1e-6, abs=1e-6)
    assert (placed.width, placed.height) == size or max(placed.width / 416, placed.height / 288) > 0.995
    assert lens == window or not placed.whole


def test_a_letterbox_keeps_the_shape_in_the_corner_or_in_the_middle() -> None:
    corner, middle = (placed_in(768, 576, (416, 416), fit) for fit in (LETTERBOX, CENTRED))
    assert (corner.left, corner.top, corner.width, corner.height) == (0, 0, 416, 312)
    assert (middle.left, middle.top, middle.width, middle.height) == (0, 52, 416, 312)
