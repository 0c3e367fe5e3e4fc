"""Two rollouts of one bundle never want one box at the same time.

Rule: the second is refused when it would start, not queued: a queue would start it on a day on which nobody looks, after what
it was planned for has changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from fleet.rollouts.boxes import of_rollouts
from fleet.rollouts.census import Known, choose
from fleet.rollouts.errors import ConflictError
from fleet.rollouts.ledger import Rollout
from fleet.rollouts.states import PENDING, BoxState
from fleet.store.tables import rollout_box

_SHOWN = 5
"""Boxes named in a message."""


@dataclass(frozen=True)
class Reach:
    """Boxes of a rollout: all, and those that it is not done with."""

    all: frozenset[str]
    pending: frozenset[str]


def reach_of(connection: Connection, other: Rollout, boxes: Sequence[Known]) -> Reach:
    """The boxes of a rollout that was started.

    Args:
        connection: to the store.
        other: the rollout.
        boxes: of the fleet.
    """
    b = rollout_box.c
    rows = connection.execute(select(b.device, b.state).where(b.rollout == other.number)).all()
    names = frozenset(row.device for row in rows)
    pending = frozenset(row.device for row in rows if BoxState(row.state) in PENDING)
    if other.joined_at is None:  # it was started a moment ago, and has not placed all that it will have
        wanted = choose(other.plan.where, other.published, boxes, of_rollouts(connection, other.plan)).fit
        coming = frozenset(box.name for box in wanted)
        return Reach(names | coming, pending | coming)
    return Reach(names, pending)


def check_conflict(other: Rollout, shared: Collection[str]) -> None:
    """Refuse when a rollout is not done with boxes that another one wants.

    Args:
        other: the rollout that has them.
        shared: the boxes that both want.

    Raises:
        ConflictError: there are some.
    """
    if shared:
        which = f"{len(shared)} of these boxes ({', '.join(sorted(shared)[:_SHOWN])})"
        msg = f"rollout {other.number} of {other.bundle} is not done with {which}: wait for it, abort it, or filter them out"
        raise ConflictError(msg)
