"""What became of a picture. Exactly one outcome per decoded picture, and each says a different thing.

Rules: a picture at which nobody looked is never an empty result. :class:`NothingSeen` means that a model looked and found
nothing; :class:`Still` that the gate found nothing worth a look (what was there is still there); :class:`Dropped`,
:class:`TimedOut` and :class:`Failed` that nobody knows.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from models.bundle.detections import Detections
from models.bundle.plates import PlateSeen


class DropReason(str, enum.Enum):
    """Why a picture was not looked at; the names of the counters in telemetry."""

    SUPERSEDED = "superseded"
    """A newer picture of the same source came before the accelerator was free."""
    NO_SLOT = "no-slot"
    """All slots of the ring were in use; the picture was decoded and let go."""
    ACCELERATOR_DOWN = "accelerator-down"
    """No accelerator was ready, or it died before it came to this picture."""
    DEADLINE = "deadline"
    """It waited longer than a picture may live."""
    SHED = "shed"
    """The box takes less work upon itself: it is hot, or short of memory."""
    SOURCE_GONE = "source-gone"
    """Its source stopped before the picture was looked at."""


@dataclass(frozen=True)
class PlatesLooked:
    """Vehicles were there, and plates were looked for on them.

    Attributes:
        seen: plates, each on one of the vehicles.
        vehicles: those that were looked at, by row of the picture's detections; the others are spared, or too many.
        detector_ms: time of an inference of the model that finds plates; ``None`` where it was not needed.
        reader_ms: the same of the model that reads them.
        failed: name of the model that failed; empty = none did. What was seen before is not handed on.
        fault: why.
    """

    seen: tuple[PlateSeen, ...] = ()
    vehicles: tuple[int, ...] = ()
    detector_ms: float | None = None
    reader_ms: float | None = None
    failed: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Seen:
    """A model looked and found something."""

    detections: Detections
    """Boxes in pixels of the picture."""
    inference_ms: float
    looked: PlatesLooked | None = None
    """For plates; ``None`` = nobody was asked to, or there was no vehicle."""

    @property
    def plates(self) -> tuple[PlateSeen, ...]:
        """Plates on vehicles."""
        return () if self.looked is None else self.looked.seen


@dataclass(frozen=True)
class NothingSeen:
    """A model looked and found nothing."""

    inference_ms: float


@dataclass(frozen=True)
class Still:
    """Nothing moved, so no model looked."""


@dataclass(frozen=True)
class Dropped:
    """Not looked at."""

    reason: DropReason


@dataclass(frozen=True)
class TimedOut:
    """The accelerator did not answer in its time and was killed."""

    after_s: float


@dataclass(frozen=True)
class Failed:
    """The accelerator answered with an error."""

    reason: str


Outcome: TypeAlias = Seen | NothingSeen | Still | Dropped | TimedOut | Failed
