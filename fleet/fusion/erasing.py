"""What erasing plates and erasing shots have in common: messages that were refused, and SQLite's journal."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Engine, and_, delete, or_, select

from fleet.audit.log import record
from fleet.store.tables import quarantine


def erase_refused(connection: Connection, kinds: Iterable[str], before: int, most: int, action: str) -> int:
    """Erase a batch of refused messages, with an entry in the audit log.

    Args:
        connection: of the transaction.
        kinds: of the events that they would have been.
        before: received earlier than this, ms.
        most: messages of a batch.
        action: as the audit log names it.

    Returns:
        How many.
    """
    of_kinds = or_(*(quarantine.c.topic.endswith(f"/event/{kind}") for kind in kinds))
    over = and_(of_kinds, quarantine.c.received < before)
    found = connection.execute(select(quarantine.c.row).where(over).limit(most)).scalars().all()
    if found:
        connection.execute(delete(quarantine).where(quarantine.c.row.in_(found)))
        record(connection, "system", action, "time is over", ",".join(map(str, found)))
    return len(found)


def empty_journal(engine: Engine) -> None:
    """Empty SQLite's journal, in which what was erased still lies; other databases have none of ours."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
