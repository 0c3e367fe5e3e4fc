"""How the machine under the agent is: clock, disk, memory, heat, and the month's bytes.

It is looked at once a second, what stands against it is put on the health board, and what has to be done about it (work given
up, less said) can be read here.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

from edge.agent import faults
from edge.agent.due import Due
from edge.agent.health import HealthBoard
from edge.allowance import SUBJECT as BYTES
from edge.allowance import Allowance
from edge.boxfile import Box
from edge.clock import Clock, Instant
from edge.ladder import SUBJECT as LADDER
from edge.ladder import Ladder, Measured, Work, steps_of, work_of
from edge.timefloor import floor_of
from hardware.clock import ClockWatch
from hardware.system import descendants, disk_free_mb, hot_c, load, memory_available_mb, memory_mb, temperature_c
from protocol.config import Source
from protocol.state import Telemetry

_MEMORY_S = 10.0
"""Between readings of memory: the kernel walks page tables for it."""


class Condition:
    """Looks at the machine.

    Args:
        box: what its file says of it.
        clock: time.
        board: where to put what stands against it.
        watch: how far the wall clock may be trusted.

    Attributes:
        allowance: the month's bytes.
        floor: the time before which it cannot be.
        memory_mb: of the agent and its processes, MB; ``None`` before it was read.
    """

    def __init__(self, box: Box, clock: Clock, board: HealthBoard, watch: ClockWatch) -> None:
        self._folder, self._clock, self._board = Path(box.state), clock, board
        self._started_s = clock.monotonic()
        self.watch = watch
        self.watch.update(self._started_s, clock.now().wall)
        self.floor = floor_of(self._folder)
        self.allowance = Allowance(box.mb_per_month, box.month_begins, self._folder)
        self._ladder = Ladder(hot_c() if box.hot_c is None else box.hot_c, box.low_mb)
        self.memory_mb: float | None = None
        self._memory_due = Due(_MEMORY_S)

    def look(self, now: Instant, line: int, sources: Sequence[Source]) -> bool:
        """Look at it, once a second.

        Args:
            now: this moment.
            line: bytes over the line to the manager since the start.
            sources: as they are configured.

        Returns:
            Whether there is other work to be done than before, see :meth:`work`.
        """
        self.watch.update(now.monotonic_s, now.wall)
        self.allowance.look(line, now.wall, now.monotonic_s, synchronised=self.watch.clock.synchronised)
        self._board.replace(BYTES, self.allowance.reasons())
        self._board.replace("disk", faults.of_disk(self._folder))
        self._board.replace("clock", faults.of_clock(now.wall, self.floor))
        if self._memory_due.now(now.monotonic_s):
            self.memory_mb = memory_mb(descendants(os.getpid()))
        return self._ladder.look(Measured(temperature_c(), memory_available_mb()), steps_of(sources), now.monotonic_s)

    def work(self, sources: Sequence[Source]) -> Work:
        """What of it can be done now; the manager is told what cannot."""
        work = work_of(self._ladder.step, sources)
        self._board.replace(LADDER, self._ladder.reasons(work))
        return work

    def wall(self) -> dt.datetime | None:
        """The wall clock, if something keeps it right."""
        return self._clock.now().wall if self.watch.clock.synchronised else None

    def uptime_s(self) -> float:
        """Seconds since the start."""
        return self._clock.monotonic() - self._started_s

    def telemetry(self) -> Telemetry:
        """Last values, of the machine alone."""
        return Telemetry(
            at=self._clock.now().wall,
            uptime_s=round(self.uptime_s(), 1),
            clock=self.watch.clock,
            load=load(),
            memory_mb=self.memory_mb,
            disk_free_mb=disk_free_mb(self._folder),
            temperature_c=temperature_c(),
        )
