"""Erasing what is over: reads, hits, alerts made of them, and everything of them that lies in the store.

Rules:

- How long is the policy's alone. A purpose that is not in it any more has no time left: what was kept for it goes at once.
- An alert that nobody has confirmed goes before its reads. That it was told stays, so that the same reads do not tell it again.
- A row goes in one transaction with its event, whose body holds the same, and with an entry in the audit log (LED 25: erasure
  is logged); a batch at a time, so that ingest gets its turn, and whoever is killed goes on where it was.
- What has no row (an event of a newer contract, a message in quarantine) goes after the shortest time that a purpose has.
- Erased is erased: SQLite overwrites what is deleted, and its journal is emptied afterwards. PostgreSQL gives the space back to
  others with its next vacuum, and its archives are its operator's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, delete, false, not_, or_, select

from fleet.audit.log import record
from fleet.fusion.anpr.keeping import KINDS, cursor
from fleet.fusion.erasing import empty_journal, erase_refused
from fleet.fusion.made import CLONE
from fleet.oversight.verdicts import Decision
from fleet.policy.policy import Policy
from fleet.store.anpr import anpr_clone, anpr_hit, anpr_read
from fleet.store.database import FUSION_ORDER, one_at_a_time, writing
from fleet.store.tables import event, verdict

BATCH = 200
"""Rows in one transaction."""
DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Erasing:
    """Erases. One thread at a time.

    Args:
        engine: the store.
        policy: for how long things are kept.
    """

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine, self._policy = engine, policy

    def erase(self, now: int) -> int:
        """Erase all that is over at ``now`` (ms). Returns how much that was."""
        count = 0
        for one in (self._reads, self._hits, self._clones, self._unconfirmed, self._without_row, self._quarantined):
            while found := one(now):
                count += found
        if count:
            empty_journal(self._engine)
        return count

    def _reads(self, now: int) -> int:
        days = {name: p.read_days for name, p in self._policy.purposes.items() if p.pseudonyms}
        return self._rows(anpr_read, _over(anpr_read, days, now), "anpr.read.erase")

    def _hits(self, now: int) -> int:
        days = {name: p.hit_days for name, p in self._policy.purposes.items() if p.lists} | {"": self._shortest_hit()}
        return self._rows(anpr_hit, _over(anpr_hit, days, now), "anpr.hit.erase")

    def _clones(self, now: int) -> int:
        """Alerts of which no contradiction is young enough any more, whole: they say where a car was."""
        days = {name: p.read_days for name, p in self._policy.purposes.items() if p.pseudonyms}
        over = _over(anpr_clone, days, now, since="last_at")
        with _fusing(self._engine) as connection:
            found = connection.execute(select(anpr_clone.c.incident).where(over).limit(BATCH)).scalars().all()
            if found:
                connection.execute(delete(event).where(event.c.type == CLONE, event.c.incident.in_(found)))
                connection.execute(delete(anpr_clone).where(anpr_clone.c.incident.in_(found)))
                record(connection, "system", "anpr.clone.erase", "time is over", ",".join(found))
        return len(found)

    def _unconfirmed(self, now: int) -> int:
        """Events of alerts that nobody has confirmed in time, whether they were dismissed or not judged at all."""
        over = or_(
            false(),
            *(
                and_(anpr_clone.c.purpose == name, anpr_clone.c.told_at < now - p.unconfirmed_hours * HOUR_MS)
                for name, p in self._policy.purposes.items()
            ),
        )
        later = verdict.alias()
        changed = select(later.c.row).where(later.c.incident == verdict.c.incident, later.c.row > verdict.c.row).exists()
        confirmed = (
            select(verdict.c.row)
            .where(verdict.c.incident == anpr_clone.c.incident, verdict.c.decision == Decision.CONFIRM.value, not_(changed))
            .exists()
        )
        told = select(event.c.row).where(event.c.type == CLONE, event.c.incident == anpr_clone.c.incident).exists()
        with _fusing(self._engine) as connection:
            query = select(anpr_clone.c.incident).where(over, not_(confirmed), told).limit(BATCH)
            found = connection.execute(query).scalars().all()
            if found:
                connection.execute(delete(event).where(event.c.type == CLONE, event.c.incident.in_(found)))
                record(connection, "system", "anpr.clone.erase", "not confirmed", ",".join(found))
        return len(found)

    def _without_row(self, now: int) -> int:
        with _fusing(self._engine) as connection:
            known = or_(
                select(anpr_read.c.event).where(anpr_read.c.event == event.c.row).exists(),
                select(anpr_hit.c.event).where(anpr_hit.c.event == event.c.row).exists(),
            )
            worked = event.c.row <= cursor(connection)
            over = and_(event.c.type.in_(KINDS), worked, event.c.received < now - self._shortest() * DAY_MS, not_(known))
            found = connection.execute(select(event.c.row).where(over).limit(BATCH)).scalars().all()
            if found:
                connection.execute(delete(event).where(event.c.row.in_(found)))
                record(connection, "system", "anpr.event.erase", "time is over", ",".join(map(str, found)))
        return len(found)

    def _quarantined(self, now: int) -> int:
        with _fusing(self._engine) as connection:
            return erase_refused(connection, KINDS, now - self._shortest() * DAY_MS, BATCH, "anpr.refused.erase")

    def _rows(self, table: Table, over: ColumnElement[bool], action: str) -> int:
        with _fusing(self._engine) as connection:
            found = connection.execute(select(table.c.event, table.c.purpose).where(over).limit(BATCH)).all()
            rows = [one.event for one in found]
            if rows:
                connection.execute(delete(event).where(event.c.row.in_(rows)))
                connection.execute(delete(table).where(table.c.event.in_(rows)))
                purposes = ", ".join(sorted({one.purpose or "unknown" for one in found}))
                record(connection, "system", action, purposes, ",".join(map(str, rows)))
        return len(rows)

    def _shortest(self) -> int:
        days = [p.read_days for p in self._policy.purposes.values() if p.pseudonyms]
        return min([*days, self._shortest_hit()])

    def _shortest_hit(self) -> int:
        return min((p.hit_days for p in self._policy.purposes.values() if p.lists), default=0)


@contextlib.contextmanager
def _fusing(engine: Engine) -> Iterator[Connection]:
    with writing(engine) as connection:
        one_at_a_time(connection, FUSION_ORDER)
        yield connection


def _over(table: Table, days: dict[str, int], now: int, since: str = "since") -> ColumnElement[bool]:
    """What is older than its purpose allows; nothing is kept for a purpose that there is not."""
    column = table.c[since]
    known = [and_(table.c.purpose == name, column < now - kept * DAY_MS) for name, kept in days.items()]
    return or_(table.c.purpose.not_in(list(days)), *known)
