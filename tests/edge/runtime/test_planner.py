"""Which accelerator runs which compiled model, and why no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge.infer.messages import Task
from edge.runtime.plan import HearingPlan, NoPlan, Plan, PlatePlan
from edge.runtime.planner import BundlePlanner
from hardware.accelerators import Accelerator, detect
from models.bundle.bundle import zoo
from protocol.config import FOR_PEOPLE, FOR_VEHICLES, Anpr, Microphone, Source
from protocol.manifest import Manifest, OperatingPoint, Output
from tests.edge.capture.sound import bundles
from tests.edge.infer import puppet

CPU = Accelerator("cpu", "onnxruntime", ("int8", "fp32"), available=True, on_processor=True)


def test_the_shipped_model_runs_on_this_very_box() -> None:
    plan = BundlePlanner(zoo(), detect()).plan(Source("gate", "x.mp4"))
    assert isinstance(plan, Plan)
    assert (plan.accelerator, plan.model.variant) == ("cpu", f"{FOR_PEOPLE}.int8.onnx")
    assert (plan.ref.name, plan.ref.operating_point) == (FOR_PEOPLE, "default")
    assert plan.acuity is not None
    assert 16 <= plan.acuity.least_px <= 40, "what it sees well is said by its operating point"
    assert plan.sure is not None
    street = BundlePlanner(zoo(), detect()).plan(Source("gate", "x.mp4", anpr=Anpr()))
    assert isinstance(street, Plan)
    assert (street.ref.name, street.acuity) == (FOR_VEHICLES, None)


def test_each_variant_that_was_not_chosen_has_its_reason() -> None:
    cuda = Accelerator("cuda", "onnxruntime", ("fp16",), available=False, reason="no GPU")
    ((_, choice),) = BundlePlanner(zoo(), (cuda, CPU)).choices(Source("gate", "x.mp4", model="person-vehicle-fast"))
    assert choice.accelerator == "cpu"
    assert all(rejection.reason for rejection in choice.rejected)
    assert "no GPU" in {rejection.reason for rejection in choice.rejected}


def test_litert_is_chosen_where_nothing_else_has_a_variant(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    path = tmp_path / "puppet" / "manifest.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    only = tuple(msgspec.structs.replace(variant, runtime="litert") for variant in manifest.variants)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, variants=only)))
    litert = Accelerator("litert", "litert", ("int8",), available=True)
    plan = BundlePlanner(tmp_path, (CPU, litert)).plan(Source("gate", "x", model="puppet"))
    assert isinstance(plan, Plan)
    assert (plan.accelerator, plan.entry) == ("litert", "edge.infer.litert_cpu:LiteRtCpu")
    missing = replace(litert, available=False, reason="the package ai-edge-litert is not installed")
    without = BundlePlanner(tmp_path, (CPU, missing)).plan(Source("gate", "x", model="puppet"))
    assert isinstance(without, NoPlan)
    assert "made for litert" in without.detail
    assert "ai-edge-litert is not installed" in without.detail


def test_the_processor_stands_in_only_with_what_is_here(tmp_path: Path) -> None:
    """An update brings the files that the box needs; what the processor cannot open is no stand-in."""
    puppet.make_bundle(tmp_path, runtime="edgetpu")
    puppet.add_variant(tmp_path, "puppet.cpu", "onnxruntime")
    tpu = Accelerator("edgetpu", "edgetpu", ("int8",), available=True)
    planner = BundlePlanner(tmp_path, (tpu, CPU))
    source = Source("gate", "x", model="puppet")
    plan, second = planner.plan(source), planner.plan(source, on_processor=True)
    assert isinstance(plan, Plan)
    assert isinstance(second, Plan)
    assert (plan.accelerator, second.accelerator) == ("edgetpu", "cpu")
    assert plan.ref.digest != second.ref.digest, "events say which form looked"
    (tmp_path / "puppet" / "puppet.cpu").unlink()
    assert isinstance(planner.plan(source, on_processor=True), NoPlan)
    assert planner.plan(source) == plan


def test_a_detector_that_finds_no_people_is_refused(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path, labels=("car", "person"))
    plan = BundlePlanner(tmp_path, (CPU,)).plan(Source("gate", "x", model="puppet"))
    assert isinstance(plan, NoPlan)
    assert plan.code == "model-finds-no-people"
    assert "car, person" in plan.detail


def test_a_model_that_finds_no_boxes_is_refused(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    path = tmp_path / "puppet" / "manifest.json"
    manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    output = Output("people-keypoints", {"poses": "poses", "coarse": "coarse"})
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, output=output)))
    plan = BundlePlanner(tmp_path, (CPU,)).plan(Source("gate", "x", model="puppet"))
    assert isinstance(plan, NoPlan)
    assert plan.code == "model-finds-no-people"
    assert "people-keypoints" in plan.detail


def test_an_accelerator_for_which_there_is_no_code_refuses() -> None:
    planner = BundlePlanner(zoo(), (Accelerator("cuda", "onnxruntime", ("fp16",), available=True), CPU))
    assert planner.offers[0].available is False
    assert "no code" in planner.offers[0].reason
    plan = planner.plan(Source("gate", "x.mp4"))
    assert isinstance(plan, Plan)
    assert plan.accelerator == "cpu"


@pytest.mark.parametrize(
    ("source", "accelerators", "code", "words"),
    [
        (Source("gate", "x", model="nowhere"), (CPU,), "model-missing", "nowhere"),
        (Source("gate", "x", model="puppet", operating_point="night"), (CPU,), "model-operating-point", "default, strict"),
        (
            Source("gate", "x", model="puppet"),
            (Accelerator("edgetpu", "edgetpu", ("int8",), available=False, reason="no Edge TPU"),),
            "model-unsuitable",
            "no Edge TPU",
        ),
    ],
)
def test_what_cannot_run_is_refused_with_the_reason(
    tmp_path: Path, source: Source, accelerators: tuple[Accelerator, ...], code: str, words: str
) -> None:
    puppet.make_bundle(tmp_path)
    plan = BundlePlanner(tmp_path, accelerators).plan(source)
    assert isinstance(plan, NoPlan)
    assert plan.code == code
    assert words in plan.detail


def test_a_manifest_that_is_not_one_is_refused(tmp_path: Path) -> None:
    puppet.make_bundle(tmp_path)
    (tmp_path / "puppet" / "manifest.json").write_text("{}")
    plan = BundlePlanner(tmp_path, (CPU,)).plan(Source("gate", "x", model="puppet"))
    assert isinstance(plan, NoPlan)
    assert "manifest" in plan.detail


READING = Source("gate", "x.mp4", anpr=Anpr())


def changed(folder: Path, name: str, **changes: object) -> None:
    """The shipped bundles in a folder, one of them with another manifest."""
    for bundle in ("person-vehicle-fast", "plate-detector", "plate-reader"):
        (folder / bundle).symlink_to(zoo() / bundle)
    (folder / name).unlink()
    (folder / name).mkdir()
    manifest = msgspec.json.decode((zoo() / name / "manifest.json").read_bytes(), type=Manifest)
    (folder / name / "manifest.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, **changes)))


def test_a_source_that_reads_plates_has_three_models_on_one_accelerator() -> None:
    plan = BundlePlanner(zoo(), detect()).plan(READING)
    assert isinstance(plan, Plan)
    assert isinstance(plan.plates, PlatePlan)
    assert [(order.name, order.task) for order, _ in plan.held] == [
        ("person-vehicle-fast@default", Task.OBJECTS),
        ("plate-detector@default", Task.PLATES),
        ("plate-reader@default", Task.PLATES),
    ]
    assert [ref.name for _, ref in plan.held] == ["person-vehicle-fast", "plate-detector", "plate-reader"]
    assert plan.labels[:3] == ("person", "bicycle", "car")


@pytest.mark.parametrize(
    ("name", "changes", "code", "words"),
    [
        (
            "plate-reader",
            {"output": Output("boxes-and-scores", {"scores": "a", "boxes": "b"})},
            "model-reads-no-plates",
            "characters",
        ),
        (
            "plate-detector",
            {"output": Output("characters", {"characters": "a"})},
            "model-finds-no-plates",
            "corners-and-scores",
        ),
        ("plate-detector", {"operating_points": {"other": OperatingPoint({}, 0.5, "x")}}, "model-finds-no-plates", "default"),
        (
            "person-vehicle-fast",
            {"operating_points": {"default": OperatingPoint({}, 0.5, "x")}},
            "model-finds-no-vehicles",
            "vehicles",
        ),
    ],
)
def test_where_no_plates_can_be_read_people_are_counted_all_the_same(
    tmp_path: Path, name: str, changes: dict[str, object], code: str, words: str
) -> None:
    changed(tmp_path, name, **changes)
    plan = BundlePlanner(tmp_path, (CPU,)).plan(READING)
    assert isinstance(plan, Plan)
    assert isinstance(plan.plates, NoPlan)
    assert plan.plates.code == code
    assert words in plan.plates.detail
    assert [order.name for order, _ in plan.held] == ["person-vehicle-fast@default"]


def test_a_bundle_of_plates_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "person-vehicle-fast").symlink_to(zoo() / "person-vehicle-fast")
    plan = BundlePlanner(tmp_path, (CPU,)).plan(READING)
    assert isinstance(plan, Plan)
    assert isinstance(plan.plates, NoPlan)
    assert (plan.plates.code, "plate-detector" in plan.plates.detail) == ("model-missing", True)


def test_a_model_that_listens_runs_on_the_processor(tmp_path: Path) -> None:
    bundles.make_bundle(tmp_path)
    gpu = Accelerator("gpu0", "onnxruntime", ("int8",), available=True)
    plan = BundlePlanner(tmp_path, (gpu, CPU), {"gpu0": "x:X", "cpu": "x:X"}).listens(Microphone("roof", "a.wav"))
    assert isinstance(plan, HearingPlan)
    assert plan.model.name == "gunshot@default"
    assert (plan.model.folder, plan.model.file) == (str(tmp_path / "gunshot"), "puppet.bin")
    assert (plan.ref.name, plan.ref.operating_point) == ("gunshot", "default")


@pytest.mark.parametrize(
    ("decoder", "options", "accelerators", "code"),
    [
        ("sound-pictures", {"model": "nobody"}, (CPU,), "model-missing"),
        ("boxes-and-scores", {}, (CPU,), "model-hears-nothing"),
        ("sound-pictures", {"operating_point": "shy"}, (CPU,), "model-operating-point"),
        ("sound-pictures", {}, (), "model-unsuitable"),
    ],
)
def test_without_a_model_that_listens_the_reason_is_named(
    tmp_path: Path, decoder: str, options: dict[str, str], accelerators: tuple[Accelerator, ...], code: str
) -> None:
    bundles.make_bundle(tmp_path, decoder)
    microphone = msgspec.structs.replace(Microphone("roof", "a.wav"), **options)
    plan = BundlePlanner(tmp_path, accelerators).listens(microphone)
    assert isinstance(plan, NoPlan)
    assert plan.code == code
    assert str(tmp_path) not in plan.detail
