"""When each picture of a file is due, so that it plays as a camera would.

Rules: deadlines are absolute (start plus time in the recording), so that late wake-ups never add up; after a stop longer than
:data:`MAX_LAG_S` (a suspended box, a debugger) the schedule moves instead of racing to catch up. Pure.
"""

from __future__ import annotations

MAX_LAG_S = 1.0
"""Longer than any hiccup of a loaded box, shorter than a flood of late pictures would be useful."""


class Pacer:
    """Deadlines of one opened source."""

    def __init__(self) -> None:
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
        return due_s
