"""When a picture of a live stream was, and whether it comes late.

A stream's own stamps are even, and its clock is the camera's: it may be hours wrong, run fast, or begin anew. Moments are
therefore those of arrival on the box's monotonic clock; stamps only spread pictures between them, and tell that one arrives
late: what waited in a buffer while the box or the network stood still must not be shown as what is there now.

Rules: time never falls and is never ahead of the clock; what is late is late against the quickest picture before it, which is
forgotten slowly (:data:`_FORGET`), because cameras stamp by a nominal rate that their sensor does not keep. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LATE_S = 0.5
"""A picture that comes later than this is not shown: more than networks and encoders vary, less than a person walks in a
second."""

_FORGET = 0.05
"""Seconds a second: rates that cameras state and do not keep are 1% or 2% wrong; a buffer of two seconds is emptied long
before."""

_LEAP_S = 5.0
"""Stamps that run further ahead of the clock at once are those of another clock."""


@dataclass(frozen=True)
class Moment:
    """Of one picture."""

    media_s: float
    """Seconds since the stream was opened, not falling, not after its arrival."""
    late_s: float
    """How long it has waited somewhere on its way, more than the quickest lately."""


class Timeline:
    """Of one opened stream.

    Args:
        opened_s: monotonic second.
    """

    def __init__(self, opened_s: float) -> None:
        self._opened_s = opened_s
        self._arrived_s = self._media_s = 0.0
        self._stamp_s: float | None = None
        self._shift_s = 0.0
        """From stamps to time since the opening, for the quickest picture."""

    def place(self, stamp_s: float | None, now_s: float) -> Moment:
        """The moment of the next picture.

        Args:
            stamp_s: what the stream says of its time, seconds by whatever clock; ``None`` where it says nothing.
            now_s: monotonic second of its arrival.
        """
        arrived_s = max(now_s - self._opened_s, self._arrived_s)
        passed_s, self._arrived_s = arrived_s - self._arrived_s, arrived_s
        if stamp_s is None or not math.isfinite(stamp_s):
            self._stamp_s, self._media_s = None, arrived_s
            return Moment(arrived_s, 0.0)
        before_s, self._stamp_s = self._stamp_s, stamp_s
        if before_s is None or not 0 <= stamp_s - before_s <= passed_s + _LEAP_S:
            self._shift_s = arrived_s - stamp_s
        else:
            self._shift_s = min(self._shift_s + _FORGET * passed_s, arrived_s - stamp_s)
        # Of stamps in the billions the sum is not exact.
        self._media_s = min(max(stamp_s + self._shift_s, self._media_s), arrived_s)
        return Moment(self._media_s, arrived_s - self._media_s)
