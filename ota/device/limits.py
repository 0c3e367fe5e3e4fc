"""What the box allows itself on the wire: a bandwidth, and hours in which it fetches nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_DAY_S = 86400.0


class Bucket:
    """A token bucket: fetching takes no more than its share of the line.

    Args:
        bytes_s: on average; nothing = no cap.
        monotonic: seconds.
        sleep: waits.
    """

    def __init__(self, bytes_s: float | None, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.bytes_s = bytes_s
        self._monotonic, self._sleep = monotonic, sleep
        self._tokens = bytes_s or 0.0
        self._at = monotonic()

    def take(self, size: int) -> None:
        """Wait until so many bytes may have come; a second's worth may come at once."""
        if not self.bytes_s:
            return
        now = self._monotonic()
        self._tokens = min(self.bytes_s, self._tokens + (now - self._at) * self.bytes_s) - size
        self._at = now
        if self._tokens < 0:
            self._sleep(-self._tokens / self.bytes_s)


@dataclass(frozen=True)
class QuietHours:
    """Hours of the day in which nothing is fetched; others use the line then.

    Attributes:
        spans: from, until (not included), in local time; over midnight where the end is before the beginning.
        zone: of the place.
    """

    spans: Sequence[tuple[dt.time, dt.time]]
    zone: dt.tzinfo

    def wait_s(self, now: dt.datetime | None) -> float:
        """Seconds until fetching is allowed; a box that does not know the time fetches.

        Args:
            now: with time zone, if it is known.
        """
        if now is None:
            return 0.0
        local = now.astimezone(self.zone)
        waits = [_until(local, end) for begin, end in self.spans if _within(local.time(), begin, end)]
        return max(waits, default=0.0)


def _within(time: dt.time, begin: dt.time, end: dt.time) -> bool:
    return begin <= time < end if begin <= end else time >= begin or time < end


def _until(local: dt.datetime, end: dt.time) -> float:
    """Seconds until the clock on the wall shows ``end``; where it jumps meanwhile, asked again then."""
    time = local.time()
    passed = (time.hour * 60 + time.minute) * 60 + time.second + time.microsecond / 1e6
    return ((end.hour * 60 + end.minute) * 60 + end.second - passed) % _DAY_S or _DAY_S
