"""How ingest is, for the other processes: one row of the store, written every other second.

Rule: who reads it compares ``at`` with the clock; a report that is old means that nobody writes it.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.store.database import writing
from fleet.store.tables import setting

SILENT_MS = 10_000
"""A report older than this means that ingest is not running."""
_NAME = "ingest"


class Report(msgspec.Struct, frozen=True):
    """Since the process began; ``at`` in ms."""

    at: int
    connected: bool
    fault: str
    backlog: int
    stored: int
    doubled: int
    quarantined: int


def write_report(engine: Engine, report: Report) -> None:
    """Replace the report."""
    value = msgspec.json.encode(report).decode()
    make = pg_insert if engine.dialect.name == "postgresql" else sqlite_insert
    statement = make(setting).values(name=_NAME, value=value)
    with writing(engine) as connection:
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def read_report(engine: Engine) -> Report | None:
    """The last report; ``None`` when ingest never ran."""
    with engine.connect() as connection:
        value = connection.execute(select(setting.c.value).where(setting.c.name == _NAME)).scalar()
    return None if value is None else msgspec.json.decode(value, type=Report)
