"""What time it is, as far as the box can know (rows 21 and 60 of the faults). Pure.

A box may have no battery clock, may start in 1970 or, with a spoilt one, in 2038, and may have been in a drawer for half a
year. What it can know is that it is later than certain moments: when its software was built, and when metadata were signed
that it has verified. The latest of them is the floor.

TUF metadata carry no time of signing, but a time until which they are valid. So the floor is reckoned backwards from that, by
the longest validity that a timestamp may have (``VALIDITY``): a publisher who gives them less makes the floor lie in the past,
which costs nothing but a later discovery of a frozen mirror. One who gave them more would make it lie ahead; ours refuses to.

Rules:

- The wall clock never raises the floor. Only the build and signed metadata do.
- The floor never reaches the moment at which root and targets expire, which are signed offline: a thief of the online keys
  could otherwise put it at the end of time, and no box would ever believe anything again.
- Where the wall clock is known to be right (NTP, GNSS) it counts, unless the floor lies ahead of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from protocol.release import MOST_TIMESTAMP_DAYS

VALIDITY = dt.timedelta(days=MOST_TIMESTAMP_DAYS)
"""Longest validity of a timestamp that this reckons with."""
_MARGIN = dt.timedelta(days=1)
"""Of root's and targets' validity, left for fetching their successors."""


@dataclass(frozen=True)
class Moment:
    """A time to hold expiries against.

    Attributes:
        now: with time zone.
        known: whether it is the time, or only a time that has passed.
    """

    now: dt.datetime
    known: bool


def moment(wall: dt.datetime | None, floor: dt.datetime) -> Moment:
    """Take the wall clock if it is known to be right, but no time before the floor.

    Args:
        wall: the wall clock, if something has set it; with time zone.
        floor: with time zone.
    """
    if wall is None or wall < floor:
        return Moment(floor, known=False)
    return Moment(wall, known=True)


def raised(floor: dt.datetime, timestamp: dt.datetime, root: dt.datetime, targets: dt.datetime) -> dt.datetime:
    """Raise a floor by metadata that were verified.

    Args:
        floor: as it is.
        timestamp: until when the timestamp is valid.
        root: likewise the root.
        targets: likewise the top-level targets.
    """
    return max(floor, min(timestamp - VALIDITY, root - _MARGIN, targets - _MARGIN))
