"""Where this box is while it moves: its receiver, what is wrong with it, and what it makes of events.

A box without ``[gnss]`` is where its configuration says.
"""

from __future__ import annotations

import math

from msgspec import structs

from edge.agent.health import HealthBoard
from edge.boxfile import Gnss
from edge.clock import Clock
from edge.whereabouts import COURSE_SIGMA, SUBJECT, Whereabouts
from hardware.gnss import SerialReceiver
from protocol.events import Where
from protocol.gunshot import GunshotDetected

FIXED = "fixed"
_MOST_SIGMA = 180.0


class Position:
    """For the agent's loop.

    Args:
        gnss: of its file; ``None`` = it has no receiver.
        clock: time.
        board: where to put what stands against it.
    """

    def __init__(self, gnss: Gnss | None, clock: Clock, board: HealthBoard) -> None:
        self._clock, self._board = clock, board
        self._receiver = None if gnss is None else SerialReceiver(gnss.port, gnss.baud, clock.monotonic)
        self._whereabouts = Whereabouts(clock.monotonic())

    def start(self) -> None:
        """Begin to listen to the receiver."""
        if self._receiver is not None:
            self._receiver.start()

    def stop(self) -> None:
        """End."""
        if self._receiver is not None:
            self._receiver.stop()

    def look(self) -> None:
        """Say what is wrong; once a second."""
        if self._receiver is not None:
            self._take(self._receiver)
            self._board.replace(SUBJECT, self._whereabouts.reasons(self._clock.monotonic(), self._receiver.fault))

    def where(self, mounted: Where, at_s: float) -> Where | None:
        """Where a sensor was at a monotonic second, if anything is known of it."""
        if self._receiver is None or mounted.frame == FIXED:
            return mounted
        self._take(self._receiver)
        return self._whereabouts.place(mounted, at_s)

    def turned(self, heard: GunshotDetected, mounted: Where | None, at_s: float) -> GunshotDetected:
        """What was heard, with a bearing from north: a moving array knows its own heading only, against what carries it."""
        if self._receiver is None or mounted is None or mounted.frame == FIXED or heard.bearing is None:
            return heard
        course = self._whereabouts.course(at_s)
        if course is None:
            return structs.replace(heard, bearing=None)
        azimuth = (heard.bearing.azimuth_deg + course) % 360
        sigma = min(_MOST_SIGMA, math.hypot(heard.bearing.sigma_deg, COURSE_SIGMA))
        return structs.replace(heard, bearing=structs.replace(heard.bearing, azimuth_deg=azimuth, sigma_deg=sigma))

    def _take(self, receiver: SerialReceiver) -> None:
        self._whereabouts.take(receiver.take())
