"""When each picture of a file is due, so that it plays as a camera would.

Rules: deadlines are absolute (start plus time in the recording), so that late wake-ups never add up; after a stop longer than
:data:`MAX_LAG_S` (a suspended box, a debugger) the schedule moves instead of racing to catch up, and over a hole in the time
stamps (a camera that was off, a damaged file) it does not wait longer than :data:`MAX_WAIT_S`. Pure.
"""

from __future__ import annotations

MAX_LAG_S = 1.0
"""Longer than any hiccup of a loaded box, shorter than a flood of late pictures would be useful."""

MAX_WAIT_S = 4.0
"""A source without a picture for five seconds is a fault; a recording that goes on is none."""


class Pacer:
    """Deadlines of one opened source.

    Args:
        max_wait_s: longest time between two pictures; more for a recording that has fewer pictures.
    """

    def __init__(self, max_wait_s: float = MAX_WAIT_S) -> None:
        self._max_wait_s = max_wait_s
        self._start_s: float | None = None

    def due(self, media_s: float, now_s: float) -> float:
        """Monotonic second at which the next picture is to be shown.

        Args:
            media_s: its time in the recording, seconds, not falling.
            now_s: monotonic seconds.
        """
        if self._start_s is None:
            self._start_s = now_s - media_s
        due_s = self._start_s + media_s
        if now_s - due_s > MAX_LAG_S:
            self._start_s += now_s - due_s
            return now_s
        if due_s - now_s > self._max_wait_s:
            self._start_s -= due_s - now_s - self._max_wait_s
            return now_s + self._max_wait_s
        return due_s
