"""When a recording that is played by the wall clock is due.

Such a recording goes round without end, and its first sample is played at whole multiples of its length since 1970 (UTC). Boxes
with equally long recordings are so in step without a word between them, whenever each of them began: what several microphones
recorded at once is heard as it was.

Rules: each round begins where the wall clock says and goes on by the monotonic one, so that a step of the wall clock waits for
the next round. What is over by more than :data:`edge.capture.pacing.MAX_LAG_S` is left out: played later, it would be told with
a time that is wrong. Pure.
"""

from __future__ import annotations

import datetime as dt

from edge.capture.pacing import MAX_LAG_S
from edge.clock import Instant

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_MICROSECOND = dt.timedelta(microseconds=1)


class WallClockPacer:
    """Deadlines of one recording.

    Args:
        samples: of the recording and channel, at least one.
        rate_hz: of them, a second.
    """

    def __init__(self, samples: int, rate_hz: int) -> None:
        self._samples, self._rate_hz = samples, rate_hz
        self._start_s = 0.0

    def begin(self, now: Instant) -> None:
        """The round that runs begins to be played; the next one, if that is about to begin."""
        whole = self._samples * 1_000_000
        over = (now.wall - _EPOCH) // _MICROSECOND * self._rate_hz % whole
        if whole - over <= min(MAX_LAG_S * self._rate_hz * 1e6, whole / 2):
            over -= whole
        self._start_s = now.monotonic_s - over / (self._rate_hz * 1e6)

    def due(self, samples: int, now_s: float) -> float | None:
        """Monotonic second at which so many samples of this round have been played; ``None`` = that is over for too long.

        Args:
            samples: from the recording's first.
            now_s: monotonic seconds.
        """
        due_s = self._start_s + samples / self._rate_hz
        return None if now_s - due_s > MAX_LAG_S else due_s
