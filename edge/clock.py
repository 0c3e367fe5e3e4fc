"""Time, handed in.

Rules: deadlines, windows and rates use the monotonic clock only; the wall clock stamps events and nothing else, so that a step
of hours changes no behaviour.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Instant:
    """One moment on both clocks."""

    monotonic_s: float
    """Seconds of the system's monotonic clock (the same for all processes of the box)."""
    wall: dt.datetime
    """Wall clock with time zone."""


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Seconds, never stepping back."""

    def now(self) -> Instant:
        """Both clocks, read together."""


class SystemClock:
    """The operating system's clocks."""

    def monotonic(self) -> float:
        """Seconds of ``CLOCK_MONOTONIC``."""
        return time.monotonic()

    def now(self) -> Instant:
        """Both clocks, read together."""
        return Instant(time.monotonic(), dt.datetime.now(dt.timezone.utc))
