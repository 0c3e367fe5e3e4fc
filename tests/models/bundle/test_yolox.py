"""YOLOX's answers are read as its authors meant them, and nothing but the bundle's labels comes out."""

from __future__ import annotations

import re
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from models.bundle.bundle import BundleError
from models.bundle.detections import pairwise_iou
from models.bundle.golden import MEASURES
from models.bundle.yolox import COCO, GREY, SIDE, STRIDES, Yolox, apart, as_input, columns, heads, scale
from models.factory.release import read_recipe
from models.factory.square import CLIP, truth
from models.recipes.yolox_nano import loading
from models.recipes.yolox_nano.loading import network
from protocol.manifest import FORBIDDEN_LABELS
from tests.models.data import needed
from tests.models.weights import spoil

PLACES = [(stride, row, column) for stride in STRIDES for row in range(SIDE // stride) for column in range(SIDE // stride)]


def answer(*rows: tuple[int, tuple[float, float, float, float], float, str, float]) -> np.ndarray:
    """An output in which only these places speak: place; left, top, right, bottom; objectness; class, its score."""
    output = np.zeros((1, len(PLACES), 85), np.float32)
    for place, (left, top, right, bottom), objectness, label, score in rows:
        stride, row, column = PLACES[place]
        centre = (left + right) / 2 / stride - column, (top + bottom) / 2 / stride - row
        size = np.log((right - left) / stride), np.log((bottom - top) / stride)
        output[0, place, :5] = *centre, *size, objectness
        output[0, place, 5 + COCO.index(label)] = score
    return output


def test_coco_has_eighty_classes_in_their_order() -> None:
    assert len(COCO) == len(set(COCO)) == 80
    assert [COCO.index(name) for name in ("person", "car", "bus", "truck", "dog", "suitcase", "toothbrush")] == [
        0, 2, 5, 7, 16, 28, 79
    ]  # fmt: skip


def test_none_of_them_is_forbidden() -> None:
    assert not [n for n in COCO for pattern, _ in FORBIDDEN_LABELS if re.search(rf"(^|-)({pattern})(-|$)", n)]


@pytest.mark.parametrize("place", [0, 51, 52, 2703, 2704, 3379, 3380, 3548])
def test_a_box_of_each_map(place: int) -> None:
    """First and last place of each map and row: 52 x 52, 26 x 26 and 13 x 13 places."""
    box = (100.0, 60.0, 130.0, 150.0)
    scores, boxes = heads(answer((place, box, 0.8, "bus", 0.5)), columns(("person", "bus")))
    assert boxes[place] * SIDE == pytest.approx([60, 100, 150, 130], abs=1e-2), "top, left, bottom, right"
    assert scores[place] == pytest.approx([0, 0.4]), "objectness times class"
    assert np.count_nonzero(scores) == 1


def test_only_the_labels_come_out() -> None:
    rows = [(n, (10.0, 10.0, 50.0, 50.0), 1.0, label, 1.0) for n, label in enumerate(COCO)]
    scores, _ = heads(answer(*rows), columns(("car", "person")))
    assert scores.shape == (len(PLACES), 2)
    assert scores[:80].argmax(axis=0).tolist() == [COCO.index("car"), COCO.index("person")]
    assert scores.sum() == 2, "what else was seen is nowhere"


def test_a_label_that_is_no_class() -> None:
    with pytest.raises(BundleError, match="YOLOX knows the 80 classes of COCO, not face, man; name only those"):
        Yolox(lambda values: values, ("person", "face", "man"))


@pytest.mark.parametrize("shape", [(1, 3549, 84), (1, 3548, 85), (3549, 85), (2, 3549, 85), (0,)])
def test_another_network_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BundleError, match=r"YOLOX answered with the shape .* not \(1, 3549, 85\)"):
        heads(np.zeros(shape, np.float32), columns(("person",)))


def test_several_classes_may_be_one_label_and_a_network_have_its_own() -> None:
    output = answer((5, (10.0, 10.0, 50.0, 50.0), 0.5, "car", 0.8), (9, (10.0, 10.0, 50.0, 50.0), 0.5, "bus", 0.6))[..., :13]
    scores, _ = heads(output, columns(("vehicle", "person"), {"vehicle": (2, 5, 7), "person": (0,)}), count=None)
    assert (scores[5, 0], scores[9, 0]) == pytest.approx((0.4, 0.3))
    assert scores[:, 1].max() == 0
    with pytest.raises(BundleError, match=r"not \(1, 3549, 14\) or wider"):
        heads(output, columns(("vehicle",), {"vehicle": (8,)}), count=None)


def test_the_input_is_blue_first() -> None:
    square = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    square[0, 5, 7] = 10, 20, 30
    values = as_input(square)
    assert (values.shape, str(values.dtype)) == ((1, 3, SIDE, SIDE), "float32")
    assert values[0, :, 5, 7].tolist() == [30, 20, 10]
    assert values.flags.c_contiguous


@pytest.mark.parametrize(("width", "height"), [(416, 312), (208, 400), (768, 576), (1, 1), (37, 999)])
def test_scaling_is_as_in_opencv(width: int, height: int) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (576, 768, 3), np.uint8)
    ours = scale(picture, width, height).astype(int)
    theirs = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR).astype(int)
    assert ours.shape == (height, width, 3)
    assert np.abs(ours - theirs).max() <= 1


def test_looking_gives_pixels_of_the_picture() -> None:
    """A picture twice as large as its place in the square."""
    output = answer(
        (100, (10, 20, 40, 80), 0.9, "person", 0.9),
        (101, (11, 20, 41, 80), 0.9, "person", 0.8),
        (3000, (200, 100, 260, 140), 0.9, "car", 0.9),
        (3001, (200, 100, 260, 140), 0.9, "dog", 1.0),
        (3100, (300, 190, 340, 300), 0.9, "car", 0.5),
        (3200, (10, 250, 60, 300), 0.9, "person", 0.9),
    )
    seen: list[np.ndarray] = []

    def run(values: np.ndarray) -> np.ndarray:
        seen.append(values)
        return output

    picture = np.full((416, 832, 3), 7, np.uint8)
    found = Yolox(run, ("person", "car")).look(picture, np.array([0.3, 0.3], np.float32), 0.6)
    assert found.classes.tolist() == [0, 1, 1]
    assert found.boxes[0] == pytest.approx([20, 40, 80, 160], abs=0.01)
    assert found.boxes[1] == pytest.approx([400, 200, 520, 280], abs=0.01)
    assert found.boxes[2] == pytest.approx([600, 380, 680, 416], abs=0.01), "cut off where the picture ends"
    assert found.scores == pytest.approx([0.81, 0.81, 0.45])
    assert (seen[0][0, :, :208] == 7).all()
    assert (seen[0][0, :, 208:] == GREY).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_number_is_no_detection_outside_of_the_picture(value: float) -> None:
    output = answer(*((n, (10.0, 10.0, 50.0, 50.0), 0.9, "person", 0.9) for n in range(5)))
    for n in range(5):
        output[0, n, n] = value
    found = Yolox(lambda values: output, ("person",)).look(np.zeros((300, 400, 3), np.uint8), np.array([0.3], np.float32), 0.6)
    assert np.isfinite(found.boxes).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [400, 300, 400, 300]).all()


def test_golden_vectors_hold_boxes_and_labels_alone() -> None:
    output = answer((5, (10.0, 10.0, 50.0, 50.0), 0.9, "person", 0.9))
    yolox = Yolox(lambda values: output, ("person", "car"))
    square = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    (predictions,) = yolox.predictions(square)
    assert predictions.shape == (len(PLACES), 6)
    for got, expected in zip(apart(predictions), yolox.raw(square), strict=True):
        assert got.tolist() == expected.tolist()


@pytest.mark.parametrize("part", ["1304", "head.cls_preds.0.weight", "head.reg_preds.2.weight"])
def test_golden_vectors_find_other_weights(tmp_path: Path, part: str) -> None:
    """In the layer where it shows least, and in heads of the finest and the coarsest map."""
    data = needed("peers/yolox_nano.onnx").read_bytes()
    recipe = read_recipe("yolox-nano")
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    vectors = loading.vectors(run := loading.runner(path, tuple(recipe.manifest["labels"])))
    assert MEASURES["yolox"](vectors, run) == 0
    path.write_bytes(spoil(data, part))
    spoilt = loading.runner(path, tuple(recipe.manifest["labels"]))
    assert MEASURES["yolox"](vectors, spoilt) > 10 * recipe.tolerance["fp32"]


def test_it_finds_the_people_on_the_square() -> None:
    """The released network on real frames: at the recipe's threshold, nine of ten people, and little else."""
    yolox = Yolox(network(needed("peers/yolox_nano.onnx")), ("person",))
    real = truth(needed("pets/gt_001_400.txt"))
    people = hits = seen = 0
    with av.open(str(CLIP)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number % 20 == 10 and number <= 400:
                found = yolox.look(np.asarray(frame.to_ndarray(format="rgb24")), np.array([0.64], np.float32), 0.65)
                boxes = np.array(real[number], np.float32)
                people, seen = people + len(boxes), seen + len(found)
                hits += int((pairwise_iou(boxes, found.boxes).max(axis=1, initial=0) >= 0.5).sum())
            if number > 400:
                break
    assert people > 80
    assert hits >= 0.85 * people
    assert hits >= 0.85 * seen
