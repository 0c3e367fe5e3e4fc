"""What waits to be sent to boxes: commands and desired twins that the web process wrote into the store.

Rules: the table is the way from one process to the other; a command nobody could send in time is marked, not sent late;
rows are kept a day, for whoever asks for the reply.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select, update

from fleet.store.database import writing
from fleet.store.tables import device, outgoing
from protocol.commands import EXPIRY_S

TWIN = "twin"
"""Name under which a desired twin waits."""
_KEPT_MS = 24 * 3600 * 1000
_AT_ONCE = 100


@dataclass(frozen=True)
class Waiting:
    """One message to a box."""

    row: int
    device: str
    command: str
    payload: bytes
    correlation: str


def ask(connection: Connection, name: str, command: str, payload: bytes) -> str:
    """Queue a message to a box, in the caller's writing transaction. Returns its correlation."""
    correlation = str(uuid.uuid4())
    values = {"device": name, "command": command, "payload": payload, "correlation": correlation, "asked_at": _now()}
    connection.execute(insert(outgoing).values(**values))
    return correlation


class Outgoing:
    """Ingest's side of the table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def waiting(self) -> list[Waiting]:
        """What is to be sent now, oldest first. Of several twins for one box only the last one is."""
        columns = [outgoing.c[name] for name in ("row", "device", "command", "payload", "correlation", "asked_at")]
        query = select(*columns).where(outgoing.c.sent_at.is_(None)).order_by(outgoing.c.row).limit(_AT_ONCE)
        with self._engine.connect() as connection:
            rows = list(connection.execute(query))
        if not rows:
            return []
        oldest = _now() - EXPIRY_S * 1000
        last_twin = {row.device: row.row for row in rows if row.command == TWIN}
        over = [row.row for row in rows if (row.asked_at < oldest if row.command != TWIN else row.row != last_twin[row.device])]
        if over:
            self.mark_sent(over)
        return [Waiting(*row[:5]) for row in rows if row.row not in over]

    def mark_sent(self, rows: Sequence[int]) -> None:
        """These need not be sent again."""
        now = _now()
        with writing(self._engine) as connection:
            connection.execute(update(outgoing).where(outgoing.c.row.in_(rows)).values(sent_at=now))
            connection.execute(delete(outgoing).where(outgoing.c.asked_at < now - _KEPT_MS))

    def desired(self, name: str) -> bytes | None:
        """The twin that stands for a box."""
        with self._engine.connect() as connection:
            return connection.execute(select(device.c.desired).where(device.c.name == name)).scalar()


def _now() -> int:
    return time.time_ns() // 1_000_000
