"""Which form runs where is said with its reason, and a measured one that is quicker is used."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.runtime.plan import Plan, bundles_of
from edge.runtime.planner import BundlePlanner
from edge.runtime.times import read_times, write_times
from edge.variants import Choice, explain, measured
from hardware.accelerators import Accelerator
from models.bundle import choose
from models.bundle.bundle import load_bundle, zoo
from protocol.config import Anpr, Source
from tests.edge.infer import puppet

NAME = "plate-detector"
BOX = f"""
[box]
fleet = "city"
device = "box"
state = "state"
models = "models"

[[sources]]
id = "gate"
uri = "gate.mp4"
model = "{puppet.NAME}"
"""


def chosen(planner: BundlePlanner) -> choose.Choice:
    ((_, choice),) = planner.choices(Source("gate", "x.mp4", model=NAME))
    return choice


@pytest.fixture
def box(tmp_path: Path) -> Path:
    puppet.make_bundle(tmp_path / "models")
    (tmp_path / "box.toml").write_text(BOX, "utf-8")
    return tmp_path / "box.toml"


def test_every_form_has_its_reason(box: Path) -> None:
    done = CliRunner().invoke(app, ["explain", "--config", str(box)])
    assert done.exit_code == 0, done.output
    assert f"{puppet.NAME}:" in done.output
    assert "puppet.bin on cpu: used" in done.output
    assert "puppet.bin on edgetpu: not used: no Edge TPU" in done.output
    whole = CliRunner().invoke(app, ["explain", "--config", str(box), "--json"])
    (choice,) = (msgspec.json.decode(line, type=Choice) for line in whole.output.splitlines())
    assert [form.reason == "" for form in choice.forms].index(True) == 0
    assert all(form.reason for form in choice.forms[1:])


def test_a_bundle_that_is_not_there_is_named(box: Path) -> None:
    shutil.rmtree(box.parent / "models" / puppet.NAME)
    done = CliRunner().invoke(app, ["explain", "--config", str(box)])
    assert done.exit_code == 1
    assert "not a bundle" in done.output


def test_forms_are_measured_in_processes_of_their_own(tmp_path: Path) -> None:
    """One that runs, one whose accelerator cannot be made, one whose process dies."""
    accelerators = tuple(Accelerator(name, "onnxruntime", ("int8",), available=True) for name in ("cpu", "gone", "dies"))
    entries = {"cpu": "edge.infer.onnx_cpu:OnnxCpu", "gone": "edge.infer.nowhere:X", "dies": "os:abort"}
    planner = BundlePlanner(zoo(), accelerators, entries)
    cpu, gone, dies = measured(planner, [NAME], lambda _: None)
    assert cpu.ms is not None
    assert cpu.ms > 0
    assert gone.ms is None
    assert "cannot be used" in gone.fault
    assert dies.ms is None
    assert "died" in dies.fault


def test_what_was_measured_quicker_is_used(tmp_path: Path) -> None:
    two = tuple(Accelerator(name, "onnxruntime", ("int8",), available=True) for name in ("cpu", "openvino"))
    (int8,) = (v for v in load_bundle(zoo() / NAME).manifest.variants if (v.precision, v.runtime) == ("int8", "onnxruntime"))
    write_times(tmp_path, {(int8.sha256, "cpu"): 10.0, (int8.sha256, "openvino"): 7.0})
    choice = chosen(BundlePlanner(zoo(), two, times=read_times(tmp_path)))
    assert choice.accelerator == "openvino"
    assert "is quicker: 7.0 ms, here 10.0" in choice.rejected[0].reason
    assert chosen(BundlePlanner(zoo(), two)).accelerator == "cpu"


def test_where_plates_are_read_what_is_said_is_what_runs() -> None:
    """All three models run on one accelerator, the first that can, however quick another is with one of them."""
    two = tuple(Accelerator(name, "onnxruntime", ("int8",), available=True) for name in ("cpu", "openvino"))
    source = Source("gate", "x.mp4", anpr=Anpr())
    names = bundles_of(source)
    files = {name: next(v for v in load_bundle(zoo() / name).manifest.variants if v.precision == "int8") for name in names}
    times = {(v.sha256, place): ms for v in files.values() for place, ms in (("cpu", 10.0), ("openvino", 1.0))}
    planner = BundlePlanner(zoo(), two, times=times)
    plan = planner.plan(source)
    assert isinstance(plan, Plan)
    assert plan.accelerator == "cpu"
    told = explain(planner, (source, source), times)
    assert [(choice.bundle, choice.forms[0].accelerator, choice.forms[0].reason) for choice in told] == [
        (name, "cpu", "") for name in names
    ]
    assert {form.reason for choice in told[1:] for form in choice.forms if form.accelerator == "openvino"} >= {
        "vehicles are found on cpu"
    }


def test_a_file_that_is_not_here_is_not_used_however_quick(tmp_path: Path) -> None:
    """An update brings only the form that it needs."""
    shutil.copytree(zoo() / NAME, tmp_path / NAME)
    variants = load_bundle(tmp_path / NAME).manifest.variants
    tflite = next(v for v in variants if v.runtime == "litert")
    onnx = next(v for v in variants if (v.precision, v.runtime) == ("int8", "onnxruntime"))
    both = (
        Accelerator("cpu", "onnxruntime", ("int8",), available=True),
        Accelerator("litert", "litert", ("int8",), available=True),
    )
    planner = BundlePlanner(tmp_path, both, times={(onnx.sha256, "cpu"): 9.0, (tflite.sha256, "litert"): 3.0})
    assert chosen(planner).accelerator == "litert"
    (tmp_path / NAME / tflite.file).unlink()
    assert chosen(planner).accelerator == "cpu"
