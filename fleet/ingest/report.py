"""How ingest is, for the other processes: one row of the store, written every other second.

Rule: who reads it compares ``at`` with the clock; a report that is old means that nobody writes it.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Engine

from fleet.store.signs import read_sign, write_sign

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
    write_sign(engine, _NAME, report)


def read_report(engine: Engine) -> Report | None:
    """The last report; ``None`` when ingest never ran."""
    return read_sign(engine, _NAME, Report)
