"""The process of shots: joins what boxes heard as it comes, tells people, erases what is over; says that it lives.

Rules:

- A process of its own: a look for clone plates takes seconds (:mod:`fleet.fusion.job`), and people wait for a shot.
- It may be killed at any line: everything that it knows is in the store. What goes wrong in between throws its memory away.
- Clocks are learned again from the incidents of the last days, one after another while nothing else is to be done.
- A word at which the arithmetic fails is found and kept without anything made of it; all others are joined.
- A store that does not answer is waited for; one process in a fleet leads. Time is handed in.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from fleet.fusion.gunshot.erasing import Erasing
from fleet.fusion.gunshot.joining import ARITHMETIC, Joining, Raised
from fleet.fusion.gunshot.keeping import Cursor, Keeping, Word
from fleet.fusion.gunshot.precision import judged
from fleet.fusion.gunshot.raising import raised
from fleet.fusion.gunshot.standing import Standing
from fleet.policy.policy import Policy
from fleet.rollouts.leader import Leader
from fleet.store.database import GUNSHOT_LEADER, STORE_FAULTS
from fleet.store.signs import read_sign, write_sign
from fleet.store.tables import verdict

IDLE_S = 0.1
"""Between looks; a look that finds nothing is one question by an index."""
RETRY_S = 2.0
PULSE_S = 2.0
ERASE_S = 3600.0
BATCH = 8
"""Words joined at once: each takes some hundredths of a second where everybody hears something."""
_NAME = "gunshots"
_FAILED = "the arithmetic fails at what it says"
_log = logging.getLogger("lamplighter.gunshots")


class Pulse(msgspec.Struct, frozen=True):
    """Sign of life; ``at`` in ms.

    Attributes:
        open: incidents that may still grow.
        lag_ms: from the arrival of the last word until what was made of it was stored.
        doubted: microphones of which nothing is made, and why: no position, above all.
        shouting: boxes that hardly anybody confirms.
    """

    at: int
    open: int = 0
    lag_ms: int = 0
    doubted: tuple[str, ...] = ()
    shouting: tuple[str, ...] = ()


class Job:
    """Does what is due.

    Args:
        engine: the store.
        policy: of the fleet.
        now: the manager's clock, ms.
        raising: says which incidents are told.
    """

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        raising: Raised = raised,
    ) -> None:
        self._engine, self._now, self._leader = engine, now, Leader(engine, GUNSHOT_LEADER)
        self._keeping = Keeping(engine, raising)
        self._standing = Standing(engine)
        self._erasing = Erasing(engine, policy)
        self._joining: Joining | None = None
        self._at = Cursor()
        self._lessons: list[str] = []
        """Incidents from which clocks are yet to be learned."""
        self._limit = BATCH
        self._failed: set[int] = set()
        """Rows of events at which the arithmetic fails."""
        self._erase_at = self._pulse_at = self._lag_ms = self._verdicts = 0

    def run(self, until: threading.Event) -> None:
        """Work until told to end."""
        pause_s = 0.0
        while not until.wait(pause_s):
            try:
                if self._leader.leads():
                    pause_s = self.turn()
                    continue
                pause_s = RETRY_S
            except STORE_FAULTS as error:
                _log.error("shots wait: %s", error.orig or error)
                pause_s = RETRY_S
            self._joining = None
        self._leader.resign()

    def turn(self) -> float:
        """Do what is due now. Returns seconds until the next turn."""
        now = self._now()
        if self._joining is None:
            self._joining, self._at = self._keeping.load(now)
            self._lessons = self._keeping.lessons(now)
        joining = self._joining
        words = self._keeping.fresh(self._at, self._limit, joining.__contains__)
        if words and not self._joined(joining, words, now):
            return 0.0
        joining = self._joining
        if len(words) == self._limit:
            return 0.0
        joining.close(now)  # not before all that came meanwhile has been joined
        if not self._stored(joining, self._at.row, now):
            return 0.0
        self._limit = BATCH
        if now >= self._pulse_at:
            self._look_at_verdicts(joining, now)
            shouting = tuple(one.node for one in joining.association.trust.shouting())
            write_sign(self._engine, _NAME, Pulse(now, len(joining), self._lag_ms, joining.doubted, shouting))
            self._pulse_at = now + round(1000 * PULSE_S)
        elif self._lessons:
            self._learn(joining, self._lessons.pop(0))
        elif now >= self._erase_at and not self._erasing.erase(now):
            self._erase_at = now + round(1000 * ERASE_S)
        return IDLE_S

    def _joined(self, joining: Joining, words: Sequence[Word], now: int) -> bool:
        """Join words; says whether what was made of them is stored."""
        try:
            self._take(joining, words)
            lost, joining.lost = joining.lost, False
            if lost and self._keeping.elsewhere(joining.plane, words):
                joining = self._joining = self._keeping.load(now, words)[0]
                self._take(joining, words)
            stored = self._stored(joining, words[-1].row, now)
        except STORE_FAULTS:
            self._joining = None
            raise
        except (*ARITHMETIC, DBAPIError) as error:
            _log.error("at events %d to %d: %r", words[0].row, words[-1].row, error)
            self._joining = None
            if len(words) == 1:
                self._failed.add(words[0].row)
            self._limit = 1
            return False
        if stored:
            self._failed -= {word.row for word in words}
            came = [word.heard.received for word in words if word.heard is not None]
            self._lag_ms = max(0, self._now() - came[-1]) if came else self._lag_ms
        return stored

    def _take(self, joining: Joining, words: Sequence[Word]) -> None:
        for word in words:
            if word.heard is None:
                continue
            if word.row in self._failed:
                joining.refuse(word.heard, _FAILED)
            else:
                joining.take(word.heard, word.stored, closed=word.incident is not None)

    def _stored(self, joining: Joining, row: int, now: int) -> bool:
        """Store what has changed; if another process was quicker, begin from the store."""
        changes = joining.changes(now, self._standing.now(now))
        if not changes and row == self._at.row:
            return True
        at = self._keeping.write(self._at, row, changes, now)
        if at is None:
            self._joining = None
            return False
        self._at = at
        return True

    def _learn(self, joining: Joining, incident: str) -> None:
        members = self._keeping.members(incident, joining.plane)
        try:
            if members:
                joining.association.teach(members)
        except ARITHMETIC as error:
            _log.error("nothing is learned from incident %s: %r", incident, error)

    def _look_at_verdicts(self, joining: Joining, now: int) -> None:
        with self._engine.connect() as connection:
            last = int(connection.execute(select(func.max(verdict.c.row))).scalar() or 0)
            if last != self._verdicts:
                joining.association.trust.judge(judged(connection, now))
                self._verdicts = last


def read_pulse(engine: Engine) -> Pulse | None:
    """The last sign of life; ``None`` when the process never ran."""
    return read_sign(engine, _NAME, Pulse)
