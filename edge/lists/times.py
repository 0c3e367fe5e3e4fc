"""Until when something may be used, by what a box knows of the time.

Rules: what has an end ends by the latest of the wall clock and the moment that the box's files prove, whether or not something
keeps the clock right: a clock that is ahead ends a list early and is told, one that is behind does not prolong it beyond the
proof. What has a beginning is held to it only where the clock is known to be right, as certificates are
(:mod:`ota.device.signers`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from ota.device.moment import Moment


@dataclass(frozen=True)
class Times:
    """Makes moments of wall clocks.

    Attributes:
        floor: the latest moment that is proven.
        known: whether something keeps the wall clock right.
    """

    floor: dt.datetime
    known: Callable[[], bool]

    def at(self, wall: dt.datetime) -> Moment:
        """What the wall clock is worth."""
        return Moment(max(wall, self.floor), wall >= self.floor and self.known())
