"""A folder becomes a bundle whole, or what is wrong with it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.bundle.bundle import BundleError, load_bundle
from models.factory.adopt import FILE, adopt
from tests.models.factory.own import NAME, folder_of_the_guide
from tests.models.factory.test_fetch import network

OTHER = '[[variants]]\nfile = "other.tflite"\nruntime = "litert"\nprecision = "fp32"\ntolerance = 0.5\n'
"""The same model for another runtime."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return folder_of_the_guide(tmp_path, network())


def test_what_the_files_say_is_found(own: Path, tmp_path: Path) -> None:
    made = adopt(own, tmp_path / "models")
    assert made == tmp_path / "models" / NAME
    manifest = load_bundle(made).manifest
    (variant,) = manifest.variants
    assert variant.size == len(network())
    assert manifest.sources[0].sha256 == variant.sha256
    assert {path.name for path in made.iterdir()} == {"manifest.json", "MODEL_CARD.md", "golden.npz", "yolox_nano.onnx"}
    assert [path.name for path in made.parent.iterdir()] == [NAME]


def test_a_bundle_that_is_there_is_replaced_only_by_a_whole_one(own: Path, tmp_path: Path) -> None:
    made = adopt(own, tmp_path / "models")
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    (own / "yolox_nano.onnx").write_bytes(b"no model")
    with pytest.raises(BundleError, match=r"yolox_nano\.onnx"):
        adopt(own, tmp_path / "models")
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before
    (own / "yolox_nano.onnx").write_bytes(network(0.8))
    assert adopt(own, tmp_path / "models") == made
    assert (made / "yolox_nano.onnx").read_bytes() != before["yolox_nano.onnx"]


COMPILED = '[[variants]]\nfile = "tpu.tflite"\nruntime = "edgetpu"\nprecision = "int8"\ntolerance = 0.05\n\n'


def with_compiled(own: Path, before: str, content: bytes) -> None:
    path = own / FILE
    path.write_text(path.read_text("utf-8").replace(before, COMPILED + before, 1), "utf-8")
    (own / "tpu.tflite").write_bytes(content)


def test_what_only_an_edge_tpu_runs_is_taken_unasked(own: Path, tmp_path: Path) -> None:
    with_compiled(own, "[manifest]", b"\x1c\0\0\0TFL3...edgetpu-custom-op")
    manifest = load_bundle(adopt(own, tmp_path / "models")).manifest
    assert [(item.runtime, item.precision) for item in manifest.variants] == [("onnxruntime", "fp32"), ("edgetpu", "int8")]
    assert manifest.golden.tolerance == {"fp32": 0.01, "int8": 0.05}


def test_what_no_edge_tpu_would_run_is_refused(own: Path, tmp_path: Path) -> None:
    with_compiled(own, "[manifest]", b"\x1c\0\0\0TFL3... as it was converted")
    with pytest.raises(BundleError, match=r"nothing in it is for the Edge TPU; compile it: edgetpu_compiler"):
        adopt(own, tmp_path / "models")


def test_what_runs_elsewhere_is_no_reference(own: Path, tmp_path: Path) -> None:
    with_compiled(own, "[[variants]]", b"\x1c\0\0\0TFL3...edgetpu-custom-op")
    with pytest.raises(BundleError, match="begin with what a CPU runs"):
        adopt(own, tmp_path / "models")


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('"person", "vehicle"]', '"person", "emotion"]', r"article 5\(1\)\(f\)"),
        ("vehicle = [2, 5, 7]", "vehicle = [2, 5, 70000]", "4095"),
        (", vehicle = [2, 5, 7]", "", "names each label once.*check vehicle"),
        ('file = "yolox_nano.onnx"', 'file = "gone.onnx"', r"gone\.onnx: No such file"),
        ('"output" }', '"detections" }', "has no output detections|detections"),
        ("width = 416", "width = 320", "320"),
        ("person = [0], vehicle = [2, 5, 7]", "person = [11], vehicle = [2, 5, 7]", "finds no person"),
        ('licence = "Apache-2.0"', 'licence = "CC BY-NC 4.0"', "may not be shipped"),
        ("[manifest.output]", "[manifest.out]", "unknown field `out`"),
        ("tolerance = 0.01", "", "tolerance"),
        ("[[variants]]", f"{OTHER}\n[[variants]]", "variants in fp32 have tolerances that differ"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(own: Path, tmp_path: Path, was: str, becomes: str, words: str) -> None:
    path = own / FILE
    text = path.read_text("utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(BundleError, match=words):
        adopt(own, tmp_path / "models")
    assert not (tmp_path / "models" / NAME).exists()
