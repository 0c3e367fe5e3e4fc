"""Erasing shots whose time is over: what boxes said, incidents made of it, and everything of them that lies in the store.

Rules:

- How long is the policy's alone: so long for what somebody judged, which is what the precision of boxes and models is measured
  by, whichever way it was judged; shorter for all else.
- An incident goes whole, in one transaction: its row, what boxes heard, all events of both, and with an entry in the audit log;
  a batch at a time, so that shots are not waited for. What is open stays.
- What belongs to no incident (no position, an event of a newer contract, a message in quarantine) goes after the shorter time.
- Erased is erased, as of plates (:mod:`fleet.fusion.anpr.erasing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, not_, or_, select, tuple_

from fleet.audit.log import record
from fleet.fusion.erasing import empty_journal, erase_refused
from fleet.fusion.gunshot.heard import KIND
from fleet.fusion.gunshot.keeping import cursor
from fleet.fusion.made import SHOTS
from fleet.policy.policy import Policy
from fleet.store.database import GUNSHOT_ORDER, one_at_a_time, writing
from fleet.store.gunshot import gunshot_box, gunshot_heard, gunshot_incident
from fleet.store.tables import event, verdict

BATCH = 50
"""Incidents, or words, in one transaction."""
DAY_MS = 86_400_000


class Erasing:
    """Erases. One thread at a time.

    Args:
        engine: the store.
        policy: for how long things are kept.
    """

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine, self._times = engine, policy.gunshots
        self._left = False
        """Whether something was erased that still lies in the journal."""

    def erase(self, now: int) -> int:
        """Erase a batch of what is over at ``now`` (ms). Returns how much that was; 0: nothing is over any more."""
        steps: tuple[Callable[[Connection, int], int], ...] = (
            self._incidents, self._alone, self._unread, self._quarantined, self._boxes,
        )  # fmt: skip
        for step in steps:
            with writing(self._engine) as connection:
                one_at_a_time(connection, GUNSHOT_ORDER)
                count = step(connection, now)
            if count:
                self._left = True
                return count
        if self._left:
            empty_journal(self._engine)
        self._left = False
        return 0

    def _incidents(self, connection: Connection, now: int) -> int:
        i = gunshot_incident.c
        was_judged = select(verdict.c.row).where(verdict.c.incident == i.id).exists()
        over = or_(and_(not_(was_judged), i.begun < self._shorter(now)), i.begun < now - self._times.judged_days * DAY_MS)
        query = select(i.id).where(i.closed.is_not(None), over).order_by(i.begun).limit(BATCH)
        found = connection.execute(query).scalars().all()
        if found:
            self._words(connection, connection.execute(_HEARD.where(gunshot_heard.c.incident.in_(found))).all())
            connection.execute(delete(event).where(event.c.type == SHOTS, event.c.incident.in_(found)))
            connection.execute(delete(gunshot_incident).where(i.id.in_(found)))
            record(connection, "system", "gunshot.incident.erase", "time is over", ",".join(found))
        return len(found)

    def _alone(self, connection: Connection, now: int) -> int:
        """Words of which nothing was made."""
        h = gunshot_heard.c
        found = connection.execute(_HEARD.where(h.incident.is_(None), h.since < self._shorter(now)).limit(BATCH)).all()
        if found:
            self._words(connection, found)
            record(connection, "system", "gunshot.heard.erase", "time is over", ",".join(one.heard for one in found))
        return len(found)

    def _words(self, connection: Connection, found: Sequence[Any]) -> None:
        keys = [(one.device, one.heard) for one in found]
        if keys:
            named = event.c.incident.in_([heard for _, heard in keys])  # by the index; two boxes may use one name
            mine = and_(named, event.c.type == KIND, tuple_(event.c.device, event.c.incident).in_(keys))
            connection.execute(delete(event).where(mine))
            h = gunshot_heard.c
            connection.execute(delete(gunshot_heard).where(tuple_(h.device, h.heard).in_(keys)))

    def _unread(self, connection: Connection, now: int) -> int:
        """Events of a newer contract, and those that came after their incident was erased."""
        h = gunshot_heard.c
        known = select(h.heard).where(h.device == event.c.device, h.heard == event.c.incident).exists()
        worked = event.c.row <= cursor(connection).row
        over = and_(event.c.type == KIND, worked, event.c.received < self._shorter(now), not_(known))
        found = connection.execute(select(event.c.row).where(over).limit(BATCH)).scalars().all()
        if found:
            connection.execute(delete(event).where(event.c.row.in_(found)))
            record(connection, "system", "gunshot.event.erase", "time is over", ",".join(map(str, found)))
        return len(found)

    def _quarantined(self, connection: Connection, now: int) -> int:
        return erase_refused(connection, (KIND,), self._shorter(now), BATCH, "gunshot.refused.erase")

    def _boxes(self, connection: Connection, now: int) -> int:
        """Counts of boxes of which nothing was heard for long; by then hardly anything is left of them."""
        found = connection.execute(delete(gunshot_box).where(gunshot_box.c.at < self._shorter(now)))
        return found.rowcount

    def _shorter(self, now: int) -> int:
        return now - self._times.heard_days * DAY_MS


_HEARD = select(gunshot_heard.c.device, gunshot_heard.c.heard)
