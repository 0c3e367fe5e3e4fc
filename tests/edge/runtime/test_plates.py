"""Plates through the runtime, with the shipped models: read, refused, compared with another release, and switched to it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from msgspec import structs

from edge.infer.outcome import PlatesLooked, Seen
from edge.region import Region
from edge.runtime.agreement import agree_on_plates
from edge.runtime.policy import RuntimePolicy
from edge.runtime.tally import Part, Tally
from models.bundle.bundle import zoo
from models.bundle.detections import Detections
from models.bundle.reading import read_best
from protocol.config import Anpr, Source
from protocol.manifest import Manifest
from tests.edge.infer.test_packed import plate
from tests.edge.infer.test_plates import CPU, SEEDS, SIZE, car
from tests.edge.runtime.box import WHOLE, Box

BUNDLES = ("person-vehicle-fast", "plate-detector", "plate-reader")


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A car that stands before the camera, ten pictures a second."""
    path = tmp_path_factory.mktemp("street") / "street.mp4"
    random = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "18"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        for number in range(20):
            noisy = np.clip(car(SEEDS[0]).picture + random.normal(0, 2, (SIZE.height, SIZE.width, 3)), 0, 255).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(noisy, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    for name in BUNDLES:
        shutil.copytree(zoo() / name, folder / name)
    return folder


@pytest.fixture
def box(bundles: Path, street: Path) -> Iterator[Box]:
    made = Box(bundles, RuntimePolicy(), CPU)
    made.run(Source("gate", str(street), pace="real-time", fps=5, repeat=True, gate=WHOLE, anpr=Anpr()))
    yield made
    made.runtime.stop()


def seen(box: Box) -> list[Seen]:
    return [outcome for outcome in box.outcomes() if isinstance(outcome, Seen)]


def read(box: Box) -> list[str]:
    return [read_best(found.columns)[0].text for outcome in seen(box) for found in outcome.plates]


def release(folder: Path, bundle: str, version: str = "9.0.0") -> Path:
    """Another release of a shipped bundle."""
    path = folder / "release" / bundle
    shutil.copytree(zoo() / bundle, path)
    manifest = msgspec.json.decode((path / "manifest.json").read_bytes(), type=Manifest)
    (path / "manifest.json").write_bytes(msgspec.json.encode(structs.replace(manifest, version=version)))
    return path


def test_plates_are_read_and_who_read_them_is_known(box: Box) -> None:
    box.until(lambda: len(read(box)) >= 5)
    assert set(read(box)) == {car(SEEDS[0]).text}
    last = box.results[-1]
    assert last.reader is not None
    assert (last.reader.name, last.labels[:1]) == ("plate-reader", ("person",))
    assert {ref.name for ref in box.runtime.models} == set(BUNDLES)
    for bundle in BUNDLES:
        assert box.runtime.tally(bundle).answered >= 5
    assert box.runtime.tally("plate-reader").failures == 0
    left, top, right, bottom = (int(edge) for edge in car(SEEDS[0]).box)
    box.runtime.spare("gate", (Region(left, top, right - left, bottom - top),))
    box.until(lambda: seen(box)[-1].looked == PlatesLooked())


@pytest.mark.parametrize("bundle", ["plate-detector", "plate-reader"])
def test_a_bundle_of_plates_that_cannot_be_used_is_named_and_the_rest_goes_on(bundles: Path, street: Path, bundle: str) -> None:
    (bundles / bundle / f"{bundle}.int8.onnx").write_bytes(b"something else")
    box = Box(bundles, RuntimePolicy(), CPU)
    try:
        box.run(Source("gate", str(street), pace="real-time", repeat=True, gate=WHOLE, anpr=Anpr()))
        box.until(lambda: len(seen(box)) >= 5)
        assert box.codes("accelerator cpu") == ("model-refused",)
        assert bundle in box.health["accelerator cpu"][0].detail
        looked = seen(box)[-1].looked
        assert looked is not None
        assert looked.failed == f"{bundle}@default"
        assert len(seen(box)[-1].detections)
    finally:
        box.runtime.stop()


def test_a_bundle_of_plates_that_is_not_there_is_a_reason_of_its_source(bundles: Path, street: Path) -> None:
    shutil.rmtree(bundles / "plate-reader")
    box = Box(bundles, RuntimePolicy(), CPU)
    try:
        box.run(Source("gate", str(street), pace="real-time", repeat=True, gate=WHOLE, anpr=Anpr()))
        assert box.codes("source gate") == ("model-missing",)
        assert "no plates are read" in box.health["source gate"][0].detail
        box.until(lambda: bool(box.runtime.tally("person-vehicle-fast").answered))
    finally:
        box.runtime.stop()


@pytest.mark.parametrize("bundle", ["plate-detector", "plate-reader"])
def test_another_release_is_compared_and_takes_over_without_a_picture_lost(box: Box, tmp_path: Path, bundle: str) -> None:
    box.until(lambda: len(read(box)) >= 3)
    planner = box.planner.replaced(bundle, release(tmp_path, bundle))
    rehearsal = box.runtime.rehearse(bundle, planner, compare=True)
    box.until(lambda: rehearsal.looks >= 3)
    assert (rehearsal.agreed, rehearsal.failures) == (rehearsal.looks, 0)
    assert rehearsal.warm_ms is not None
    assert rehearsal.inference_ms.value(rehearsal.now_s()) is not None
    rehearsal = box.runtime.rehearse(bundle, planner, compare=False)
    box.until(lambda: rehearsal.ready)
    first = len(box.results)
    assert box.runtime.switch(bundle, planner)
    box.until(lambda: len(box.results) >= first + 10)
    after = box.results[first:]
    assert not [result.outcome for result in after if not isinstance(result.outcome, Seen)]
    assert [len(result.outcome.plates) for result in after if isinstance(result.outcome, Seen)] == [1] * len(after)
    assert [result.number for result in after] == list(range(after[0].number, after[0].number + len(after)))
    (ref,) = [ref for ref in box.runtime.models if ref.name == bundle]
    assert ref.version == "9.0.0"
    assert box.runtime.tally(bundle).answered >= 5


def test_readings_of_two_releases_agree_where_both_are_sure_or_not() -> None:
    assert agree_on_plates([], [])
    assert agree_on_plates([plate(1)], [plate(1)])
    assert not agree_on_plates([plate(1)], [plate(1, "9XYZ999")])
    assert not agree_on_plates([plate(1)], [])
    far = dataclasses.replace(plate(1), corners=plate(1).corners + np.float32(500))
    assert not agree_on_plates([plate(1)], [far])
    assert agree_on_plates([plate(1), plate(3)], [plate(1)])


def test_a_model_of_plates_is_asked_where_there_is_something_to_ask() -> None:
    nobody = Detections.none()
    tally = Tally(0.0)
    tally.count_plates(Seen(nobody, 9.0), Part.READS, "read", 1.0)
    tally.count_plates(Seen(nobody, 9.0, PlatesLooked((), (1,), 3.0)), Part.READS, "read", 1.0)
    assert tally.asked == 0, "no vehicle, and a vehicle without a plate"
    tally.count_plates(Seen(nobody, 9.0, PlatesLooked((plate(1),), (1,), 3.0, 1.5)), Part.READS, "read", 1.0)
    assert (tally.asked, tally.answered, tally.inference_ms.value(1.0)) == (1, 1, 1.5)
    tally.count_plates(Seen(nobody, 9.0, PlatesLooked(failed="find", fault="x")), Part.READS, "read", 2.0)
    tally.count_plates(Seen(nobody, 9.0, PlatesLooked(failed="read", fault="x")), Part.READS, "read", 2.0)
    assert (tally.asked, tally.failures) == (2, 1), "what another model does is no fault of this one"
