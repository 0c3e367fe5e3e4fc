"""Boxes of which too much time has passed.

Rules (rows 25, 29 and 61):

- The time of a box runs from when it accepted its order. What is outside its hours with power, or outside the window in which
  it may switch, does not count: silence by schedule is expected.
- A box that has not accepted is not failed for its silence: it may be without power. One that goes on speaking and does not
  accept is: then it is not silence but a box that does not follow. It is given as long as one that accepted.
- A box out of reach for as long as the plan says is set aside: it counts neither way, and comes back when it reports.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select, update

from fleet.audit.log import record
from fleet.rollouts.boxes import chunks
from fleet.rollouts.hours import Hours, seconds_inside
from fleet.rollouts.ledger import SYSTEM, Rollout
from fleet.rollouts.plan import Plan
from fleet.rollouts.states import BUSY, BoxState
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import device, rollout_box

_AT_ONCE = 200
_hours = msgspec.json.Decoder(Hours)


@dataclass(frozen=True)
class _End:
    """How the wait for a box ends."""

    state: BoxState
    reason: str
    words: str


_TIMEOUT = _End(BoxState.FAILED, "timeout", "no last word within {timeout} s of its acceptance")
_NOT_ACCEPTED = _End(BoxState.FAILED, "not-accepted", "spoke for {timeout} s after its order and did not accept it")
_UNREACHED = _End(BoxState.ASIDE, "unreached", "has not accepted its order within {unreached} s; comes back when it does")


def is_over(plan: Plan, powered: Hours | None, since: int, until: int) -> bool:
    """Whether a box's time has passed. Pure.

    Args:
        plan: with its time-out and window.
        powered: hours in which the box has power; ``None`` = always.
        since: ms: when its time began.
        until: ms: now, or when it was last heard.
    """
    if until - since < plan.timeout_s * 1000:
        return False
    hours = [one for one in (plan.window, powered) if one is not None]
    return seconds_inside(hours, _moment(since), _moment(until)) >= plan.timeout_s


class Overdue:
    """Ends the wait for boxes.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def look(self, found: Rollout, now: int) -> int:
        """End the wait for boxes of one rollout whose time has passed. Returns how many."""
        with self._engine.connect() as connection:
            late = dict.fromkeys(self._busy(connection, found, now), _TIMEOUT) | self._ordered(connection, found, now)
        for end in (_TIMEOUT, _NOT_ACCEPTED, _UNREACHED):
            self._end(found, [name for name, why in late.items() if why is end], end, now)
        return len(late)

    @staticmethod
    def _busy(connection: Connection, found: Rollout, now: int) -> list[str]:
        b = rollout_box.c
        began, oldest = b.accepted_at, now - found.plan.timeout_s * 1000
        query = select(b.device, began.label("began"), device.c.powered).join(device, device.c.name == b.device)
        query = query.where(b.rollout == found.number, b.state.in_([state.value for state in BUSY]), began <= oldest)
        rows = connection.execute(query)  # all: those whose time stands still must not hide those whose time has passed
        return [row.device for row in rows if is_over(found.plan, _powered(row), row.began, now)]

    @staticmethod
    def _ordered(connection: Connection, found: Rollout, now: int) -> dict[str, _End]:
        b, d, plan = rollout_box.c, device.c, found.plan
        query = select(b.device, b.ordered_at, d.powered, d.last_word, d.state_at).join(device, d.name == b.device)
        query = query.where(b.rollout == found.number, b.state == BoxState.ORDERED.value)
        query = query.where(b.ordered_at <= now - min(plan.timeout_s, plan.unreached_s) * 1000)
        late: dict[str, _End] = {}
        for row in connection.execute(query):
            # Since its last birth: before that it may have been away.
            since = max(row.ordered_at, row.state_at or 0)
            if is_over(plan, _powered(row), since, row.last_word or 0):
                late[row.device] = _NOT_ACCEPTED
            elif now - row.ordered_at >= plan.unreached_s * 1000:
                late[row.device] = _UNREACHED
        return late

    def _end(self, found: Rollout, names: Sequence[str], end: _End, now: int) -> None:
        b = rollout_box.c
        detail = end.words.format(timeout=found.plan.timeout_s, unreached=found.plan.unreached_s)
        values = {"state": end.state.value, "reason": end.reason, "detail": detail[:120], "ended_at": now}
        for part in chunks(names, _AT_ONCE):
            with writing(self._engine) as connection:
                one_at_a_time(connection, ROLLOUT_ORDER)
                rows = update(rollout_box).where(b.rollout == found.number, b.device.in_(part))
                rows = rows.where(b.state.in_([one.value for one in (*BUSY, BoxState.ORDERED)]))
                connection.execute(rows.values(**values))
                record(connection, SYSTEM, f"rollout.{end.reason}", str(found.number), " ".join(part))


def _powered(row: Any) -> Hours | None:
    return None if row.powered is None else _hours.decode(row.powered)


def _moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, dt.timezone.utc)
