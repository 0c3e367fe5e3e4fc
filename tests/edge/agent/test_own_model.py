"""A detector of somebody's own is put in place by what docs/ml-engineer.md shows, and counts people on a running box."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.bundle.bundle import BundleError, load_bundle
from models.factory.adopt import FILE, adopt
from models.factory.cli import app
from tests.edge.agent.offline import Offline, source
from tests.models.data import needed
from tests.models.factory.own import NAME, folder_of_the_guide

QUANTISED = "yolox_nano_only_int8_quantize.tflite"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of the guide, with the file."""
    return folder_of_the_guide(tmp_path, needed("peers/yolox_nano.onnx").read_bytes())


def test_an_adopted_detector_counts_people_on_a_running_box(own: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    run = CliRunner()
    made = run.invoke(app, ["adopt", str(own), "--folder", str(models)])
    assert made.exit_code == 0, made.output
    shown = run.invoke(app, ["inspect", NAME, "--zoo", str(models)])
    assert "trained by the city" in shown.output
    assert load_bundle(models / NAME).manifest.output.classes == {"person": (0,), "vehicle": (2, 5, 7)}
    with Offline(tmp_path, source("square", more=f'model = "{NAME}"'), box='models = "models"').running() as box:
        box.until(lambda s: s.telemetry.outbox.pending > 8, "counts")
    counts = [body for kind, body in box.said() if kind == "crowd.count"]
    assert {body["model"]["name"] for body in counts} == {NAME}
    assert max(body["observed"]["people"]["value"] for body in counts) >= 3


def test_one_for_litert_alone_runs_there(own: Path, tmp_path: Path) -> None:
    """Of this file only scores are right: its output ends at 1, and boxes with it."""
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: pip install ai-edge-litert")
    shutil.copyfile(needed(f"peers/{QUANTISED}"), own / QUANTISED)
    text = (own / FILE).read_text("utf-8")
    alone = text.replace("yolox_nano.onnx", QUANTISED).replace("onnxruntime", "litert").replace('"fp32"', '"int8"')
    (own / FILE).write_text(alone, "utf-8")
    adopt(own, tmp_path / "models")
    with Offline(tmp_path, source("square", more=f'model = "{NAME}"'), box='models = "models"').running() as box:
        status = box.until(lambda s: s.telemetry.outbox.pending > 8, "counts")
        assert status.telemetry.accelerators["litert"].state == "ready"
    assert [body for kind, body in box.said() if kind == "crowd.count" and body["observed"]["pictures"] > 0]


def test_a_form_that_boxes_otherwise_than_the_first_is_refused(own: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: pip install ai-edge-litert")
    shutil.copyfile(needed(f"peers/{QUANTISED}"), own / QUANTISED)
    more = f'[[variants]]\nfile = "{QUANTISED}"\nruntime = "litert"\nprecision = "int8"\ntolerance = 0.1\n\n[manifest]'
    (own / FILE).write_text((own / FILE).read_text("utf-8").replace("[manifest]", more, 1), "utf-8")
    with pytest.raises(BundleError, match=r"answers otherwise than its reference.*deviation 0"):
        adopt(own, tmp_path / "models")
