"""Reading plates in an accelerator's process: with the shipped models, on a picture in a ring."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.capture.port import Picture
from edge.capture.ring import Ring, RingLayout, make_memory
from edge.capture.slots import SlotName
from edge.infer import accelerator as accelerators
from edge.infer import plates
from edge.infer.accelerator import AcceleratorError, Tensor
from edge.infer.messages import Found, KnowRing, Load, Loaded, Look, ModelOrder, PlateLook, Refused, Task, Unload, Up
from edge.region import Region, Size
from models.bundle.bundle import zoo
from models.bundle.detections import Detections
from models.bundle.reading import read_best
from tests.edge.infer.test_worker import Driver
from tests.models.vehicles import Drawn, drawn

CPU = "edge.infer.onnx_cpu:OnnxCpu"
SIZE = Size(640, 480)
LAYOUT = RingLayout("gate.1.1", SIZE, 2)
SLOT = SlotName("gate.1.1", 0, 1)
SEEDS = (3, 10)
"""Of drawn cars that the vehicle detector takes for cars; it was made for photographs."""
VEHICLES = ModelOrder("objects", str(zoo() / "person-vehicle-fast"), "person-vehicle-fast.int8.onnx", "default")
DETECTOR = ModelOrder("find", str(zoo() / "plate-detector"), "plate-detector.int8.onnx", "default", Task.PLATES)
READER = ModelOrder("read", str(zoo() / "plate-reader"), "plate-reader.int8.onnx", "default", Task.PLATES)
ASKED = PlateLook("find", "read", 4)


@cache
def car(seed: int) -> Drawn:
    return drawn(seed, (SIZE.width, SIZE.height), wide=0.7)


def picture(rgb: Any) -> Picture:
    yuv = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420)
    height, width = rgb.shape[:2]
    area = height * width // 4
    flat = yuv[height:].reshape(-1)
    half = (height // 2, width // 2)
    return Picture(yuv[:height], flat[:area].reshape(half), flat[area:].reshape(half), 0.0)


@pytest.fixture
def memory() -> Iterator[tuple[Ring, int]]:
    fd = make_memory(LAYOUT)
    ring = Ring(LAYOUT, fd, writable=True)
    yield ring, fd
    ring.close()
    os.close(fd)


@pytest.fixture
def driver(memory: tuple[Ring, int]) -> Iterator[Driver]:
    made = Driver(CPU)
    try:
        assert made.next() == Up()
        for order in (VEHICLES, DETECTOR, READER):
            assert isinstance(made.ask(Load(order)), Loaded)
        made.child.send(KnowRing(LAYOUT), memory[1])
        yield made
    finally:
        made.child.end(0.0)


def look(driver: Driver, asked: PlateLook | None = ASKED) -> Any:
    return driver.ask(Look(SLOT, "objects", (SIZE.whole,), asked))


def test_a_plate_is_read_in_the_picture_of_a_ring_and_is_nowhere_as_text(driver: Driver, memory: tuple[Ring, int]) -> None:
    for seed in SEEDS:
        memory[0].write(SLOT, picture(car(seed).picture))
        found = look(driver)
        assert isinstance(found, Found)
        assert found.plates is not None
        looked = found.plates.looked(len(found.detections()))
        (seen,) = looked.seen
        text = read_best(seen.columns)[0].text
        assert text == car(seed).text
        assert np.abs(seen.corners - car(seed).corners).max() < 0.15 * seen.width
        assert looked.vehicles == (seen.vehicle,)
        assert 0 < looked.detector_ms < 500  # type: ignore[operator]
        assert 0 < looked.reader_ms < 500  # type: ignore[operator]
        shared = os.pread(memory[1], LAYOUT.total_bytes, 0)
        assert text.encode() not in shared
        assert text not in repr(found)


def test_people_are_seen_as_without_plates(driver: Driver, memory: tuple[Ring, int]) -> None:
    memory[0].write(SLOT, picture(car(SEEDS[0]).picture))
    with_, without = look(driver), look(driver, None)
    assert isinstance(with_, Found)
    people = with_.detections().select(with_.detections().classes == 0)
    assert without.plates is None if isinstance(without, Found) else not len(people)
    if isinstance(without, Found):
        np.testing.assert_array_equal(people.boxes, without.detections().boxes)


def test_what_is_spared_is_not_looked_at(driver: Driver, memory: tuple[Ring, int]) -> None:
    memory[0].write(SLOT, picture(car(SEEDS[0]).picture))
    left, top, right, bottom = (int(edge) for edge in car(SEEDS[0]).box)
    spared = Region(left, top, right - left, bottom - top)
    found = look(driver, PlateLook("find", "read", 4, (spared,)))
    looked = found.plates.looked(len(found.detections()))
    assert (looked.vehicles, looked.seen, looked.detector_ms) == ((), (), None)
    assert len(found.detections()), "the vehicle is there all the same"


def test_without_a_model_of_plates_people_and_vehicles_go_on(driver: Driver, memory: tuple[Ring, int], tmp_path: Path) -> None:
    memory[0].write(SLOT, picture(car(SEEDS[0]).picture))
    driver.child.send(Unload("read"))
    found = look(driver)
    looked = found.plates.looked(len(found.detections()))
    assert (looked.failed, looked.fault) == ("read", "model read is not loaded")
    assert len(found.detections())
    nowhere = ModelOrder("read", str(tmp_path / "nowhere"), "x.onnx", "default", Task.PLATES)
    refused = driver.ask(Load(nowhere))
    assert isinstance(refused, Refused)
    assert refused.model == "read"
    assert isinstance(look(driver), Found)


class Refusing:
    """A network that refuses once it is warm, or answers nonsense."""

    def __init__(self, real: Any, answer: Tensor | None) -> None:
        self.outputs = real.outputs
        self._real, self._answer, self.armed = real, answer, False

    def run(self, image: Any) -> tuple[Tensor, ...]:
        if not self.armed:
            return tuple(self._real.run(image))
        if self._answer is None:
            msg = "the device says no"
            raise AcceleratorError(msg)
        return tuple(np.full_like(output, np.nan) for output in self._real.run(image))


class Armed:
    """An accelerator whose networks can be armed."""

    def __init__(self, answer: Tensor | None) -> None:
        self._cpu, self._answer = accelerators.make(CPU), answer
        self.networks: list[Refusing] = []

    def load(self, model: bytes, name: str) -> Refusing:
        self.networks.append(Refusing(self._cpu.load(model, name), self._answer))
        return self.networks[-1]


@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize("nonsense", [False, True])
def test_the_model_that_fails_is_named(broken: int, nonsense: bool) -> None:
    accelerator = Armed(np.zeros(1) if nonsense else None)
    models = tuple(plates.load_plates(accelerator, order) for order in (DETECTOR, READER))
    accelerator.networks[broken].armed = True
    one = car(SEEDS[0])
    shot = picture(one.picture)
    detections = Detections(one.box[None], np.ones(1, np.float32), np.full(1, 2, np.int16))
    packed = plates.look((models[0], models[1]), (shot.y, shot.u, shot.v), detections, [0], ASKED)
    if nonsense and not broken:  # maps of NaN hold no plate
        assert packed.looked(1).seen == ()
    else:
        assert packed.looked(1).failed == ("find", "read")[broken]
        assert packed.looked(1).fault


def test_a_model_whose_golden_vectors_come_out_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    accelerator = Armed(np.zeros(1))

    def armed(model: bytes, name: str) -> Refusing:
        network = Refusing(accelerators.make(CPU).load(model, name), np.zeros(1))
        network.armed = True
        return network

    monkeypatch.setattr(accelerator, "load", armed)
    with pytest.raises(AcceleratorError, match="answers otherwise than its reference"):
        plates.load_plates(accelerator, READER)


def test_a_part_becomes_colours_as_the_whole_does() -> None:
    shot = picture(car(SEEDS[1]).picture)
    whole = cv2.cvtColor(
        np.concatenate([shot.y, shot.u.reshape(-1, SIZE.width), shot.v.reshape(-1, SIZE.width)]), cv2.COLOR_YUV2RGB_I420
    )
    part = plates.coloured((shot.y, shot.u, shot.v), 100, 60, 420, 300)
    np.testing.assert_array_equal(part, whole[60:300, 100:420])
