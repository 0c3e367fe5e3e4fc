"""Verdicts on incidents.

Rules: only alerts are judged, those of boxes and those that the manager made; what one box says of shots is not judged but the
incident that the manager made of what all say (:data:`JUDGED`); confirming needs no reason, dismissing does; a
later verdict never replaces an earlier one, it is added with a reason and stands; of two people who judge at once the second
is told; only a role that may judge can judge; every verdict is in the audit log.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, and_, insert, select

from fleet.accounts.accounts import Person, Right
from fleet.audit.log import record
from fleet.store.database import VERDICT_ORDER, one_at_a_time, writing
from fleet.store.tables import event, verdict
from protocol.events import EventType, Priority

JUDGED = and_(event.c.incident.is_not(None), event.c.type != EventType.GUNSHOT_DETECTED.value)
"""Of an event, whether its incident is judged by people, and waits for it until somebody does."""


class Decision(str, enum.Enum):
    """What a person can decide."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"


class VerdictError(Exception):
    """A verdict that cannot be given; the message says why."""


class NotAllowedError(VerdictError):
    """The role does not include judging."""


@dataclass(frozen=True)
class Verdict:
    """One decision."""

    row: int
    incident: str
    decision: Decision
    reason: str
    account: str
    at: int
    """Milliseconds since 1970."""


class Verdicts:
    """Verdicts in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, person: Person, incident: str, decision: Decision, reason: str = "") -> Verdict:
        """Decide.

        Raises:
            NotAllowedError: the role does not include judging.
            VerdictError: no such alert, or a reason is missing.
        """
        if not person.may(Right.JUDGE):
            msg = f"the role {person.role.value} may not judge alerts; an operator may"
            raise NotAllowedError(msg)
        reason = reason.strip()[:300]
        with writing(self._engine) as connection:
            one_at_a_time(connection, VERDICT_ORDER)
            if not _is_alert(connection, incident):
                msg = f"there is no alert {incident[:36]!r} to judge"
                raise VerdictError(msg)
            before = _of(connection, [incident])
            if not reason and (decision is Decision.DISMISS or before):
                msg = "a reason is needed to dismiss an alert, or to change an earlier verdict"
                raise VerdictError(msg)
            now = time.time_ns() // 1_000_000
            values = {"incident": incident, "decision": decision.value, "reason": reason, "account": person.name, "at": now}
            key = connection.execute(insert(verdict).values(**values)).inserted_primary_key
            record(connection, person.name, f"verdict.{decision.value}", incident, reason)
        return Verdict(0 if key is None else key[0], incident, decision, reason, person.name, now)

    def of(self, incidents: Iterable[str]) -> list[Verdict]:
        """All verdicts on these incidents, oldest first; the last one of each stands."""
        with self._engine.connect() as connection:
            return _of(connection, list(incidents))

    def after(self, row: int, limit: int = 500) -> list[Verdict]:
        """Verdicts given after a row."""
        with self._engine.connect() as connection:
            query = select(verdict).where(verdict.c.row > row).order_by(verdict.c.row).limit(limit)
            return [_verdict(found) for found in connection.execute(query)]


def _is_alert(connection: Connection, incident: str) -> bool:
    query = select(event.c.row).where(event.c.priority == int(Priority.ALERT), event.c.incident == incident, JUDGED).limit(1)
    return connection.execute(query).first() is not None


def _of(connection: Connection, incidents: list[str]) -> list[Verdict]:
    query = select(verdict).where(verdict.c.incident.in_(incidents)).order_by(verdict.c.row)
    return [_verdict(found) for found in connection.execute(query)]


def _verdict(found: object) -> Verdict:
    row = found._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's public name
    return Verdict(row["row"], row["incident"], Decision(row["decision"]), row["reason"], row["account"], row["at"])
