"""Whom the manager listens to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from fleet.ingest.sort import Refused
from fleet.store.tables import device
from protocol.codec import Accounting


def known_of(connection: Connection, names: Iterable[str]) -> set[str]:
    """Which of these are registered boxes whose certificate was not withdrawn."""
    query = select(device.c.name).where(device.c.name.in_(sorted(set(names))), device.c.withdrawn_at.is_(None))
    return set(connection.scalars(query))


def stranger(name: str, accounting: Accounting | None, topic: str = "", because: str = "") -> Refused:
    """A message of somebody else; of what it says nothing is kept."""
    detail = "no such device is registered, or its certificate was withdrawn"
    detail = f"{detail}; {because}"[:240] if because else detail
    return Refused(name, accounting, "unknown-device", detail, topic, b"")
