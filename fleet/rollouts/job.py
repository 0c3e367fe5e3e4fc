"""The process that moves rollouts forward: ticks, says that it lives, and waits for a store that does not answer.

Rule: it may be killed at any line; see :mod:`fleet.rollouts.scheduler`.
"""

from __future__ import annotations

import logging
import threading
import time

import msgspec
from sqlalchemy import Engine

from fleet.identity.authority import KeysError
from fleet.rollouts.leader import Leader
from fleet.rollouts.scheduler import Scheduler
from fleet.store.database import STORE_FAULTS
from fleet.store.signs import read_sign, write_sign

IDLE_S = 0.5
"""Between ticks when nothing is due: a box's word waits no longer than this."""
BUSY_S = 0.02
"""Between ticks when more is due: ingest, which writes the same store, gets its turn."""
RETRY_S = 2.0
PULSE_S = 2.0
SILENT_MS = 15_000
"""A pulse older than this means that nobody moves rollouts forward."""
_NAME = "rollouts"
_log = logging.getLogger("lamplighter.rollouts")


class Pulse(msgspec.Struct, frozen=True):
    """Sign of life of the process; ``at`` in ms."""

    at: int
    fault: str = ""


class Job:
    """Ticks a scheduler.

    Args:
        engine: the store.
        scheduler: moves rollouts.
    """

    def __init__(self, engine: Engine, scheduler: Scheduler) -> None:
        self._engine, self._scheduler, self._leader = engine, scheduler, Leader(engine)
        self._fault = ""
        self._told_s: float | None = None

    def run(self, until: threading.Event) -> None:
        """Work until told to end."""
        pause_s = 0.0
        while not until.wait(pause_s):
            try:
                pause_s = self._turn()
            except (*STORE_FAULTS, KeysError) as error:
                self._say(f"rollouts wait: {getattr(error, 'orig', None) or error}")
                pause_s = RETRY_S
        self._leader.resign()

    def _turn(self) -> float:
        if not self._leader.leads():
            return RETRY_S
        more = self._scheduler.tick()
        self._say("; ".join(self._scheduler.faults))
        now_s = time.monotonic()
        if self._told_s is None or now_s - self._told_s >= PULSE_S:
            self._told_s = now_s
            write_pulse(self._engine, Pulse(time.time_ns() // 1_000_000, self._fault))
        return BUSY_S if more else IDLE_S

    def _say(self, fault: str) -> None:
        if fault and fault != self._fault:
            _log.error("%s", fault)
        self._fault = fault


def write_pulse(engine: Engine, pulse: Pulse) -> None:
    """Replace the sign of life."""
    write_sign(engine, _NAME, pulse)


def read_pulse(engine: Engine) -> Pulse | None:
    """The last sign of life; ``None`` when the process never ran."""
    return read_sign(engine, _NAME, Pulse)
