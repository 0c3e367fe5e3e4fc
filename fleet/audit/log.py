"""Writing and verifying the chain.

Rules (AI Act, articles 12, 19 and 26(6)): append-only by trigger; each row's ``chain`` is SHA-256 over the chain before it
and its own fields, so that a changed, missing or inserted row breaks everything after it; the end is noted beside it, so that
the last rows cannot go missing either; rows hold ids and salted digests, never content, so that erasing a record never breaks
the chain.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update

from fleet.store.database import AUDIT_ORDER, one_at_a_time
from fleet.store.tables import audit, setting

_SALT = "audit-salt"
_END = "audit-end"
_GENESIS = "0" * 64
_AT_ONCE = 1000
"""Rows in memory: the log only grows, and half a year of it does not fit."""


@dataclass(frozen=True)
class Verification:
    """Outcome of a look at the whole chain."""

    rows: int
    broken_at: int | None
    """First row that does not fit or is not there; ``None`` when all do."""


def record(connection: Connection, actor: str, action: str, subject: str, content: str) -> None:
    """Append one row, in the transaction of what it records.

    Args:
        connection: a writing transaction.
        actor: account or ``device:NAME`` or ``system``.
        action: for example ``verdict.confirm``.
        subject: id of what was acted on.
        content: what was decided; only its salted digest is kept.
    """
    one_at_a_time(connection, AUDIT_ORDER)
    digest = hmac.new(_salt(connection), content.encode(), hashlib.sha256).hexdigest()
    last = connection.execute(select(audit.c.chain).order_by(audit.c.row.desc()).limit(1)).scalar()
    at = time.time_ns() // 1_000_000
    values = {"at": at, "actor": actor[:64], "action": action[:48], "subject": subject[:80], "digest": digest}
    chain = _link(last or _GENESIS, values)
    connection.execute(insert(audit).values(**values, chain=chain))
    if not connection.execute(update(setting).where(setting.c.name == _END).values(value=chain)).rowcount:
        connection.execute(insert(setting).values(name=_END, value=chain))


def verify(engine: Engine) -> Verification:
    """Walk the chain from its beginning."""
    before = _GENESIS
    rows = last = 0
    with engine.connect() as connection:
        # Read first: rows that are added meanwhile come after it.
        end = connection.execute(select(setting.c.value).where(setting.c.name == _END)).scalar()
        connection.execution_options(yield_per=_AT_ONCE)
        with connection.execute(select(audit).order_by(audit.c.row)) as found:
            for row in found:
                values = {name: getattr(row, name) for name in ("at", "actor", "action", "subject", "digest")}
                if not hmac.compare_digest(row.chain, _link(before, values)):
                    return Verification(rows, row.row)
                before, last = row.chain, row.row
                end = None if end == before else end
                rows += 1
    return Verification(rows, None if end is None else last + 1)


def _link(before: str, values: dict[str, object]) -> str:
    text = "\x1f".join([before, *(str(values[name]) for name in ("at", "actor", "action", "subject", "digest"))])
    return hashlib.sha256(text.encode()).hexdigest()


def _salt(connection: Connection) -> bytes:
    found = connection.execute(select(setting.c.value).where(setting.c.name == _SALT)).scalar()
    if found is None:
        found = secrets.token_hex(32)
        connection.execute(insert(setting).values(name=_SALT, value=found))
    return bytes.fromhex(found)
