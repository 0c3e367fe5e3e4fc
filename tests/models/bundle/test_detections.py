"""From raw outputs to detections: decoding, suppression, and joining what was seen in parts of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle.detections import Detections, Window, decode, merge, pairwise_iou, suppress

WHOLE = Window(0, 0, 768, 576, 768, 576)
THRESHOLDS = np.array([0.3, 0.6, 2.0], np.float32)
"""The third label is not wanted."""


def detections(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    """Left, top, right, bottom, score, class."""
    if not rows:
        return Detections.none()
    table = np.array(rows, np.float32)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int16))


def rows(found: Detections) -> list[tuple[float, ...]]:
    return [(*b, s, c) for b, s, c in zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)]


def test_decoding() -> None:
    scores = np.array([[0.2, 0.9, 1.0], [0.5, 0.7, 0.0], [0.95, 0.1, 0.0]], np.float32)
    boxes = np.array([[0, 0.25, 0.5, 0.5], [0.5, 0.5, 1, 1], [-0.5, -1, 0.25, 2]], np.float32)
    found = decode(scores, boxes, Window(100, 200, 80, 40, 768, 576), THRESHOLDS)
    assert [tuple(round(value, 4) for value in row) for row in rows(found)] == [
        (100, 200, 180, 210, 0.95, 0),  # clipped to the window
        (120, 200, 140, 220, 0.9, 1),
        (140, 220, 180, 240, 0.7, 1),
        (140, 220, 180, 240, 0.5, 0),
    ]
    assert [str(array.dtype) for array in (found.boxes, found.scores, found.classes)] == ["float32", "float32", "int16"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_left_out(value: float) -> None:
    boxes = np.array([[0.1, 0.1, 0.9, 0.9], [0.1, 0.1, 0.9, 0.9]], np.float32)
    scores = np.array([[value, 0, 0], [0.9, 0, 0]], np.float32)
    assert len(decode(scores, boxes, WHOLE, THRESHOLDS)) == 1
    for corner in range(4):
        broken = boxes.copy()
        broken[0, corner] = value
        found = decode(np.array([[0.8, 0, 0], [0.9, 0, 0]], np.float32), broken, WHOLE, THRESHOLDS)
        assert np.isfinite(found.boxes).all()
        assert found.scores[0] == np.float32(0.9)


@given(
    st.lists(
        st.tuples(*[st.floats(-2, 3, width=32)] * 4, *[st.floats(0, 1, width=32)] * 3),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_comes_out_of_a_model(raw: list[tuple[float, ...]]) -> None:
    table = np.array(raw, np.float32)
    window = Window(64, 32, 256, 128, 768, 576)
    found = decode(table[:, 4:], table[:, :4], window, THRESHOLDS)
    assert (np.diff(found.scores) <= 0).all(), "the best first"
    assert (found.scores >= THRESHOLDS[found.classes]).all()
    assert set(found.classes.tolist()) <= {0, 1}
    assert (found.boxes[:, :2] >= [64, 32]).all()
    assert (found.boxes[:, 2:] <= [64 + 256, 32 + 128]).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()
    height, width = table[:, 2].clip(0, 1) - table[:, 0].clip(0, 1), table[:, 3].clip(0, 1) - table[:, 1].clip(0, 1)
    wanted = (table[:, 4:] >= THRESHOLDS) & ((height > 1e-4) & (width > 1e-4))[:, None]
    assert len(found) >= wanted.sum(), "and none is lost"


PLACES = st.tuples(
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(1, 80),
    st.integers(1, 80),
    st.floats(0, 1, width=32),
    st.integers(0, 1),
)
CROWDS = st.lists(PLACES, max_size=25).map(
    lambda places: detections(*((x, y, x + w, y + h, score, kind) for x, y, w, h, score, kind in places))
)


@given(CROWDS, st.floats(0.1, 0.9))
def test_suppression(crowd: Detections, iou: float) -> None:
    left = suppress(crowd, iou)
    kept, gone = rows(left), [row for row in rows(crowd) if row not in rows(left)]
    assert set(kept) <= set(rows(crowd))
    overlap = pairwise_iou(left.boxes, left.boxes) * (left.classes[:, None] == left.classes[None, :])
    np.fill_diagonal(overlap, 0)
    assert (overlap <= iou).all(), "nobody is there twice"
    for row in gone:
        better = left.select((left.classes == row[5]) & (left.scores >= np.float32(row[4])))
        assert (pairwise_iou(np.array([row[:4]], np.float32), better.boxes) > iou).any(), "who went was somebody better"
    assert rows(suppress(left, iou)) == kept


def test_suppression_keeps_the_best_of_so_many() -> None:
    crowd = detections(*((50 * i, 0, 50 * i + 10, 10, 0.5 + i / 100, 0) for i in range(10)))
    assert suppress(crowd, 0.5, limit=3).scores.tolist() == pytest.approx([0.59, 0.58, 0.57])


def test_a_person_and_a_bicycle_may_be_in_one_place() -> None:
    crowd = detections((0, 0, 10, 10, 0.9, 0), (0, 0, 10, 10, 0.8, 1), (0, 0, 10, 10, 0.7, 0))
    left = suppress(crowd, 0.5)
    assert left.scores.tolist() == pytest.approx([0.9, 0.8])
    assert left.classes.tolist() == [0, 1]


LEFT = Window(0, 100, 256, 256, 768, 576)
RIGHT = Window(200, 100, 256, 256, 768, 576)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        pytest.param((210, 150, 240, 230, 0.8, 0), (211, 150, 241, 230, 0.9, 0), [0.9], id="whole in both"),
        pytest.param((230, 150, 256, 230, 0.95, 0), (231, 150, 270, 230, 0.6, 0), [0.6], id="cut by one, whole in the other"),
        pytest.param((190, 150, 230, 230, 0.6, 0), (200, 150, 230, 230, 0.95, 0), [0.6], id="cut by the other"),
        pytest.param((230, 150, 256, 230, 0.95, 0), (240, 300, 280, 350, 0.6, 0), [0.95, 0.6], id="cut, but somebody else"),
        pytest.param((230, 150, 256, 230, 0.95, 0), (231, 150, 270, 230, 0.6, 1), [0.95, 0.6], id="cut, but something else"),
        pytest.param(
            (0, 150, 20, 230, 0.9, 0), (300, 150, 330, 230, 0.8, 0), [0.9, 0.8], id="the picture's own edge cuts nobody"
        ),
        pytest.param((210, 100, 240, 160, 0.9, 0), (211, 101, 241, 162, 0.8, 0), [0.9], id="cut in both: the better stays"),
    ],
)
def test_two_windows(
    left: tuple[float, float, float, float, float, int],
    right: tuple[float, float, float, float, float, int],
    expected: list[float],
) -> None:
    found = merge([(LEFT, detections(left)), (RIGHT, detections(right))], 0.55)
    assert sorted(found.scores.tolist(), reverse=True) == pytest.approx(expected)
    again = merge([(RIGHT, detections(right)), (LEFT, detections(left))], 0.55)
    assert sorted(rows(again)) == sorted(rows(found)), "in whichever order they were looked at"


def test_nothing_seen() -> None:
    assert len(merge([(LEFT, Detections.none()), (RIGHT, Detections.none())], 0.5)) == 0
    assert len(merge([(WHOLE, Detections.none())], 0.5)) == 0
    assert len(merge([], 0.5)) == 0


@given(CROWDS, CROWDS)
def test_joining_invents_nobody_and_leaves_nobody_twice(one: Detections, other: Detections) -> None:
    found = merge([(LEFT, one), (RIGHT, other)], 0.5)
    assert set(rows(found)) <= set(rows(one)) | set(rows(other))
    overlap = pairwise_iou(found.boxes, found.boxes) * (found.classes[:, None] == found.classes[None, :])
    np.fill_diagonal(overlap, 0)
    assert (overlap <= 0.5).all()
    assert rows(merge([(WHOLE, one)], 0.5)) == rows(suppress(one, 0.5)), "one window has nothing to join"


@given(CROWDS)
def test_overlap_is_symmetric_and_of_oneself_whole(crowd: Detections) -> None:
    overlap = pairwise_iou(crowd.boxes, crowd.boxes)
    assert ((overlap >= 0) & (overlap <= 1)).all()
    assert overlap.T.tolist() == overlap.tolist()
    assert np.diag(overlap).tolist() == [1.0] * len(crowd)


def test_overlap_by_hand() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[5, 0, 15, 10], [0, 0, 10, 5], [10, 10, 20, 20], [20, 20, 30, 30]], np.float32)
    assert pairwise_iou(a, b)[0].tolist() == pytest.approx([1 / 3, 1 / 2, 0, 0])
    assert pairwise_iou(a, np.zeros((0, 4), np.float32)).shape == (1, 0)
