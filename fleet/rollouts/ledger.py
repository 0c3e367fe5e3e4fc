"""Rollouts in the store: read whole, moved from state to state in one place.

Rules: a move is checked against the row as it stands within the transaction that makes it, so that of two people who press at
once the second is told; each leaves a note for people and a row of the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from fleet.audit.log import record
from fleet.rollouts.brake import Tally
from fleet.rollouts.catalogue import Published
from fleet.rollouts.errors import UnknownRolloutError
from fleet.rollouts.plan import Plan
from fleet.rollouts.states import BUSY, MOVES, BoxState, RolloutState, check_move
from fleet.store.tables import rollout, rollout_box, rollout_note

SYSTEM = "system"
"""Who acts when the brake does."""

_WORDS = 240
_ACTIONS: dict[RolloutState, str] = {
    RolloutState.APPROVED: "approve",
    RolloutState.RUNNING: "start",
    RolloutState.PAUSED: "pause",
    RolloutState.COMPLETED: "complete",
    RolloutState.ABORTED: "abort",
    RolloutState.STOPPED: "stop",
}
_plan = msgspec.json.Decoder(Plan)
_published = msgspec.json.Decoder(Published)


@dataclass(frozen=True)
class Rollout:
    """One rollout as stored. Times: milliseconds since 1970."""

    number: int
    id: str
    bundle: str
    release: int
    plan: Plan
    published: Published
    back_of: int | None
    state: RolloutState
    reason: str
    planned_by: str
    planned_at: int
    approved_by: str | None
    approved_at: int | None
    started_at: int | None
    ended_at: int | None
    joined_at: int | None
    stage: int
    stage_at: int | None


def read_rollout(connection: Connection, number: int) -> Rollout:
    """One rollout.

    Raises:
        UnknownRolloutError: there is none of this number.
    """
    found = connection.execute(select(rollout).where(rollout.c.number == number)).first()
    if found is None:
        msg = f"there is no rollout {number}; `lamplighter rollout list` names those that there are"
        raise UnknownRolloutError(msg)
    return _rollout(found)


def rollouts(connection: Connection, query: Select[Any] | None = None) -> list[Rollout]:
    """Several, newest first."""
    query = select(rollout) if query is None else query
    return [_rollout(row) for row in connection.execute(query.order_by(rollout.c.number.desc()))]


def in_states(*states: RolloutState) -> Select[Any]:
    """Query for rollouts in some states."""
    return select(rollout).where(rollout.c.state.in_([state.value for state in states]))


def move(  # noqa: PLR0913 - who, what, why, when
    connection: Connection, found: Rollout, state: RolloutState, actor: str, words: str, now: int, **values: object
) -> None:
    """Move a rollout to another state, in the caller's writing transaction.

    Args:
        connection: that has read ``found``.
        found: the rollout as it stands.
        state: where to.
        actor: who does it.
        words: why.
        now: ms.
        **values: other columns that change with it.

    Raises:
        TransitionError: it cannot go there.
    """
    check_move(str(found.number), found.state, state)
    over = {"ended_at": now, "reason": words[:_WORDS]} if not MOVES[state] else {}
    reason = {"reason": words[:_WORDS]} if state is RolloutState.PAUSED else {"reason": ""}
    connection.execute(
        update(rollout).where(rollout.c.number == found.number).values(**{"state": state.value, **reason, **over, **values})
    )
    action = "resume" if (found.state, state) == (RolloutState.PAUSED, RolloutState.RUNNING) else _ACTIONS[state]
    note(connection, found.number, actor, action, words, now)


def note(  # noqa: PLR0913 - a row
    connection: Connection, number: int, actor: str, action: str, words: str, now: int, content: str = ""
) -> None:
    """Leave a note for people, and a row of the audit log.

    Args:
        connection: a writing transaction.
        number: of the rollout.
        actor: who.
        action: for example ``approve``.
        words: why, for people.
        now: ms.
        content: what was decided, where words do not say all of it; the audit log keeps its salted digest.
    """
    values = {"rollout": number, "at": now, "actor": actor[:64], "action": action, "words": words[:_WORDS]}
    connection.execute(insert(rollout_note).values(**values))
    record(connection, actor, f"rollout.{action}", str(number), content or words)


def tallies(connection: Connection, number: int, groups: int) -> list[Tally]:
    """Boxes of each group of a rollout, by how far they are."""
    query = select(rollout_box.c.stage, rollout_box.c.state, func.count()).where(rollout_box.c.rollout == number)
    counts: list[dict[str, int]] = [{} for _ in range(groups)]
    for stage, state, count in connection.execute(query.group_by(rollout_box.c.stage, rollout_box.c.state)):
        kind = "busy" if BoxState(state) in BUSY else state
        counts[stage][kind] = counts[stage].get(kind, 0) + count
    return [Tally(**one) for one in counts]


def _rollout(row: Any) -> Rollout:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    values |= {"plan": _plan.decode(row.plan), "published": _published.decode(row.published), "state": RolloutState(row.state)}
    return Rollout(**values)
