"""What can be wrong with a source, by name.

Rules: a fault says what was wrong, with what value, and what to do next; its text is redacted where it is made, so that no
credential reaches a message, a log or an event.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.redact import redact


class FaultCode(str, enum.Enum):
    """Machine-readable names; they appear as reasons for ``degraded``."""

    MISSING = "source-missing"
    """Nothing at that address."""
    UNREACHABLE = "source-unreachable"
    """A camera does not answer, or has left."""
    CREDENTIALS = "source-credentials"
    """A camera refuses the user name and password, or there are none for it."""
    UNREADABLE = "source-unreadable"
    """It is there and may not be read."""
    NOT_VIDEO = "source-not-video"
    """It is something else than a video that can be decoded."""
    TRUNCATED = "source-truncated"
    """It ends before its own index says."""
    CORRUPT = "source-corrupt"
    """Pictures cannot be decoded any more."""
    TOO_LARGE = "source-too-large"
    """Its pictures are larger than a box takes."""
    STALLED = "source-stalled"
    """No picture for too long."""
    FROZEN = "source-frozen"
    """The same picture again and again, to the last bit."""
    DARK = "scene-dark"
    """Too little light to detect anybody."""
    BLURRED = "scene-blurred"
    """Much less sharp than this view was."""
    BLOCKED = "scene-blocked"
    """Something hangs before a large part of it."""
    SHAKING = "scene-shaking"
    """It swings to and fro."""
    MOVED = "scene-moved"
    """It looks elsewhere than it did."""
    CRASHED = "source-crashed"
    """The source's process died."""


SCENE = frozenset({FaultCode.DARK, FaultCode.BLURRED, FaultCode.BLOCKED, FaultCode.SHAKING, FaultCode.MOVED})
"""What a camera may show although pictures keep coming as they should."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a source."""

    code: FaultCode
    detail: str

    def __post_init__(self) -> None:
        """Redact and cut, so that a fault cannot exist otherwise."""
        object.__setattr__(self, "detail", redact(self.detail)[:TEXT_CHARACTERS])

    def reason(self, source: str) -> Reason:
        """The fault as the wire carries it."""
        return Reason(self.code.value, f"source {source}"[:64], self.detail)


class CaptureError(Exception):
    """Raised inside the source's process; carries the fault to report."""

    def __init__(self, code: FaultCode, detail: str) -> None:
        self.fault = Fault(code, detail)
        super().__init__(self.fault.detail)
