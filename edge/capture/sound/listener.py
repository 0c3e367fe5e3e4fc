"""What listens within a microphone's process.

Rules: it may keep the last :data:`MOST_S` of sound, in memory of its own that is overwritten, and nothing else of it; what it
says are numbers. It is named, not handed over: the agent does not import it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.capture.sound.faults import SoundFault
from edge.capture.sound.port import Floats
from edge.clock import Instant
from protocol.config import Microphone
from protocol.events import Assessed, Phase
from protocol.gunshot import GunshotDetected

MOST_S = 5.0


@dataclass(frozen=True)
class HearingModel:
    """The model that a listener asks."""

    name: str
    """Under which it is held: bundle and operating point."""
    folder: str
    """Of the bundle."""
    file: str
    """The compiled variant."""
    operating_point: str


@dataclass(frozen=True)
class Said:
    """One thing that a listener has to say."""

    onset: float
    """Index of the sample at which the first muzzle blast begins; may lie between two."""
    sigma: float
    """Its standard deviation, samples."""
    key: str
    """Names the incident, among those of this listener."""
    phase: Phase
    observed: GunshotDetected
    """Its ``onset_sigma_ms`` is replaced: the clock's part is known by who asks."""
    assessed: Assessed | None = None


class Listener(Protocol):
    """Listens to one microphone."""

    @property
    def onsets(self) -> int:
        """Onsets that were looked at since it was made, shots or not."""

    @property
    def faults(self) -> tuple[SoundFault, ...]:
        """What is wrong with the microphone that takes listening to know; asked once a second."""

    def take(self, samples: Floats, first: int, at: Instant) -> Sequence[Said]:
        """Take the next block.

        Args:
            samples: (channels, n), full scale 1, finite; overwritten or gone after the call.
            first: index of its first sample; follows the block before, or :meth:`forget` was called.
            at: both clocks at its end.
        """

    def forget(self) -> Sequence[Said]:
        """Forget all sound: what comes next does not follow it, or nothing does. Incidents that are open end."""


MakeListener = Callable[[Microphone, HearingModel], Listener]
"""What a listener's name names, ``package.module:function``."""


def make_listener(name: str, microphone: Microphone, model: HearingModel) -> Listener:
    """Make one by its name; whatever is raised goes through."""
    module, _, function = name.partition(":")
    make: MakeListener = getattr(importlib.import_module(module), function)
    return make(microphone, model)
