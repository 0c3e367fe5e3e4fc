"""What a source's process and the runtime say to one another.

Rules: plain frozen values; pictures are named, never carried; the descriptor of a ring follows its :class:`RingMade` on the
same connection.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from edge.capture.faults import Fault
from edge.capture.port import Address, StreamInfo
from edge.capture.ring import RingLayout
from edge.capture.scene.post import Post
from edge.capture.slots import SlotName
from edge.channel import Message
from edge.clock import Instant
from edge.gate.expected import Acuity, Expected
from edge.region import Region, Size
from protocol.config import Gate

ALIVE_EVERY_S = 1.0
"""How often a waiting source says that it is alive."""


@dataclass(frozen=True)
class SourceOrder:
    """What a source's process is to do."""

    id: str
    port: str
    """Where the port is made: ``package.module:Class``, called with the address."""
    address: Address
    opening: int
    """How many times the source has been opened, this one included."""
    gate: Gate
    real_time: bool
    fps: float | None = None
    """Pictures a second of the recording, when its own time stamps are not to be believed."""
    repeat: bool = False
    slots: int = 5
    acuity: Acuity | None = None
    """What the model can see, for the gate."""
    post: Post | None = None
    """Where the landmarks of its view are kept; ``None`` without a calibration."""


class Begun(Message, frozen=True):
    """The process runs and goes to open its source."""


class Opened(Message, frozen=True):
    """The source is open."""

    info: StreamInfo


class RingMade(Message, frozen=True):
    """A ring for pictures of this size; the descriptor follows. An earlier ring of this source is no longer written."""

    layout: RingLayout


class Skip(enum.Enum):
    """Why a picture did not go into the ring."""

    STILL = "still"
    NO_SLOT = "no-slot"


class Shot(Message, frozen=True):
    """One decoded picture."""

    number: int
    captured: Instant
    media_s: float
    size: Size
    slot: SlotName | Skip
    regions: tuple[Region, ...]
    """What is worth a look; empty when nothing is."""


class Stills(Message, frozen=True):
    """Pictures in a row that are not worth a look, told at once: each word costs both processes as much as a picture's gate."""

    shots: tuple[Shot, ...]


class Alive(Message, frozen=True):
    """Nothing to say, but alive: sent while waiting for a picture's time."""


class Troubled(Message, frozen=True):
    """What is wrong although pictures keep coming; an empty tuple takes it back."""

    faults: tuple[Fault, ...]


class Ended(Message, frozen=True):
    """The end of a recording that is not repeated."""

    pictures: int


class Broken(Message, frozen=True):
    """The source cannot go on; the process ends."""

    fault: Fault


class DoorMade(Message, frozen=True):
    """Memory in which pictures are shown to the technician who aims; the descriptor follows. Only after :class:`Aim`."""

    layout: RingLayout


FromSource: TypeAlias = Begun | Opened | RingMade | Shot | Stills | Alive | Troubled | Ended | Broken | DoorMade


class Release(Message, frozen=True):
    """The picture in this slot is no longer needed."""

    slot: SlotName
    hints: tuple[Expected, ...] | None = None
    """Who is followed, for the gate; ``None`` = as before."""


class Expect(Message, frozen=True):
    """Who is followed, when there is no slot to release."""

    followed: tuple[Expected, ...]


class SetGate(Message, frozen=True):
    """Another gate from the next picture on, or another model behind it."""

    gate: Gate
    acuity: Acuity | None


class SetPost(Message, frozen=True):
    """Another calibration from now on: where the camera looks now is where it should look."""

    post: Post | None


class Stop(Message, frozen=True):
    """End in order."""


class Aim(Message, frozen=True):
    """Show pictures to a technician for so long; see :mod:`edge.capture.door`."""

    seconds: float


class AimEnd(Message, frozen=True):
    """Show no more."""


ToSource: TypeAlias = Release | Expect | SetGate | SetPost | Aim | AimEnd | Stop
