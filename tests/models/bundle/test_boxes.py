"""A detector of somebody's own is fed and read as its manifest says, and by nothing else."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from models.bundle.boxes import BoxReader, fed
from models.bundle.bundle import BundleError, load_bundle, zoo
from models.bundle.detections import Window
from protocol.manifest import Input, Manifest, ManifestError, OperatingPoint, Output, check_manifest

WINDOW = Window(0, 0, 100, 100, 100, 100)
BASE = load_bundle(zoo() / "person-vehicle-fast").manifest


def manifest(labels: tuple[str, ...], output: Output, its: Input = BASE.input) -> Manifest:
    point = OperatingPoint({labels[0]: 0.5}, 0.5, "a test")
    return msgspec.structs.replace(BASE, labels=labels, output=output, input=its, operating_points={"default": point})


def scored(**classes: tuple[int, ...]) -> Output:
    return Output("boxes-and-scores", {"scores": "s", "boxes": "b"}, classes)


@pytest.mark.parametrize(
    ("its", "expected"),
    [
        (Input("i", 2, 1), [[[[1, 2, 3], [4, 5, 6]]]]),
        (Input("i", 2, 1, "float32", "NCHW", "BGR"), [[[[3, 6]], [[2, 5]], [[1, 4]]]]),
        (Input("i", 2, 1, "uint8", "NCHW"), [[[[1, 4]], [[2, 5]], [[3, 6]]]]),
        (Input("i", 2, 1, "float32", "NHWC", "RGB", mean=(1, 2, 3), deviation=(1, 2, 4)), [[[[0, 0, 0], [3, 1.5, 0.75]]]]),
        (Input("i", 2, 1, "float32", "NCHW", "BGR", mean=(3, 2, 1), deviation=(1, 1, 3)), [[[[0, 3]], [[0, 3]], [[0, 1]]]]),
    ],
)
def test_the_input_is_what_the_manifest_says(its: Input, expected: list[object]) -> None:
    image = np.array([[[[1, 2, 3], [4, 5, 6]]]], np.uint8)
    values = fed(its, image)
    assert values.tolist() == expected
    assert str(values.dtype) == its.dtype
    assert values.flags.c_contiguous
    assert image.tolist() == [[[[1, 2, 3], [4, 5, 6]]]], "the picture stays as it was"


def test_classes_become_labels_and_no_other_leaves() -> None:
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.9, 0.9]]], np.float32)
    scores = np.array([[[0.1, 0.9, 0.2, 0.3], [0.8, 0.9, 0.1, 0.7]]], np.float32)
    reader = BoxReader(manifest(("person", "vehicle"), scored(person=(2,), vehicle=(0, 3))))
    answers = reader.answers((scores, boxes))
    assert answers[0] == pytest.approx(np.array([[0.2, 0.3], [0.1, 0.8]]))
    found = reader.detections(answers, WINDOW, np.array([0.5, 0.5], np.float32))
    assert found.classes.tolist() == [1]
    assert found.boxes == pytest.approx(np.array([[50.0, 50, 90, 90]]))


@pytest.mark.parametrize(
    ("output", "shapes", "words"),
    [
        (scored(), ((1, 5, 80), (1, 5, 4)), "80 classes, the manifest has 2 labels; say in output.classes"),
        (scored(person=(0,), car=(80,)), ((1, 5, 80), (1, 5, 4)), "80 classes"),
        (scored(), ((1, 5, 2), (1, 7)), "not scores and boxes of the same places"),
        (scored(), ((1, 5, 2), (1, 3, 4)), "not scores and boxes of the same places"),
        (scored(), ((0,), (0, 4)), "not scores and boxes of the same places"),
        (Output("yolox", {"predictions": "p"}), ((1, 9, 85),), "YOLOX answered with the shape"),
    ],
)
def test_what_the_manifest_does_not_promise_is_refused(output: Output, shapes: tuple[tuple[int, ...], ...], words: str) -> None:
    reader = BoxReader(manifest(("person", "car"), output))
    with pytest.raises(BundleError, match=words):
        reader.answers([np.zeros(shape, np.float32) for shape in shapes])


def test_a_model_without_boxes_is_refused() -> None:
    with pytest.raises(BundleError, match="characters gives no boxes"):
        BoxReader(manifest(("person",), Output("characters", {"characters": "c"})))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_what_is_no_number_is_no_detection(value: float) -> None:
    reader = BoxReader(manifest(("person", "car"), scored()))
    boxes = np.array([[0.1, 0.1, 0.2, 0.2], [0.1, value, 0.2, 0.2], [0.5, 0.5, 0.6, 0.6]], np.float32)
    scores = np.array([[0.9, 0], [0.9, 0], [value, 0]], np.float32)
    found = reader.detections(reader.answers((scores, boxes)), WINDOW, np.array([0.5, 2], np.float32))
    assert np.isfinite(found.boxes).all()
    assert np.isfinite(found.scores).all()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (manifest(("person", "car"), scored(person=(0,))), "names each label once.*check car"),
        (manifest(("person",), scored(person=(0,), face=(1,))), "check face"),
        (manifest(("person",), scored(), Input("i", 2, 1, deviation=(255, 255, 255))), "three channels of float32"),
        (manifest(("person",), scored(), Input("i", 2, 1, "float32", colour="GREY", mean=(1, 0, 0))), "three channels"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(changed: Manifest, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        check_manifest(changed)
