"""Alerts that the manager itself makes, stored beside the boxes' events: shown, judged and told like any other.

Rules:

- They stand in the table of events under a name that no box can have (enrolment refuses it) and a boot that no box can name,
  of types that no box may send: ingest knows the wire's types only, and these are not among them.
- What was observed stands apart from what is thought of it, as on the wire; a person decides.
- One row's number follows another's within the transaction that stores them.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, func, insert, select

from fleet.broker.mosquitto import MANAGER
from fleet.fusion.anpr.told import CloneSeen
from fleet.fusion.gunshot.told import ShotsTold
from fleet.store.database import EVENT_ORDER, one_at_a_time
from fleet.store.tables import event
from protocol.basis import Struct
from protocol.events import Assessed, Phase, Priority
from protocol.identifiers import uuid7

CLONE = "anpr.clone"
SHOTS = "gunshot.incident"
DEVICE = MANAGER
BOOT = "manager-made"
"""A hyphen stands in no boot of a box."""
SCHEMA = "manager"


_Seen = TypeVar("_Seen", bound=Struct)


class MadeBody(Struct, Generic[_Seen], frozen=True):
    """Body of an event that the manager made."""

    observed: _Seen
    assessed: Assessed
    incident: str
    phase: Phase


MADE: dict[str, type[MadeBody[Any]]] = {CLONE: MadeBody[CloneSeen], SHOTS: MadeBody[ShotsTold]}
"""Body of each type."""


def store(connection: Connection, kind: str, body: MadeBody[Any], now: int) -> None:
    """Store an alert, in the transaction of what it follows from; ``now`` in ms."""
    one_at_a_time(connection, EVENT_ORDER)
    last = connection.execute(select(func.max(event.c.seq)).where(event.c.device == DEVICE, event.c.boot == BOOT)).scalar()
    row: dict[str, Any] = {
        "device": DEVICE,
        "boot": BOOT,
        "seq": int(last or 0) + 1,
        "id": uuid7(now),
        "type": kind,
        "priority": int(Priority.ALERT),
        "time": now * 1000,
        "received": now,
        "incident": body.incident,
        "phase": body.phase.value,
        "schema": SCHEMA,
        "body": msgspec.json.encode(body),
    }
    connection.execute(insert(event).values(**row))
