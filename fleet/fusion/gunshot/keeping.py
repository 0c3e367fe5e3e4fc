"""Shots in the store: words of boxes that are new, incidents as they stand, and how far was looked.

Rules:

- Ingest has stored and acknowledged an event before it is looked at here. How far was looked moves in the transaction that
  holds what was made of it, which says also how often it moved: whoever was overtaken by another process is told so, writes
  nothing, and begins from the store.
- The time for which something is kept runs from its onset where the box's clock was set, else from its arrival, and never from
  later than that.
- What is open is put back as it stood: incidents, their ids, what people were told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.fusion.gunshot.bias import MEMORY_S
from fleet.fusion.gunshot.detections import Detection, DetectionError, detection
from fleet.fusion.gunshot.heard import KIND, Heard, Key, Known, read
from fleet.fusion.gunshot.joining import Changes, Joining, Kept, Raised
from fleet.fusion.gunshot.locate import LEAST_TEACHERS
from fleet.fusion.gunshot.plane import Plane, middle
from fleet.fusion.gunshot.precision import judged
from fleet.fusion.gunshot.raising import raised
from fleet.fusion.gunshot.told import ShotsTold
from fleet.fusion.gunshot.trust import Record
from fleet.fusion.made import SHOTS, MadeBody, store
from fleet.ingest.quarantine import clean
from fleet.store.database import GUNSHOT_ORDER, one_at_a_time, writing
from fleet.store.gunshot import gunshot_box, gunshot_heard, gunshot_incident
from fleet.store.tables import device, event, setting
from protocol.events import Assessed, Where

_CURSOR = "gunshot-events"
_EVENT = tuple(event.c[name] for name in ("row", "device", "boot", "seq", "id", "received", "incident", "body"))
_MOST_PLACES = 500
_AT_ONCE = 400
"""Names in one question."""
LESSONS = 64
"""Incidents from which clocks are learned again after a restart; each takes a tenth of a second."""
_FIRST = ("received", "since")
"""Columns that stay as they were when a box says more; which incident it belongs to is set apart."""


class _Placed(msgspec.Struct):
    where: Where | None = None


_state = msgspec.json.Decoder(_Placed)
_seen = msgspec.json.Decoder(ShotsTold)
_made = msgspec.json.Decoder(MadeBody[ShotsTold])


@dataclass(frozen=True)
class Cursor:
    """How far was looked, and how often that was written."""

    row: int = 0
    times: int = 0


@dataclass(frozen=True)
class Word:
    """A word that is new, and what the store has of the same incident of the box."""

    row: int
    heard: Heard | None
    """``None``: of a contract that is newer."""
    stored: tuple[str, int] | None = None
    incident: str | None = None


class Keeping:
    """Reads and writes. One thread at a time.

    Args:
        engine: the store.
        raising: says which incidents are told.
    """

    def __init__(self, engine: Engine, raising: Raised = raised) -> None:
        self._engine, self._raising = engine, raising

    def load(self, now: int, words: Iterable[Word] = ()) -> tuple[Joining, Cursor]:
        """Everything as it stands in the store.

        Args:
            now: ms.
            words: that are new; where their boxes are says with all others where the city is.
        """
        with self._engine.connect() as connection:
            at = cursor(connection)
            plane = middle(_places(connection, words)) or Plane(0.0, 0.0)  # nobody has said where it is
            joining = Joining(plane, self._raising)
            for row in connection.execute(select(gunshot_box).order_by(gunshot_box.c.at)):
                joining.association.trust.restore(row.device, Record(row.confirmed, row.alone, row.at / 1000))
            joining.association.trust.judge(judged(connection, now))
            open_now = connection.execute(
                select(gunshot_incident).where(gunshot_incident.c.closed.is_(None)).order_by(gunshot_incident.c.grown)
            ).all()
            for start in range(0, len(open_now), _AT_ONCE):
                part = open_now[start : start + _AT_ONCE]
                members = _members(connection, [row.id for row in part], plane)
                told = _told(connection, [row.id for row in part if row.raised is not None])
                for row in part:
                    body = told.get(row.id)
                    said = None if body is None else (body.observed, body.assessed.probability)
                    joining.restore(_kept(row), members.get(row.id, ()), said)
        return joining, at

    def lessons(self, now: int) -> list[str]:
        """Incidents that closed lately and from which clocks can be learned, the latest last; ``now`` in ms."""
        i = gunshot_incident.c
        query = select(i.id).where(i.closed.is_not(None), i.became.is_(None), i.boxes >= LEAST_TEACHERS)
        query = query.where(i.begun > now - round(1000 * MEMORY_S)).order_by(i.begun.desc()).limit(LESSONS)
        with self._engine.connect() as connection:
            return list(reversed(connection.execute(query).scalars().all()))

    def members(self, incident: str, plane: Plane) -> tuple[Detection, ...]:
        """What was made of all that boxes said of an incident."""
        with self._engine.connect() as connection:
            known = _members(connection, [incident], plane).get(incident, [])
        return tuple(one.detection for one in known if one.detection is not None)

    def elsewhere(self, plane: Plane, words: Iterable[Word]) -> bool:
        """Whether the city is so far from where a plane touches that it is no picture of it."""
        with self._engine.connect() as connection:
            other = middle(_places(connection, words))
        try:
            return other is not None and not all(map(math.isfinite, plane.metres(other.lat, other.lon)))
        except ValueError:
            return True

    def fresh(self, after: Cursor, limit: int, known: Callable[[Key], bool]) -> list[Word]:
        """The next words, in the order of the store.

        Args:
            after: how far was looked.
            limit: at most so many.
            known: whether an incident of a box is known and open.
        """
        with self._engine.connect() as connection:
            query = select(*_EVENT).where(event.c.type == KIND, event.c.row > after.row).order_by(event.c.row).limit(limit)
            words = [Word(row.row, read(row)) for row in connection.execute(query)]
            keys = {one.heard.key for one in words if one.heard is not None and not known(one.heard.key)}
            if not keys:
                return words
            h = gunshot_heard.c
            stored = connection.execute(
                select(h.device, h.heard, h.boot, h.seq, h.incident).where(tuple_(h.device, h.heard).in_(sorted(keys)))
            )
            found = {(row.device, row.heard): row for row in stored}
        return [_beside(one, found.get(one.heard.key)) if one.heard is not None else one for one in words]

    def write(self, before: Cursor, row: int, changes: Changes, now: int) -> Cursor | None:
        """Store what has changed.

        Args:
            before: as it was read.
            row: how far was looked by now.
            changes: what was made of it.
            now: ms.

        Returns:
            Where it stands now; ``None``: another process wrote meanwhile, and nothing was stored.
        """
        after = Cursor(row, before.times + 1)
        with writing(self._engine) as connection:
            one_at_a_time(connection, GUNSHOT_ORDER)
            if cursor(connection) != before:
                return None
            _upsert(connection, gunshot_heard, [_heard_row(one) for one in changes.heard.values()], without=_FIRST)
            _upsert(connection, gunshot_incident, [_incident_row(one) for one in changes.incidents.values()])
            _upsert(connection, gunshot_box, [_box_row(name, record) for name, record in changes.trust.items()])
            if changes.belongs:
                h = gunshot_heard.c
                statement = update(gunshot_heard).where(h.device == bindparam("d"), h.heard == bindparam("h"))
                belongs = [{"d": device, "h": heard, "incident": to} for (device, heard), to in changes.belongs.items()]
                connection.execute(statement.values(incident=bindparam("incident")), belongs)
            for kept, phase in changes.told:
                store(connection, SHOTS, MadeBody(kept.seen, kept.assessed, kept.id, phase), now)
            _move(connection, after)
        return after


def cursor(connection: Connection) -> Cursor:
    """How far was looked."""
    value = connection.execute(select(setting.c.value).where(setting.c.name == _CURSOR)).scalar()
    return Cursor() if value is None else Cursor(*map(int, value.split(".")))


def _move(connection: Connection, to: Cursor) -> None:
    value = f"{to.row}.{to.times}"
    if not connection.execute(update(setting).where(setting.c.name == _CURSOR).values(value=value)).rowcount:
        connection.execute(insert(setting).values(name=_CURSOR, value=value))


def _beside(word: Word, stored: Any) -> Word:
    return word if stored is None else Word(word.row, word.heard, (stored.boot, stored.seq), stored.incident)


def _places(connection: Connection, words: Iterable[Word]) -> list[tuple[float, float]]:
    """Where boxes are: as they said at their birth, and as they said last when they heard something."""
    found: dict[str, tuple[float, float]] = {}
    query = select(device.c.name, device.c.state).where(device.c.state.is_not(None)).order_by(device.c.name)
    for row in connection.execute(query.limit(_MOST_PLACES)):
        state = _state.decode(row.state)
        if state.where is not None:
            found[row.name] = (state.where.lat, state.where.lon)
    h = gunshot_heard.c
    heard = select(h.device, h.lat, h.lon).where(h.lat.is_not(None)).order_by(h.received.desc()).limit(_MOST_PLACES)
    found.update({row.device: (row.lat, row.lon) for row in reversed(connection.execute(heard).all())})
    for word in words:
        if word.heard is not None and word.heard.body.where is not None:
            found[word.heard.device] = (word.heard.body.where.lat, word.heard.body.where.lon)
    return list(found.values())


def _members(connection: Connection, incidents: Sequence[str], plane: Plane) -> dict[str, list[Known]]:
    h = gunshot_heard.c
    query = select(*_EVENT, h.heard, h.received.label("first"), h.incident.label("of")).join(
        gunshot_heard, h.event == event.c.row
    )
    found: dict[str, list[Known]] = {}
    for row in connection.execute(query.where(h.incident.in_(incidents)).order_by(h.received, event.c.row)):
        heard = read(row)
        if heard is None:
            continue
        heard = replace(heard, incident=row.heard, received=row.first)
        try:
            known = Known(heard, detection(heard.device, heard.body, plane))
        except DetectionError as error:
            known = Known(heard, doubt=str(error))
        found.setdefault(row.of, []).append(known)
    return found


def _told(connection: Connection, incidents: Sequence[str]) -> dict[str, MadeBody[ShotsTold]]:
    """The last event of each."""
    query = select(event.c.incident, event.c.body).where(event.c.type == SHOTS, event.c.incident.in_(incidents))
    return {row.incident: _made.decode(row.body) for row in connection.execute(query.order_by(event.c.row))}


def _kept(row: Any) -> Kept:
    seen = _seen.decode(row.seen)
    return Kept(
        id=row.id, number=row.number, begun=row.begun, grown=row.grown, seen=seen,
        assessed=msgspec.json.decode(row.assessed, type=Assessed), closed=row.closed, became=row.became, raised=row.raised,
        held=row.held, withheld=row.withheld,
    )  # fmt: skip


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], without: Sequence[str] = ()) -> None:
    if not rows:
        return
    made = (pg_insert if connection.dialect.name == "postgresql" else sqlite_insert)(table)
    names = [name for name in rows[0] if name not in without and not table.c[name].primary_key]
    connection.execute(
        made.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key], set_={name: made.excluded[name] for name in names}
        ),
        rows,
    )


def _heard_row(known: Known) -> dict[str, Any]:
    heard = known.heard
    body, where, model = heard.body, heard.body.where, heard.body.model
    at = heard.at_us // 1000
    return {
        "device": heard.device,
        "heard": heard.incident,
        "boot": heard.boot,
        "seq": heard.seq,
        "event": heard.row,
        "source": heard.source,
        "received": heard.received,
        "at": at,
        "since": min(at, heard.received) if body.clock.synchronised else heard.received,
        "ended": heard.ended,
        "lat": None if where is None else where.lat,
        "lon": None if where is None else where.lon,
        "shots": body.observed.shots.value,
        "posterior": None if body.assessed is None else body.assessed.probability,
        "snr_db": body.observed.hearing.snr_db,
        "bundle": "" if model is None else model.name,
        "version": "" if model is None else clean(model.version, 32),
        "doubt": known.doubt[:160] or None,
    }


def _incident_row(kept: Kept) -> dict[str, Any]:
    return {
        "id": kept.id,
        "number": kept.number,
        "begun": kept.begun,
        "grown": kept.grown,
        "closed": kept.closed,
        "became": kept.became,
        "raised": kept.raised,
        "held": kept.held,
        "withheld": kept.withheld,
        "boxes": len({box.device for box in kept.seen.boxes}),
        "probability": kept.assessed.probability,
        "seen": msgspec.json.encode(kept.seen),
        "assessed": msgspec.json.encode(kept.assessed),
    }


def _box_row(device: str, record: Record) -> dict[str, Any]:
    return {"device": device, "confirmed": record.confirmed, "alone": record.alone, "at": round(record.at_s * 1000)}
