"""A model is used only when it is what its manifest says and answers as it should here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge.capture.file import FilePort
from edge.infer import accelerator
from edge.infer.accelerator import AcceleratorError
from edge.infer.looker import load_looker
from edge.infer.messages import ModelOrder
from edge.region import Region
from models.bundle.bundle import zoo
from protocol.manifest import Manifest
from tests.edge.capture.clips import SQUARE
from tests.edge.infer import puppet

CPU = "edge.infer.onnx_cpu:OnnxCpu"
REAL = ModelOrder("m", str(zoo() / "person-vehicle-fast"), "person-vehicle-fast.int8.onnx", "default")
ACCURATE = ModelOrder("a", str(zoo() / "person-vehicle-accurate"), "person-vehicle-accurate.int8.onnx", "default")
REGIONS = (Region(0, 0, 768, 576), Region(400, 100, 256, 256), Region(180, 160, 256, 256), Region(512, 200, 256, 256))


def order(folder: Path, **changes: str) -> ModelOrder:
    return replace(ModelOrder("m", str(folder / puppet.NAME), "puppet.bin", "default"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "regions"), [(REAL, REGIONS), (ACCURATE, REGIONS[:1])])
def test_the_real_models_see_people_on_the_square(model: ModelOrder, regions: tuple[Region, ...]) -> None:
    looker = load_looker(accelerator.make(CPU), model)
    picture = next(FilePort(str(SQUARE)).pictures())
    detections = looker.look(looker.prepare((picture.y, picture.u, picture.v), regions))
    assert 3 <= len(detections) <= 9
    widths = detections.boxes[:, 2] - detections.boxes[:, 0]
    heights = detections.boxes[:, 3] - detections.boxes[:, 1]
    assert (heights > 1.2 * widths).mean() > 0.7
    assert looker.warm_ms > 0


def test_boxes_are_in_pixels_of_the_picture(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    looker = load_looker(puppet.Puppet(), order(tmp_path))
    planes = (np.full((576, 768), 90, np.uint8), np.full((288, 384), 128, np.uint8), np.full((288, 384), 128, np.uint8))
    detections = looker.look(looker.prepare(planes, (Region(100, 200, 80, 80),)))
    assert detections.boxes.tolist() == [[120, 220, 140, 260]]
    assert detections.scores.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize(
    ("fit", "box"),
    [("stretch", [120, 210, 140, 230]), ("letterbox", [120, 220, 140, 240]), ("letterbox-centred", [120, 200, 140, 240])],
)
def test_boxes_are_where_the_fit_puts_them_and_end_with_the_region(tmp_path: Path, fit: str, box: list[float]) -> None:
    """A region twice as wide as high: its letterbox reaches beyond it, and beyond the picture's edge."""
    puppet.make_bundle(tmp_path)
    path = tmp_path / puppet.NAME / "manifest.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    fitted = msgspec.structs.replace(manifest, input=msgspec.structs.replace(manifest.input, fit=fit))
    path.write_bytes(msgspec.json.encode(fitted))
    looker = load_looker(puppet.Puppet(), order(tmp_path))
    planes = (np.full((240, 768), 90, np.uint8), np.full((120, 384), 128, np.uint8), np.full((120, 384), 128, np.uint8))
    prepared = looker.prepare(planes, (Region(100, 200, 80, 40),))
    grey = (prepared[0][2] == manifest.input.fill).all(axis=(0, 2, 3))
    assert grey.sum() == (0 if fit == "stretch" else puppet.SIDE // 2)
    assert looker.look(prepared).boxes.tolist() == [box]


def test_a_label_that_the_operating_point_does_not_name_is_not_seen(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    looker = load_looker(puppet.Puppet(), order(tmp_path, operating_point="strict"))
    planes = (np.full((576, 768), 90, np.uint8), np.full((288, 384), 128, np.uint8), np.full((288, 384), 128, np.uint8))
    assert len(looker.look(looker.prepare(planes, (Region(100, 200, 80, 80),)))) == 0


def test_a_model_that_answers_otherwise_here_is_refused(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path, golden=0.6)
    with pytest.raises(AcceleratorError, match="answers otherwise than its reference"):
        load_looker(puppet.Puppet(), order(tmp_path))


def test_a_file_that_was_changed_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    (tmp_path / puppet.NAME / "puppet.bin").write_bytes(b"something else")
    with pytest.raises(AcceleratorError, match=r"puppet\.bin: differs from its manifest.*install"):
        load_looker(puppet.Puppet(), order(tmp_path))


def test_a_model_file_that_is_not_one_is_refused_by_name(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path, model=b"this is no model")
    with pytest.raises(AcceleratorError, match=r"puppet\.bin: not a model that ONNX Runtime can load.*install"):
        load_looker(accelerator.make(CPU), order(tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"), [({"variant": "x.onnx"}, "has no variant x.onnx"), ({"operating_point": "x"}, "x")]
)
def test_what_the_bundle_does_not_have_is_refused(tmp_path: Path, changes: dict[str, str], words: str) -> None:
    puppet.make_bundle(tmp_path)
    with pytest.raises(AcceleratorError, match=words):
        load_looker(puppet.Puppet(), order(tmp_path, **changes))
