"""What pages ask for beyond the live line: one box, one event, lists of alerts, of verdicts and of the audit log.

Rules: reading only; blocking, so called off the event loop; the board, which lives on the loop, is handed to what needs names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select

from fleet.api.app import view
from fleet.control_room.board import Board
from fleet.control_room.feed import AlertMade, EventStored
from fleet.control_room.incidents import IncidentBook
from fleet.control_room.plates import without_plates
from fleet.control_room.tail import events_of, read, unjudged, verdict_view
from fleet.control_room.views import IncidentView
from fleet.control_room.wording import Limits
from fleet.ingest.outgoing import TWIN
from fleet.oversight.verdicts import JUDGED, Decision
from fleet.services import Services
from fleet.store import tables as t
from protocol.acks import SeqSet
from protocol.events import AnprHit, CrowdAlert

MOST_PAGE = 100
RECENT_EVENTS = 60
RECENT_COMMANDS = 8


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents, newest first, without names for people; ``next`` is where the following page begins."""

    incidents: tuple[IncidentView, ...]
    next: int | None


class Answers:
    """Answers from the store.

    Args:
        services: the manager's.
        limits: what each (model, version) can and cannot do.
    """

    def __init__(self, services: Services, limits: dict[tuple[str, str], Limits]) -> None:
        self._services, self._limits = services, limits

    def event(self, row: int) -> dict[str, Any] | None:
        """One event whole, as it was stored."""
        found = self._services.events_after(row - 1, 1)
        return view(found[0]) if found and found[0].row == row else None

    def device(self, name: str) -> dict[str, Any] | None:
        """One box: what it said, what it was told, what it was asked, what is missing of it."""
        found = self._services.device(name)
        if found is None:
            return None
        with self._services.engine.connect() as connection:
            marks = connection.execute(select(t.watermark).where(t.watermark.c.device == name)).all()
            asked = connection.execute(
                select(t.outgoing)
                .where(t.outgoing.c.device == name, t.outgoing.c.command != TWIN)
                .order_by(t.outgoing.c.row.desc())
                .limit(RECENT_COMMANDS)
            ).all()
        return {
            "label": found.label or found.name,
            "state": _json(found.state),
            "telemetry": _json(found.telemetry),
            "twin": {"desired": _json(found.desired), "reported": _json(found.reported)},
            "boots": len(marks),
            "missing": sum(mark.missing for mark in marks),
            "awaited": sum(_holes(mark.settled) for mark in marks),
            "commands": [_command(row) for row in asked],
        }

    def recent(self, name: str) -> list[EventStored]:
        """The latest events of one box, oldest first; those that cannot be decoded are left to the tail."""
        found = (read(stored, self._services.fleet) for stored in self._services.events(name=name, limit=RECENT_EVENTS))
        return [item for item in found if isinstance(item, EventStored)][::-1]

    def incidents(self, state: str, before: int | None, limit: int) -> IncidentPage:
        """Incidents by when they were raised, newest first.

        Args:
            state: ``unjudged``, ``confirmed``, ``dismissed`` or empty for all.
            before: ``next`` of the page before.
            limit: at most :data:`MOST_PAGE`.
        """
        limit = min(limit, MOST_PAGE)
        first = func.min(t.event.c.row).label("first")
        if state == "unjudged":
            query: Any = unjudged()
        else:
            query = select(t.event.c.incident, first).where(JUDGED)
            query = query.group_by(t.event.c.incident).order_by(first.desc())
            if state:
                standing = select(func.max(t.verdict.c.row)).group_by(t.verdict.c.incident)
                decision = Decision.CONFIRM if state == "confirmed" else Decision.DISMISS
                wanted = select(t.verdict.c.incident).where(
                    t.verdict.c.row.in_(standing), t.verdict.c.decision == decision.value
                )
                query = query.where(t.event.c.incident.in_(wanted))
        if before is not None:
            query = query.having(func.min(t.event.c.row) < before)
        with self._services.engine.connect() as connection:
            found = connection.execute(query.limit(limit + 1)).all()
            page = found[:limit]
            stored = events_of(connection, {row.incident for row in page})
        book = IncidentBook(self._limits)
        for item in (read(one, self._services.fleet) for one in stored):
            match item:
                case EventStored(event=event) if isinstance(event.body.observed, CrowdAlert):
                    book.event(event, event.body.observed, item.received_at)
                case EventStored(event=event) if isinstance(event.body.observed, AnprHit):
                    book.hit(event, event.body.observed, item.received_at)
                case AlertMade():
                    book.made(item.body, item.made_at, item.row)
                case _:
                    pass
        for verdict in self._services.verdicts.of([row.incident for row in page]):
            book.verdict(verdict.incident, verdict_view(verdict))
        order = {row.incident: row.first for row in page}
        incidents = sorted(book.all(), key=lambda incident: -order[incident.id])
        return IncidentPage(tuple(incidents), page[-1].first if len(found) > limit else None)

    def verdicts(self, before: int | None, limit: int) -> dict[str, Any]:
        """Verdicts, newest first."""
        query = select(t.verdict).order_by(t.verdict.c.row.desc()).limit(min(limit, MOST_PAGE) + 1)
        if before is not None:
            query = query.where(t.verdict.c.row < before)
        with self._services.engine.connect() as connection:
            rows = connection.execute(query).all()
        page = rows[: min(limit, MOST_PAGE)]
        shown = [
            {"n": r.row, "at": r.at, "by": r.account, "decision": r.decision, "incident": r.incident, "reason": r.reason}
            for r in page
        ]
        return {"verdicts": shown, "next": page[-1].row if len(rows) > len(page) else None}

    def audit(self, before: int | None, limit: int, action: str) -> dict[str, Any]:
        """The audit log, newest first; its first page says whether the whole chain holds."""
        query = select(t.audit).order_by(t.audit.c.row.desc()).limit(min(limit, MOST_PAGE) + 1)
        if before is not None:
            query = query.where(t.audit.c.row < before)
        if action:
            query = query.where(t.audit.c.action.startswith(action, autoescape=True))
        with self._services.engine.connect() as connection:
            rows = connection.execute(query).all()
        page = rows[: min(limit, MOST_PAGE)]
        answer: dict[str, Any] = {
            "entries": [
                {"n": r.row, "at": r.at, "actor": r.actor, "action": r.action, "subject": r.subject, "digest": r.digest}
                for r in page
            ],
            "next": page[-1].row if len(rows) > len(page) else None,
        }
        if before is None:
            checked = self._services.verify_audit()
            answer["chain"] = {"checked": checked.rows, "broken_at": checked.broken_at}
        return answer


def incident_page(page: IncidentPage, board: Board, *, plates: bool) -> dict[str, Any]:
    """A page of incidents with their names for people, and with plates where the reader may ask about them."""
    named = board.named(page.incidents)
    return {"incidents": msgspec.to_builtins(named if plates else without_plates(named)), "next": page.next}


def _command(row: Any) -> dict[str, Any]:
    return {
        "key": row.correlation,
        "name": row.command,
        "subject": (_json(row.payload) or {}).get("subject") or "",
        "asked_at": row.asked_at,
        "sent_at": row.sent_at,
        "replied_at": row.replied_at,
        "reply": None if row.reply is None else _json(row.reply.encode()),
    }


def _holes(settled: bytes) -> int:
    mark, *ranges = msgspec.json.decode(settled)
    numbers = SeqSet(mark, [(first, last) for first, last in ranges])
    last = numbers.ranges[-1][1] if numbers.ranges else numbers.watermark
    return sum(b - a + 1 for a, b in numbers.missing_below(last))


def _json(data: bytes | None) -> Any:
    return None if data is None else msgspec.json.decode(data)
