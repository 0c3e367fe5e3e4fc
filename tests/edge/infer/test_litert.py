"""LiteRT as an accelerator against outputs of others, and the Edge TPU up to its door."""

from __future__ import annotations

import csv
import ctypes.util
import shutil
import subprocess
from pathlib import Path

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


@litert
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_library_without_the_device_says_which_pair_was_tried(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A library with the Edge TPU's interface that finds no device."""
    source, library = tmp_path / "tpu.c", tmp_path / "libtpu.so"
    source.write_text(
        "#include <stddef.h>\n"
        'const char* edgetpu_version(void) { return "RuntimeVersion(14)"; }\n'
        "void* tflite_plugin_create_delegate(char** k, char** v, size_t n, void (*report)(const char*)) { return NULL; }\n"
        "void tflite_plugin_destroy_delegate(void* delegate) {}\n",
        "utf-8",
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    with pytest.raises(EdgeTpuError, match=r"no Edge TPU: .*RuntimeVersion\(14\) with ai-edge-litert \d.*plug it in") as caught:
        EdgeTpu(str(library))
    assert caught.value.door is Door.NO_DEVICE
    assert "RuntimeVersion(14) with ai-edge-litert" in capfd.readouterr().err, "said before it may end the process"
