"""The process of fusion: keeps reads and hits, looks for clones, erases what is over; says that it lives.

Rules: it may be killed at any line, for everything it knows is in the store; a store that does not answer is waited for; one
process in a fleet leads. Time is handed in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine

from fleet.fusion.anpr.erasing import Erasing
from fleet.fusion.anpr.keeping import BATCH, Keeping, PurposeOf, unknown_list
from fleet.fusion.anpr.suspects import Suspects
from fleet.policy.policy import Policy
from fleet.rollouts.leader import Leader
from fleet.store.database import FUSION_LEADER, STORE_FAULTS
from fleet.store.signs import read_sign, write_sign

IDLE_S = 0.5
BUSY_S = 0.02
"""Between batches while there are more: ingest, which writes the same store, gets its turn."""
RETRY_S = 2.0
PULSE_S = 2.0
LOOK_S = 600.0
"""Between looks for clones: each reads all that is kept, seconds of work for a million."""
ERASE_S = 3600.0
"""Between erasures: times are days."""
_NAME = "fusion"
_log = logging.getLogger("lamplighter.fusion")


class Pulse(msgspec.Struct, frozen=True):
    """Sign of life; ``at`` in ms. ``doubted`` are cameras whose clock or place contradicts all others."""

    at: int
    doubted: tuple[str, ...] = ()


class Job:
    """Does what is due.

    Args:
        engine: the store.
        policy: of the fleet.
        purpose_of: of hit lists.
        now: the manager's clock, ms.
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        purpose_of: PurposeOf = unknown_list,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._engine, self._now, self._leader = engine, now, Leader(engine, FUSION_LEADER)
        self._keeping = Keeping(engine, purpose_of)
        self._erasing = Erasing(engine, policy)
        self._suspects = Suspects(engine, policy)
        self._look_at = self._erase_at = self._pulse_at = 0

    def run(self, until: threading.Event) -> None:
        """Work until told to end."""
        pause_s = 0.0
        while not until.wait(pause_s):
            try:
                pause_s = self.turn() if self._leader.leads() else RETRY_S
            except STORE_FAULTS as error:
                _log.error("fusion waits: %s", error.orig or error)
                pause_s = RETRY_S
        self._leader.resign()

    def turn(self) -> float:
        """Do what is due now. Returns seconds until the next turn."""
        now = self._now()
        if self._keeping.take() == BATCH:
            return BUSY_S
        if now >= self._erase_at:
            self._erasing.erase(now)
            self._erase_at = now + round(1000 * ERASE_S)
        if now >= self._look_at:
            self._suspects.look(now)
            self._look_at = now + round(1000 * LOOK_S)
        if now >= self._pulse_at:
            write_sign(self._engine, _NAME, Pulse(now, self._suspects.doubted))
            self._pulse_at = now + round(1000 * PULSE_S)
        return IDLE_S


def read_pulse(engine: Engine) -> Pulse | None:
    """The last sign of life; ``None`` when the process never ran."""
    return read_sign(engine, _NAME, Pulse)
