"""``lamplighter edge clock``: the system's clock, put forward to the floor where it is behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.timefloor import Floor, floor_of
from hardware.clock import put_forward


@dataclass(frozen=True)
class CaughtUp:
    """What became of the clock.

    Attributes:
        wall: what it said.
        floor: before which it cannot be.
        fault: why it stays behind.
    """

    wall: dt.datetime
    floor: Floor
    fault: str | None = None

    @property
    def behind(self) -> bool:
        """Whether it was."""
        return self.wall < self.floor.at

    def line(self) -> str:
        """For people."""
        said = f"the clock says {self.wall:%Y-%m-%d %H:%M}, and {self.floor.why} on {self.floor.at:%Y-%m-%d %H:%M} (UTC)"
        if not self.behind:
            return f"{said}: it is left alone"
        if self.fault is None:
            return f"{said}: it was put forward to that"
        return f"{said}: it cannot be put forward ({self.fault}); run this as root, before the agent"

    def json(self) -> str:
        """For programs."""
        said = {
            "wall": self.wall,
            "floor": self.floor.at,
            "why": self.floor.why,
            "put_forward": self.behind and self.fault is None,
            "fault": self.fault,
        }
        return msgspec.json.encode(said).decode()


def catch_up(state: Path, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc)) -> CaughtUp:
    """Put the clock forward, if it is behind; never back.

    Args:
        state: the box's folder.
        now: the wall clock.
    """
    wall, floor = now(), floor_of(state)
    if wall < floor.at:
        try:
            put_forward(floor.at)
        except OSError as error:
            return CaughtUp(wall, floor, error.strerror or str(error))
    return CaughtUp(wall, floor)
