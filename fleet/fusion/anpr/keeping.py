"""Reads and hits, from the store's events into tables of their own.

Rules:

- Ingest has stored and acknowledged an event before it is looked at here; how far was looked moves in the transaction that
  holds what it made, so that an event is worked once, whoever is killed when.
- The time for which something is kept runs from its capture where the box's clock was set, else from its arrival, and never
  from later than that: a box that sends again what was erased does not make it young.
- An event of a newer contract has no row here; it is erased after the shortest time that there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.store.anpr import anpr_hit, anpr_read
from fleet.store.database import FUSION_ORDER, one_at_a_time, writing
from fleet.store.tables import event, setting
from protocol.events import AnprHit, AnprRead, EventBody, EventType, Passage
from protocol.plates import fold

BATCH = 500
"""Events in one transaction: about 20 ms of it; they were decoded before it began."""
KINDS = (EventType.ANPR_READ.value, EventType.ANPR_HIT.value)
_CURSOR = "anpr-events"
_read = msgspec.json.Decoder(EventBody[AnprRead])
_hit = msgspec.json.Decoder(EventBody[AnprHit])

PurposeOf = Callable[[Connection, str, int], str]
"""Purpose of a version of a hit list; empty where the manager does not know it."""


def unknown_list(_connection: Connection, _name: str, _version: int) -> str:
    """Of a manager that makes no lists itself: hits are kept for the shortest time that a list's purpose has."""
    return ""


class Keeping:
    """Works events. One thread at a time.

    Args:
        engine: the store.
        purpose_of: of hit lists.
    """

    def __init__(self, engine: Engine, purpose_of: PurposeOf = unknown_list) -> None:
        self._engine, self._purpose_of = engine, purpose_of

    def take(self) -> int:
        """Work the next events. Returns how many."""
        with self._engine.connect() as connection:
            before = cursor(connection)
            query = select(event.c.row, event.c.device, event.c.type, event.c.received, event.c.incident, event.c.body)
            rows = connection.execute(
                query.where(event.c.type.in_(KINDS), event.c.row > before).order_by(event.c.row).limit(BATCH)
            ).all()
            if not rows:
                return 0
            reads = [made for row in rows if row.type == KINDS[0] and (made := _read_row(row)) is not None]
            hits = [made for row in rows if row.type == KINDS[1] and (made := self._hit_row(connection, row)) is not None]
        with writing(self._engine) as connection:
            one_at_a_time(connection, FUSION_ORDER)
            if cursor(connection) == before:  # nobody else has worked them meanwhile
                make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
                for table, kept in ((anpr_read, reads), (anpr_hit, hits)):
                    if kept:
                        connection.execute(make(table).on_conflict_do_nothing(index_elements=["event"]), kept)
                _move(connection, rows[-1].row)
        return len(rows)

    def _hit_row(self, connection: Connection, row: Any) -> dict[str, Any] | None:
        body = _decoded(_hit, row.body)
        if body is None:
            return None
        hit: AnprHit = body.observed
        return _outside(row, body, hit.passage) | {
            "incident": row.incident,
            "list": hit.list,
            "version": hit.version,
            "purpose": self._purpose_of(connection, hit.list, hit.version),
            "plate": hit.plate,
            "folded": fold(hit.plate),
            "posterior": hit.posterior,
            "through": hit.through,
        }


def cursor(connection: Connection) -> int:
    """The last event that was worked."""
    return int(connection.execute(select(setting.c.value).where(setting.c.name == _CURSOR)).scalar() or 0)


def _move(connection: Connection, row: int) -> None:
    if not connection.execute(update(setting).where(setting.c.name == _CURSOR).values(value=str(row))).rowcount:
        connection.execute(insert(setting).values(name=_CURSOR, value=str(row)))


def _read_row(row: Any) -> dict[str, Any] | None:
    body = _decoded(_read, row.body)
    if body is None:
        return None
    read: AnprRead = body.observed
    one = read.pseudonym
    return _outside(row, body, read.passage) | {
        "purpose": one.purpose,
        "key": one.key,
        "pseudonym": one.value,
        "posterior": read.posterior,
    }


def _decoded(decoder: msgspec.json.Decoder[EventBody[Any]], data: bytes) -> EventBody[Any] | None:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError:
        return None


def _outside(row: Any, body: EventBody[Any], passage: Passage) -> dict[str, Any]:
    at = round(body.captured_at.timestamp() * 1000)
    return {
        "event": row.row,
        "device": row.device,
        "source": body.sensor.id if body.sensor else "",
        "at": at,
        "since": min(at, row.received) if body.clock.synchronised else row.received,
        "synchronised": body.clock.synchronised,
        "sigma_ms": body.clock.sigma_ms,
        "lat": body.where.lat if body.where else None,
        "lon": body.where.lon if body.where else None,
        "direction": passage.direction.value,
        "lane": passage.lane,
        "kind": passage.kind.value,
        "kind_p": passage.kind_probability,
        "colour": passage.colour.value,
        "colour_p": passage.colour_probability,
    }
