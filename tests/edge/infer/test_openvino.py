"""OpenVINO, where it is installed, sees what ONNX Runtime sees."""

from __future__ import annotations

import pytest

from edge.capture.file import FilePort
from edge.infer import accelerator
from edge.infer.accelerator import AcceleratorError
from edge.infer.looker import Looker, load_looker
from edge.infer.messages import ModelOrder
from edge.region import Region
from models.bundle.bundle import zoo
from models.bundle.detections import Detections, pairwise_iou
from tests.edge.capture.clips import SQUARE

CPU, OPENVINO = "edge.infer.onnx_cpu:OnnxCpu", "edge.infer.openvino_cpu:OpenVinoCpu"
NAME = "person-vehicle-accurate"
ORDER = ModelOrder("m", str(zoo() / NAME), f"{NAME}.int8.onnx", "default")


def test_it_sees_the_same_people() -> None:
    pytest.importorskip("openvino", reason="openvino is not installed: pip install openvino")
    picture = next(FilePort(str(SQUARE)).pictures())

    def seen(looker: Looker) -> Detections:
        return looker.look(looker.prepare((picture.y, picture.u, picture.v), (Region(0, 0, 768, 576),)))

    usual, other = (seen(load_looker(accelerator.make(entry), ORDER)) for entry in (CPU, OPENVINO))
    sure = usual.select(usual.scores > 0.5)
    assert len(sure) >= 3
    assert (pairwise_iou(sure.boxes, other.boxes).max(axis=1) > 0.8).all()


def test_what_is_no_model_is_refused() -> None:
    pytest.importorskip("openvino", reason="openvino is not installed: pip install openvino")
    with pytest.raises(AcceleratorError, match=r"x\.onnx: not a model that OpenVINO can load"):
        accelerator.make(OPENVINO).load(b"no model", "x.onnx")


def test_without_it_the_door_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(AcceleratorError, match=r"OpenVINO cannot be used.*ONNX Runtime does the same"):
        accelerator.make(OPENVINO)
