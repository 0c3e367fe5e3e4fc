"""The store's tail: what is new since the last look, for all pages of this process at once.

Rules:

- Reading only, and off the event loop; a look is a few queries by primary key.
- The first look fills the board: what the sparklines show, and every incident that waits for a verdict, up to the board's
  bound.
- What the store holds and this version cannot decode (it was written by a newer one) is shown from its outside, never skipped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Select, func, select

from fleet.control_room.feed import (
    AlertMade,
    AlertsHeld,
    DeviceGone,
    DeviceKnown,
    EventKept,
    EventStored,
    News,
    Quarantined,
    StateChanged,
    TelemetryCame,
    TwinReported,
    Unjudged,
    VerdictGiven,
)
from fleet.control_room.incidents import MAX_JUDGED, MAX_UNJUDGED
from fleet.control_room.shot_views import HeldView
from fleet.control_room.views import VerdictView
from fleet.fusion.made import DEVICE, MADE
from fleet.oversight.verdicts import JUDGED, Decision, Verdict
from fleet.services import Services, StoredEvent
from fleet.store import tables as t
from protocol.events import BODY, Event, EventType
from protocol.state import State, Telemetry
from protocol.twin import Reported

HISTORY_MS = 10 * 60 * 1000
HISTORY_ROWS = 12_000
"""Ten minutes of 500 boxes with one zone."""
LOOK_ROWS = 1_000
COUNT_EVERY = 20
"""Looks between counts of what waits for a verdict, which takes a scan of all alerts, and of what is in quarantine."""
MOST_INCIDENT_ROWS = 20_000

T = TypeVar("T")
_bodies: dict[str, msgspec.json.Decoder[Any]] = {kind.value: msgspec.json.Decoder(body) for kind, body in BODY.items()}
_made: dict[str, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(body) for kind, body in MADE.items()}
_state = msgspec.json.Decoder(State)
_telemetry = msgspec.json.Decoder(Telemetry)
_reported = msgspec.json.Decoder(Reported)


@dataclass(frozen=True)
class _Mark:
    """What was seen of a box's row in the store."""

    changed: int
    state_at: int
    telemetry_at: int
    reported: int = 0
    """Hash of its reported twin."""


_NEVER = _Mark(-1, -1, -1)


class Tail:
    """Looks at the store.

    Args:
        services: the manager's.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._event_row = 0
        self._verdict_row = 0
        self._marks: dict[str, _Mark] = {}
        self._looks = 0
        self._held: HeldView | None = None

    def begin(self, now: int) -> list[News]:
        """Everything that a board needs to start with; ``now`` in ms."""
        self._marks, self._held = {}, None
        self._event_row = self._services.last_row()
        with self._services.engine.connect() as connection:
            self._verdict_row = connection.execute(select(func.max(t.verdict.c.row))).scalar() or 0
            news = list(self._box_news(connection))
            judged = _latest_verdicts(connection)
            shown = {row.incident for row in connection.execute(unjudged().limit(MAX_UNJUDGED))} | judged.keys()
            rows = {e.row: e for e in _history(connection, self._event_row) if e.received >= now - HISTORY_MS}
            rows.update((e.row, e) for e in events_of(connection, shown) if e.row <= self._event_row)
            news.extend(read(rows[row], self._services.fleet) for row in sorted(rows))
            news.extend(VerdictGiven(incident, verdict) for incident, verdict in judged.items())
            news.extend(_counts(connection))
        news.extend(self._held_news(now))
        return news

    def look(self, now: int) -> list[News]:
        """What came since the last look, oldest first; ``now`` in ms."""
        stored = self._services.events_after(self._event_row, LOOK_ROWS)
        verdicts = self._services.verdicts.after(self._verdict_row)
        self._event_row = stored[-1].row if stored else self._event_row
        self._verdict_row = verdicts[-1].row if verdicts else self._verdict_row
        self._looks += 1
        with self._services.engine.connect() as connection:
            news = list(self._box_news(connection))
            news.extend(read(event, self._services.fleet) for event in stored)
            news.extend(VerdictGiven(verdict.incident, verdict_view(verdict)) for verdict in verdicts)
            if verdicts or self._looks % COUNT_EVERY == 0:
                news.extend(_counts(connection))
        news.extend(self._held_news(now))
        return news

    def _held_news(self, now: int) -> Iterator[News]:
        found = self._services.standing.read(now)
        held = None if found is None else HeldView(found.by, found.reason, found.since, found.until)
        if held != self._held:
            self._held = held
            yield AlertsHeld(held)

    def _box_news(self, connection: Connection) -> Iterator[News]:
        # The large columns are read only of rows that changed: most looks read four numbers a box.
        d = t.device.c
        query = select(d.name, d.changed, d.state_at, d.telemetry_at).where(d.withdrawn_at.is_(None))
        before, self._marks = self._marks, {}
        changed = []
        for row in connection.execute(query):
            known = before.get(row.name, _NEVER)
            self._marks[row.name] = _Mark(row.changed, row.state_at or 0, row.telemetry_at or 0, known.reported)
            if known != self._marks[row.name]:
                changed.append(row.name)
        yield from (DeviceGone(name) for name in sorted(before.keys() - self._marks.keys()))
        for start in range(0, len(changed), 500):
            for row in connection.execute(select(t.device).where(d.name.in_(changed[start : start + 500]))):
                yield from self._one_box(row, before.get(row.name, _NEVER))

    def _one_box(self, row: Any, before: _Mark) -> Iterator[News]:
        conflict = row.conflict_at is not None and row.conflict_at >= (row.registered_at or 0)
        yield DeviceKnown(row.name, row.label, row.last_word, conflict)
        twin = hash(row.reported)
        if twin != before.reported and (reported := _decoded(_reported, row.reported)) is not None:
            yield TwinReported(row.name, reported.config)
        if row.state_at != before.state_at and (state := _decoded(_state, row.state)) is not None:
            yield StateChanged(row.name, state, row.state_at)
        if row.telemetry_at != before.telemetry_at and (telemetry := _decoded(_telemetry, row.telemetry)) is not None:
            yield TelemetryCame(row.name, telemetry, row.telemetry_at)
        self._marks[row.name] = _Mark(row.changed, row.state_at or 0, row.telemetry_at or 0, twin)


def read(stored: StoredEvent, fleet: str) -> EventStored | EventKept | AlertMade:
    """Decode a stored event, or show its outside."""
    maker = _made.get(stored.type) if stored.device == DEVICE else None
    if maker is not None and (made := _decoded(maker, stored.body)) is not None:
        return AlertMade(stored.row, stored.id, stored.type, made, stored.received)
    decoder = _bodies.get(stored.type)
    body = None if decoder is None else _decoded(decoder, stored.body)
    if body is None:
        return EventKept(stored.row, stored.device, stored.id, stored.type, stored.time // 1000, stored.received, stored.schema)
    time = dt.datetime.fromtimestamp(stored.time / 1e6, dt.timezone.utc)
    event = Event(fleet, stored.device, stored.id, EventType(stored.type), time, stored.boot, stored.seq, body)
    return EventStored(stored.row, event, stored.received)


def verdict_view(verdict: Verdict) -> VerdictView:
    """Show a verdict."""
    state = "confirmed" if verdict.decision is Decision.CONFIRM else "dismissed"
    return VerdictView(state, verdict.account, verdict.at, verdict.reason)


def unjudged() -> Select[Any]:
    """Incidents without a verdict and their first row, newest first; to be limited."""
    judged = select(t.verdict.c.incident)
    first = func.min(t.event.c.row).label("first")
    return (
        select(t.event.c.incident, first)
        .where(JUDGED, t.event.c.incident.not_in(judged))
        .group_by(t.event.c.incident)
        .order_by(first.desc())
    )


def events_of(connection: Connection, incidents: set[str]) -> list[StoredEvent]:
    """All events of these incidents, in order."""
    columns = [t.event.c[name] for name in StoredEvent.__dataclass_fields__]
    query = select(*columns).where(t.event.c.incident.in_(incidents)).order_by(t.event.c.row.desc()).limit(MOST_INCIDENT_ROWS)
    return [StoredEvent(*row) for row in reversed(connection.execute(query).all())]


def _history(connection: Connection, last: int) -> Iterator[StoredEvent]:
    columns = [t.event.c[name] for name in StoredEvent.__dataclass_fields__]
    query = select(*columns).where(t.event.c.row <= last).order_by(t.event.c.row.desc()).limit(HISTORY_ROWS)
    return (StoredEvent(*row) for row in connection.execute(query))


def _latest_verdicts(connection: Connection) -> dict[str, VerdictView]:
    latest: dict[str, VerdictView] = {}
    for row in connection.execute(select(t.verdict).order_by(t.verdict.c.row.desc()).limit(10 * MAX_JUDGED)):
        if row.incident not in latest and len(latest) < MAX_JUDGED:
            verdict = Verdict(row.row, row.incident, Decision(row.decision), row.reason, row.account, row.at)
            latest[row.incident] = verdict_view(verdict)
    return latest


def _counts(connection: Connection) -> Iterator[News]:
    yield Unjudged(connection.execute(select(func.count()).select_from(unjudged().subquery())).scalar() or 0)
    yield Quarantined(connection.execute(select(func.count()).select_from(t.quarantine)).scalar() or 0)


def _decoded(decoder: msgspec.json.Decoder[T], data: bytes | None) -> T | None:
    try:
        return None if data is None else decoder.decode(data)
    except msgspec.DecodeError:
        return None
