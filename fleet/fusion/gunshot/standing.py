"""Alerts of shots held to high confidence for a time: who said so, why, until when.

Rules: an operator may, for nobody else decides about what is told to operators; it needs a reason and an end, at most
:data:`LONGEST_MS` ahead, and both it and its release are in the audit log; whoever says it again takes the place of who said it
before. It holds from the next look at shots, a tenth of a second later. What was told before stays told, and what was not told
while it held is not told afterwards unless more is heard of it: it is in the table of incidents.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.accounts.accounts import Person, Right
from fleet.audit.log import record
from fleet.fusion.gunshot.errors import NotAllowedError, NotHeldError, ReasonError, TimeError
from fleet.fusion.gunshot.raising import Standard
from fleet.store.database import GUNSHOT_ORDER, one_at_a_time, writing
from fleet.store.tables import setting

LONGEST_MS = 24 * 3_600_000
"""A night, and the day around it."""
MOST_REASON = 300
_NAME = "gunshot-held"


class Held(msgspec.Struct, frozen=True):
    """Who holds alerts to high confidence, why, from when and until when; ms since 1970."""

    by: str
    reason: str
    since: int
    until: int


class Standing:
    """How sure an incident has to be before it is told.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self, at_ms: int) -> Standard:
        """The standard at a time."""
        return Standard.NORMAL if self.read(at_ms) is None else Standard.HIGH

    def read(self, at_ms: int) -> Held | None:
        """Who holds alerts at a time; ``None`` = nobody."""
        with self._engine.connect() as connection:
            return _held(connection, at_ms)

    def hold(self, person: Person, reason: str, until_ms: int, at_ms: int) -> Held:
        """Hold alerts to high confidence.

        Args:
            person: who says so.
            reason: why, for people.
            until_ms: when it ends by itself.
            at_ms: now.

        Raises:
            NotAllowedError: the role may not.
            ReasonError: the reason is missing or too long.
            TimeError: it ends in the past or too far ahead.
        """
        _check(person, reason)
        if not at_ms < until_ms <= at_ms + LONGEST_MS:
            msg = f"say an end within the next {LONGEST_MS // 3_600_000} hours; it can be held again"
            raise TimeError(msg)
        held = Held(person.name, reason.strip(), at_ms, until_ms)
        value = msgspec.json.encode(held).decode()
        with writing(self._engine) as connection:
            one_at_a_time(connection, GUNSHOT_ORDER)
            make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
            statement = make(setting).values(name=_NAME, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
            record(connection, person.name, "gunshot.hold", f"until {until_ms}", value)
        return held

    def release(self, person: Person, reason: str, at_ms: int) -> None:
        """Let alerts go as on any other day.

        Raises:
            NotAllowedError: the role may not.
            ReasonError: the reason is missing or too long.
            NotHeldError: they are not held.
        """
        _check(person, reason)
        with writing(self._engine) as connection:
            one_at_a_time(connection, GUNSHOT_ORDER)
            held = _held(connection, at_ms)
            if held is None:
                msg = "alerts of shots are not held to high confidence"
                raise NotHeldError(msg)
            connection.execute(delete(setting).where(setting.c.name == _NAME))
            record(connection, person.name, "gunshot.release", f"held by {held.by}", reason.strip())


def _held(connection: Connection, at_ms: int) -> Held | None:
    value = connection.execute(select(setting.c.value).where(setting.c.name == _NAME)).scalar()
    held = None if value is None else msgspec.json.decode(value, type=Held)
    return held if held is not None and at_ms < held.until else None


def _check(person: Person, reason: str) -> None:
    if not person.may(Right.HOLD_ALERTS):
        msg = f"the role {person.role.value} may not say how sure alerts of shots have to be; an operator may"
        raise NotAllowedError(msg)
    if not 1 <= len(reason.strip()) <= MOST_REASON:
        msg = f"say why, in at most {MOST_REASON} characters: it is shown beside the alerts, and recorded"
        raise ReasonError(msg)
