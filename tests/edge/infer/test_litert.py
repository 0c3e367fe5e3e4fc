"""LiteRT as an accelerator against outputs of others, and the Edge TPU up to its door."""

from __future__ import annotations

import csv
import ctypes.util

import cv2
import numpy as np
import pytest

from edge.infer import accelerator
from edge.infer.accelerator import AcceleratorError
from edge.infer.edgetpu import Door, EdgeTpu, EdgeTpuError
from edge.infer.litert_cpu import LiteRtCpu
from models.bundle.litert import installed
from tests.models.data import needed

litert = pytest.mark.skipif(not installed(), reason="ai-edge-litert is not installed: pip install ai-edge-litert")
MOVENET = "pose/movenet_single_pose_lightning_ptq"
SIDE = 192
ENTRY = "edge.infer.edgetpu:EdgeTpu"


@litert
def test_keypoints_are_where_the_reference_has_them() -> None:
    """Its scores are in steps of a twentieth and differ between kernels of one library; places do not."""
    network = LiteRtCpu().load(needed(f"{MOVENET}.tflite").read_bytes(), "movenet.tflite")
    assert network.outputs == ("output_0",)
    with needed(f"{MOVENET}_reference.csv").open(newline="") as file:
        rows = [(float(row["keypoint_y"]), float(row["keypoint_x"])) for row in csv.DictReader(file)]
    picture = cv2.imread(str(needed("pose/squat.bmp")))
    assert picture is not None
    image = np.ascontiguousarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[None, :, :, ::-1])

    def away(image: np.ndarray) -> np.ndarray:
        (found,) = network.run(image)
        assert (found.shape, str(found.dtype)) == ((1, 1, 17, 3), "float32")
        pixels: np.ndarray = np.hypot(*(SIDE * (found.reshape(17, 3)[:, :2] - np.array(rows))).T)
        return pixels

    assert away(image).mean() < 3
    assert away(image).max() < 8
    assert away(np.ascontiguousarray(image[:, :, ::-1])).mean() > 20, "in the mirror he squats elsewhere"


@litert
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a model that LiteRT can load.*install"),
        (b"TFL3" * 100, "not a model that LiteRT can load.*install"),
        (f"{MOVENET}_edgetpu.tflite", "edgetpu-custom-op"),
    ],
)
def test_what_is_no_model_for_it_is_refused_by_name(data: bytes | str, words: str) -> None:
    model = needed(data).read_bytes() if isinstance(data, str) else data
    with pytest.raises(AcceleratorError, match=rf"x\.tflite: .*{words}"):
        LiteRtCpu().load(model, "x.tflite")


@litert
@pytest.mark.parametrize("image", [np.zeros((1, 191, 192, 3), np.uint8), np.zeros((1, 192, 192, 3), np.float32), np.zeros(0)])
def test_an_input_of_another_shape_is_refused(image: np.ndarray) -> None:
    network = LiteRtCpu().load(needed(f"{MOVENET}.tflite").read_bytes(), "movenet.tflite")
    with pytest.raises(AcceleratorError, match="takes uint8"):
        network.run(image)


@pytest.mark.skipif(installed(), reason="LiteRT is here")
def test_the_edge_tpu_needs_litert() -> None:
    with pytest.raises(EdgeTpuError) as caught:
        EdgeTpu()
    assert caught.value.door is Door.NO_LITERT


@litert
@pytest.mark.skipif(ctypes.util.find_library("edgetpu") is not None, reason="libedgetpu is here")
def test_the_door_of_the_edge_tpu_without_its_library() -> None:
    with pytest.raises(EdgeTpuError, match=r"libedgetpu not found: .*install") as caught:
        accelerator.make(ENTRY)
    assert caught.value.door is Door.NO_LIBRARY


@litert
def test_another_library_is_not_that_of_the_edge_tpu() -> None:
    with pytest.raises(EdgeTpuError, match="has no delegate for LiteRT") as caught:
        EdgeTpu("libc.so.6")
    assert caught.value.door is Door.NO_DELEGATE
