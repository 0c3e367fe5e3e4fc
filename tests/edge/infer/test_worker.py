"""The process of one accelerator, driven over its connection as the runtime does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.capture.port import Picture
from edge.capture.ring import Ring, RingLayout, make_memory
from edge.capture.slots import SlotName
from edge.infer.messages import (
    Erred,
    ForgetRing,
    Found,
    FoundNothing,
    FromAccelerator,
    KnowRing,
    Load,
    Loaded,
    Loading,
    Look,
    Missed,
    ModelOrder,
    Refused,
    Stop,
    Unload,
    Up,
)
from edge.region import Region, Size
from edge.runtime.child import Child
from tests.edge.infer import puppet

PATIENCE_S = 15.0
LAYOUT = RingLayout("gate.1.1", Size(64, 48), 2)
WHOLE = (Region(0, 0, 64, 48),)
SLOT = SlotName("gate.1.1", 0, 1)


class Driver:
    """The other end of an accelerator."""

    def __init__(self, entry: str) -> None:
        self.heard: list[Any] = []
        self.died: list[str] = []
        self.channel: Any = None
        self.child = Child(self, FromAccelerator, self.heard.append, self.died.append, urgent=True)
        self.child.start("edge.infer.worker:run_accelerator", "accelerator puppet", entry)

    def watch(self, channel: Any, ready: Any, *, urgent: bool) -> None:
        self.channel, self._ready = channel, ready

    def unwatch(self, channel: Any) -> None:
        self.channel = None

    def next(self) -> Any:
        while True:
            assert self.channel.waiting(PATIENCE_S), "the accelerator says nothing"
            self._ready()
            said = self.heard.pop(0) if self.heard else self.died.pop(0)
            if not isinstance(said, Loading):  # comes or not, as the machine has time
                return said

    def ask(self, message: Any, fd: int | None = None) -> Any:
        self.child.send(message, fd)
        return self.next()


@pytest.fixture
def ring() -> Iterator[tuple[Ring, int]]:
    fd = make_memory(LAYOUT)
    ring = Ring(LAYOUT, fd, writable=True)
    ring.write(SLOT, picture())
    yield ring, fd
    ring.close()
    os.close(fd)


@pytest.fixture
def start() -> Iterator[Any]:
    drivers: list[Driver] = []

    def begin(entry: str = puppet.ENTRY) -> Driver:
        drivers.append(Driver(entry))
        return drivers[-1]

    yield begin
    for driver in drivers:
        driver.child.end(0.0)


@pytest.fixture
def ready(start: Any, tmp_path: Path, ring: tuple[Ring, int]) -> tuple[Driver, Path]:
    control = puppet.make_bundle(tmp_path)
    driver = start()
    assert driver.next() == Up()
    loaded = driver.ask(Load(ModelOrder("m", str(tmp_path / puppet.NAME), "puppet.bin", "default")))
    assert isinstance(loaded, Loaded)
    driver.child.send(KnowRing(LAYOUT), ring[1])
    return driver, control


def picture() -> Picture:
    return Picture(np.full((48, 64), 90, np.uint8), np.full((24, 32), 128, np.uint8), np.full((24, 32), 128, np.uint8), 0.0)


def look(driver: Driver, slot: SlotName = SLOT, model: str = "m") -> Any:
    return driver.ask(Look(slot, model, WHOLE))


def test_each_outcome_says_what_happened(ready: tuple[Driver, Path]) -> None:
    driver, control = ready
    seen = look(driver)
    assert isinstance(seen, Found)
    assert seen.detections().boxes.tolist() == [[16, 12, 32, 36]]
    control.write_text("nothing")
    assert isinstance(look(driver), FoundNothing)
    control.write_text("error")
    assert look(driver) == Erred("the device says no")
    control.write_text("see")
    assert isinstance(look(driver), Found)


def test_a_picture_that_is_gone_is_dropped_not_empty(ready: tuple[Driver, Path], ring: tuple[Ring, int]) -> None:
    driver, _ = ready
    assert look(driver, SlotName("gate.1.1", 0, 7)) == Missed()
    assert look(driver, SlotName("another", 0, 1)) == Missed()
    ring[0].write(SlotName("gate.1.1", 0, 2), picture())
    assert look(driver) == Missed()
    driver.child.send(ForgetRing("gate.1.1"))
    assert look(driver, SlotName("gate.1.1", 0, 2)) == Missed()


def test_a_model_that_is_not_there_is_a_failure(ready: tuple[Driver, Path]) -> None:
    driver, _ = ready
    driver.child.send(Unload("m"))
    assert look(driver) == Erred("model m is not loaded")


def test_a_model_that_cannot_be_used_is_refused_and_the_others_go_on(ready: tuple[Driver, Path], tmp_path: Path) -> None:
    driver, _ = ready
    refused = driver.ask(Load(ModelOrder("x", str(tmp_path / "nowhere"), "puppet.bin", "default")))
    assert isinstance(refused, Refused)
    assert "nowhere" in refused.reason
    assert isinstance(look(driver), Found)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("tests.edge.infer.puppet:Broken", "no device on this box"),
        ("tests.edge.infer.puppet:Nothing", "Nothing"),
        ("tests.edge.infer.nowhere:X", "nowhere"),
    ],
)
def test_a_device_that_is_not_there_is_refused(start: Any, entry: str, words: str) -> None:
    refused = start(entry).next()
    assert refused.model == ""
    assert words in refused.reason


def test_a_crash_is_told_with_its_signal(ready: tuple[Driver, Path]) -> None:
    driver, control = ready
    control.write_text("crash")
    assert driver.ask(Look(SLOT, "m", WHOLE)) == " (signal 11)"


def test_it_ends_when_it_is_told_to(ready: tuple[Driver, Path]) -> None:
    driver, _ = ready
    assert driver.ask(Stop()) == " (exit 0)"
