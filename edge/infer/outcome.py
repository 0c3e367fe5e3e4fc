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
class Seen:
    """A model looked and found something."""

    detections: Detections
    """Boxes in pixels of the picture."""
    inference_ms: float


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
