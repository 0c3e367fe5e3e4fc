"""What can be wrong with a microphone, by name.

Rules: as of sources (:mod:`edge.capture.faults`): a fault says what was wrong, with what value, and what to do next; its text
is redacted where it is made.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.redact import redact


class SoundFaultCode(str, enum.Enum):
    """Machine-readable names; they appear as reasons for ``degraded``."""

    MISSING = "microphone-missing"
    """Nothing of that name, or it was unplugged."""
    UNREADABLE = "microphone-unreadable"
    """It is there and may not be used."""
    DRIVER = "microphone-driver"
    """What speaks to microphones is not installed."""
    NOT_SOUND = "microphone-not-sound"
    """It is something else than sound that can be decoded."""
    CHANNELS = "microphone-channels"
    """It has another number of channels than is configured."""
    RATE = "microphone-rate"
    """It gives fewer samples a second than are configured, or gave fewer before somebody made more of them."""
    TRUNCATED = "microphone-truncated"
    """It ends before its own header says."""
    CORRUPT = "microphone-corrupt"
    """Sound cannot be decoded any more."""
    SILENT = "microphone-silent"
    """It gives nothing that a real microphone gives."""
    CLIPPED = "microphone-clipped"
    """It is at full scale for long."""
    DEAD = "microphone-dead"
    """One channel of several hears far less than the others."""
    WIND = "microphone-wind"
    """Hardly anything is heard but wind."""
    OVERRUN = "microphone-overrun"
    """Sound was lost because nobody fetched it in time."""
    STALLED = "microphone-stalled"
    """No sound for too long."""
    MODEL = "microphone-model"
    """What listens cannot be made."""
    CRASHED = "microphone-crashed"
    """Its process died."""


@dataclass(frozen=True)
class SoundFault:
    """One thing wrong with a microphone."""

    code: SoundFaultCode
    detail: str

    def __post_init__(self) -> None:
        """Redact and cut, so that a fault cannot exist otherwise."""
        object.__setattr__(self, "detail", redact(self.detail)[:TEXT_CHARACTERS])

    def reason(self, microphone: str) -> Reason:
        """The fault as the wire carries it."""
        return Reason(self.code.value, f"microphone {microphone}"[:64], self.detail)


class SoundError(Exception):
    """Raised inside the microphone's process; carries the fault to report."""

    def __init__(self, code: SoundFaultCode, detail: str) -> None:
        self.fault = SoundFault(code, detail)
        super().__init__(self.fault.detail)
