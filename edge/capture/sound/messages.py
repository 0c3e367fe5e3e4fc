"""What a microphone's process and the runtime say to one another.

Rules: plain frozen values, and none that could hold sound: numbers, names and what the wire contract has of shots.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from msgspec import Meta

from edge.capture.messages import Alive, Begun, Stop
from edge.capture.sound.faults import SoundFault
from edge.capture.sound.listener import HearingModel
from edge.capture.sound.port import SoundInfo
from edge.capture.sound.watch import WatchPolicy
from edge.channel import Message
from edge.clock import Instant
from protocol.config import Microphone
from protocol.events import Assessed, Phase
from protocol.gunshot import GunshotDetected

Index = Annotated[int, Meta(ge=0, le=2**53 - 1)]


@dataclass(frozen=True)
class HearOrder:
    """What a microphone's process is to do."""

    microphone: Microphone
    port: str
    """Where the port is made: ``package.module:Class``, called with address, rate and number of channels."""
    listener: str
    """Where what listens is made, see :data:`edge.capture.sound.listener.MakeListener`."""
    model: HearingModel
    watch: WatchPolicy
    """When it counts as silent or clipped."""


class MicrophoneOpened(Message, frozen=True):
    """The microphone is there; what listens is made now."""

    info: SoundInfo


class Listening(Message, frozen=True):
    """What listens is made; sound is asked for from now on."""


class Progress(Message, frozen=True):
    """Sound comes and is listened to. Said with the first block and once a second from then on."""

    samples: Index
    """A channel, listened to since the microphone was opened."""
    overruns: Index
    """Losses of sound."""
    onsets: Index
    """That were looked at."""
    level_db: Annotated[float, Meta(ge=-200, le=20)]
    """RMS of the loudest channel in the last second, dB of full scale."""


class Heard(Message, frozen=True):
    """Something worth saying was heard."""

    at: Instant
    """Onset of the first muzzle blast."""
    key: Annotated[str, Meta(min_length=1, max_length=64)]
    phase: Phase
    observed: GunshotDetected
    assessed: Assessed | None = None


class Ailing(Message, frozen=True):
    """What is wrong although sound keeps coming; an empty tuple takes it back."""

    faults: tuple[SoundFault, ...]


class Played(Message, frozen=True):
    """The end of a recording that is not repeated."""

    samples: Index


class Lost(Message, frozen=True):
    """The microphone cannot go on; the process ends."""

    fault: SoundFault


FromMicrophone: TypeAlias = Begun | MicrophoneOpened | Listening | Progress | Heard | Alive | Ailing | Played | Lost
ToMicrophone: TypeAlias = Stop
