"""The process of one accelerator: it owns the device, looks where it is told, and answers.

Rules: requests in order, one answer each. It may hang or die at any point; nobody else is touched. A request for a picture that
is no longer in its slot is answered as dropped, an error of the device as failed; neither is an empty result.

Where plates are wanted, the picture is copied when it is prepared: it must last until vehicles have been found in it, and its
slot may be another picture's by then. The copy is let go with the answer. A model of plates that fails costs people and
vehicles nothing.

Two threads: one owns the device, loads, looks and answers; the other listens, owns the rings, and prepares the next picture
while the device looks at this one (preparing takes 4% of a look, and the device would stand still meanwhile).
"""

from __future__ import annotations

import os
import queue
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TypeAlias

from edge.capture.port import Plane
from edge.capture.ring import Ring
from edge.channel import Channel, ChannelError
from edge.infer import accelerator as accelerators
from edge.infer import plates
from edge.infer.accelerator import AcceleratorError
from edge.infer.alive import Alive
from edge.infer.looker import Looker, Prepared, load_looker
from edge.infer.messages import (
    Answer,
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
    PlateLook,
    Refused,
    Stop,
    Task,
    ToAccelerator,
    Unload,
    Up,
)
from edge.infer.packed import PackedPlates
from edge.infer.plates import PlateModel
from edge.infer.proof import prove
from models.bundle.detections import Detections


def run_accelerator(connection: Connection, entry: str) -> None:
    """Run until stopped, or until the agent is gone."""
    worker = _Worker(Channel(connection, ToAccelerator))
    try:
        worker.open(entry)
        while worker.step():
            pass
    except ChannelError:
        pass  # the agent is gone


@dataclass(frozen=True)
class _Ready:
    """A picture, prepared."""

    model: str
    looker: Looker
    """That prepared it."""
    prepared: Prepared
    planes: tuple[Plane, Plane, Plane] | None
    """Of the picture, a copy, where plates are wanted."""
    plates: PlateLook | None


_Job: TypeAlias = _Ready | Missed | Erred | Load | Unload | Stop | Exception


class _Worker:
    """State of both threads; a member belongs to one of them, except the jobs."""

    def __init__(self, channel: Channel[ToAccelerator]) -> None:
        self._channel = channel
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._accelerator: Alive | None = None
        self._lookers: dict[str, Looker] = {}
        """Changed by the thread that owns the device, read by both."""
        self._plates: dict[str, PlateModel] = {}
        """Likewise."""
        self._rings: dict[str, Ring] = {}
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)

    def open(self, entry: str) -> None:
        """Open the device and begin to listen."""
        try:
            self._accelerator = Alive(accelerators.make(entry), lambda: self._say(Loading()))
        except (AcceleratorError, ImportError, AttributeError) as error:
            self._say(Refused("", f"cannot be used: {error}"))
        else:
            self._say(Up())
        self._listener.start()

    def step(self) -> bool:
        """Do the next thing that is asked. Returns whether to go on."""
        match self._jobs.get():
            case _Ready() as ready:
                self._say(self._look(ready))
            case Missed() | Erred() as answer:
                self._say(answer)
            case Load(model):
                self._load(model)
            case Unload(name):
                self._unload(name)
            case Stop():
                return False
            case Exception() as error:
                raise error
        return True

    def _load(self, model: ModelOrder) -> None:
        self._unload(model.name)
        if self._accelerator is None:
            return
        self._accelerator.begin()
        try:
            match model.task:
                case Task.OBJECTS:
                    self._lookers[model.name] = looker = load_looker(self._accelerator, model)
                    warm_ms = looker.warm_ms
                case Task.PLATES:
                    self._plates[model.name] = found = plates.load_plates(self._accelerator, model)
                    warm_ms = found.warm_ms
                case Task.PROOF:
                    warm_ms = prove(self._accelerator, model)
        except AcceleratorError as error:
            self._say(Refused(model.name, str(error)))
        else:
            self._say(Loaded(model.name, warm_ms))
        finally:
            self._accelerator.loading = False

    def _unload(self, name: str) -> None:
        self._lookers.pop(name, None)
        self._plates.pop(name, None)

    def _look(self, ready: _Ready) -> Answer:
        if self._lookers.get(ready.model) is not ready.looker:
            return _not_loaded(ready.model)
        begun_s = time.monotonic()
        try:
            detections = ready.looker.look(ready.prepared, vehicles=ready.plates is not None)
        except AcceleratorError as error:
            return Erred(str(error))
        took_ms = (time.monotonic() - begun_s) * 1000 / max(1, len(ready.prepared))
        return Found.of(detections, took_ms, self._read(ready, detections)) if len(detections) else FoundNothing(took_ms)

    def _read(self, ready: _Ready, detections: Detections) -> PackedPlates | None:
        asked, vehicles = ready.plates, ready.looker.vehicles(detections).tolist()
        if asked is None or not vehicles:
            return None
        detector, reader = self._plates.get(asked.detector), self._plates.get(asked.reader)
        if detector is None or reader is None or ready.planes is None:
            name = asked.reader if detector is not None else asked.detector
            return PackedPlates.failure(name, f"model {name} is not loaded")
        return plates.look((detector, reader), ready.planes, detections, vehicles, asked)

    def _say(self, message: FromAccelerator) -> None:
        self._channel.send(message)

    # the thread that listens

    def _listen(self) -> None:
        try:
            while self._hear(self._channel.receive()):
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is ends the process, by the thread that can
            self._jobs.put(error)
        finally:
            for ring in self._rings.values():
                ring.close()

    def _hear(self, message: ToAccelerator) -> bool:
        match message:
            case Look():
                self._jobs.put(self._prepare(message))
            case KnowRing(layout):
                fd = self._channel.receive_fd()
                self._rings[layout.ring] = Ring(layout, fd, writable=False)
                os.close(fd)
            case ForgetRing(name):
                ring = self._rings.pop(name, None)
                if ring is not None:
                    ring.close()
            case Load() | Unload() | Stop():
                self._jobs.put(message)
        return not isinstance(message, Stop)

    def _prepare(self, look: Look) -> _Ready | Missed | Erred:
        looker = self._lookers.get(look.model)
        if looker is None:
            return _not_loaded(look.model)
        ring = self._rings.get(look.slot.ring)
        planes = None if ring is None else ring.read(look.slot)
        if ring is None or planes is None:
            return Missed()
        asked = look.plates
        kept = None
        if asked is not None and asked.detector in self._plates and asked.reader in self._plates:
            y, u, v = planes
            kept = planes = (y.copy(), u.copy(), v.copy())
        prepared = looker.prepare(planes, look.regions)
        if ring.read(look.slot) is None:
            return Missed()  # the slot was written anew meanwhile: what was prepared is two pictures in one
        return _Ready(look.model, looker, prepared, kept, asked)


def _not_loaded(model: str) -> Erred:
    return Erred(f"model {model} is not loaded")
