"""What an accelerator's process and the runtime say to one another.

Rules: plain frozen values; pictures are named, never carried; requests are answered in order, each once; the descriptor of a
ring follows its :class:`KnowRing` on the same connection; plates travel as columns (:mod:`edge.infer.packed`), never as text.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edge.capture.ring import RingLayout
from edge.capture.slots import SlotName
from edge.channel import Message
from edge.infer.packed import PackedPlates
from edge.region import Region
from models.bundle.detections import Detections


class Task(str, enum.Enum):
    """What a model is held for."""

    OBJECTS = "objects"
    """People and vehicles in a picture."""
    PLATES = "plates"
    """Finding or reading the plates of vehicles."""
    PROOF = "proof"
    """Nothing but its golden vectors: nobody asks it."""


@dataclass(frozen=True)
class ModelOrder:
    """A model to hold ready."""

    name: str
    """Under which requests ask for it."""
    bundle: str
    """Folder of the bundle."""
    variant: str
    """Which compiled variant."""
    operating_point: str
    task: Task = Task.OBJECTS
    """What it is held for."""


class Load(Message, frozen=True):
    """Load a model, check its golden vectors, warm up."""

    model: ModelOrder


class Unload(Message, frozen=True):
    """A model is no longer needed."""

    model: str


class KnowRing(Message, frozen=True):
    """There is a ring of this layout; its descriptor follows."""

    layout: RingLayout


class ForgetRing(Message, frozen=True):
    """No picture of this ring will be asked for again."""

    ring: str


@dataclass(frozen=True)
class PlateLook:
    """Look for plates too, on the vehicles that are found."""

    detector: str
    """Name of the model that finds plates."""
    reader: str
    """Name of the model that reads them."""
    most: int
    """Vehicles at most; the widest first."""
    spared: tuple[Region, ...] = ()
    """Where vehicles are whose plates need not be read any more."""


class Look(Message, frozen=True):
    """Look at parts of a picture."""

    slot: SlotName
    model: str
    regions: tuple[Region, ...]
    plates: PlateLook | None = None


class Stop(Message, frozen=True):
    """End in order."""


ToAccelerator: TypeAlias = Load | Unload | KnowRing | ForgetRing | Look | Stop


class Up(Message, frozen=True):
    """The process runs and its device is open."""


class Loading(Message, frozen=True):
    """The model is not ready yet, and the process goes on with it."""


class Loaded(Message, frozen=True):
    """The model is ready."""

    model: str
    warm_ms: float
    """Time of one look, after warming up."""


class Refused(Message, frozen=True):
    """The model, or the device itself (``model`` is empty), cannot be used."""

    model: str
    reason: str


class Found(Message, frozen=True):
    """Answer: something was seen. Arrays as bytes, row by row: float32 (n, 4), float32 (n,), int16 (n,)."""

    boxes: bytes
    scores: bytes
    classes: bytes
    inference_ms: float
    plates: PackedPlates | None = None
    """Where it was asked for and there are vehicles."""

    @classmethod
    def of(cls, detections: Detections, inference_ms: float, plates: PackedPlates | None = None) -> Found:
        """Pack detections."""
        boxes, scores, classes = detections.boxes, detections.scores, detections.classes
        return cls(boxes.tobytes(), scores.tobytes(), classes.tobytes(), inference_ms, plates)

    def detections(self) -> Detections:
        """Unpack them.

        Raises:
            ValueError: when the arrays do not belong together.
        """
        scores = np.frombuffer(self.scores, np.float32)
        boxes = np.frombuffer(self.boxes, np.float32).reshape(len(scores), 4)
        return Detections(boxes, scores, np.frombuffer(self.classes, np.int16).reshape(len(scores)))


class FoundNothing(Message, frozen=True):
    """Answer: looked, and nothing there."""

    inference_ms: float


class Missed(Message, frozen=True):
    """Answer: the picture is no longer in its slot."""


class Erred(Message, frozen=True):
    """Answer: the device refused."""

    reason: str


Answer: TypeAlias = Found | FoundNothing | Missed | Erred

FromAccelerator: TypeAlias = Up | Loading | Loaded | Refused | Answer
