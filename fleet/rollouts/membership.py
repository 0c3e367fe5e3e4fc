"""Which boxes are in a rollout, while the fleet changes under it.

Rules:

- A rollout that is not open has the boxes that it fitted when it was started; an open one catches those that appear later. Of
  two that want one box for the same bundle the higher release gets it.
- Only a box without an order is moved to another group, or let go when its site or tags are no longer those that were asked
  for. An order that was given is brought to its end.
- A box that was replaced, which its new key shows, begins anew: what its predecessor reported is not its own.
- A box that was withdrawn counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Engine, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fleet.audit.log import record
from fleet.rollouts.boxes import chunks, of_rollouts
from fleet.rollouts.census import OBSTACLES, Known, Obstacle, choose
from fleet.rollouts.cohort import place
from fleet.rollouts.ledger import SYSTEM, Rollout
from fleet.rollouts.states import ACTIVE, PENDING, BoxState
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import rollout, rollout_box

_AT_ONCE = 200
"""Rows in one transaction: some milliseconds of it."""
_ANEW: dict[str, Any] = {
    **dict.fromkeys(("nonce", "counter", "ordered_at", "accepted_at", "ended_at", "renew_at", "agreement", "latency_ratio")),
    "state": BoxState.WAITING.value,
    "stands": False,
    "reason": "",
    "detail": "",
    "fetched_bytes": 0,
}
"""Of a box that begins anew."""


_WAITING = (BoxState.WAITING,)


@dataclass(frozen=True)
class Member:
    """A box in a rollout as stored."""

    device: str
    stage: int
    state: BoxState
    key: str


@dataclass(frozen=True)
class Changes:
    """What is to become of a rollout's rows. Names by what happens to them."""

    joined: Mapping[str, int]
    moved: Mapping[str, int]
    left: Mapping[str, tuple[str, str]]
    """With code and words for people."""
    withdrawn: Iterable[str]
    replaced: Iterable[str]


def changes(
    found: Rollout,
    members: Mapping[str, Member],
    boxes: Mapping[str, Known],
    claimed: frozenset[str],
    of_rollout: Mapping[str, frozenset[str]],
) -> Changes:
    """Compare a rollout with the fleet. Pure.

    Args:
        found: the rollout.
        members: its rows, by name of the box.
        boxes: of the fleet, by name.
        claimed: boxes that another rollout of this bundle has a better right to.
        of_rollout: as of :func:`fleet.rollouts.census.matches`.
    """
    choice = choose(found.plan.where, found.published, boxes.values(), of_rollout)
    waiting = {name for name, member in members.items() if member.state is BoxState.WAITING and name in boxes}
    unheard = {name for name, reason in choice.left_out.items() if reason is Obstacle.UNHEARD}
    takes = found.joined_at is None or found.plan.open
    taken = claimed | members.keys()
    candidates = [box for box in choice.fit if box.name in waiting or (takes and box.name not in taken)]
    candidates += [boxes[name] for name in waiting & unheard]
    # Who has an order keeps its group, though it may have changed by it what the filters ask for.
    unfilled = {BoxState.WAITING, BoxState.ASIDE}
    filled = {member.stage for name, member in members.items() if member.state not in unfilled and name in boxes}
    placed = place(found.plan, found.id, candidates, of_rollout, filled)
    left = {name: why for name in waiting if (why := _leaves(choice.left_out.get(name), placed=name in placed)) is not None}
    return Changes(
        joined={name: stage for name, stage in placed.items() if name not in members},
        moved={name: placed[name] for name in waiting - left.keys() if placed[name] != members[name].stage},
        left=left,
        withdrawn=[name for name, member in members.items() if name not in boxes and member.state in PENDING],
        replaced=[name for name, member in members.items() if name in boxes and _replaced(member, boxes[name])],
    )


def _leaves(obstacle: Obstacle | None, *, placed: bool) -> tuple[str, str] | None:
    if obstacle not in {None, Obstacle.UNHEARD}:
        assert obstacle is not None
        return obstacle.value, OBSTACLES[obstacle]
    return None if placed else ("moved", "is no longer one of the boxes that were asked for")


def _replaced(member: Member, box: Known) -> bool:
    return member.state not in {BoxState.WAITING, BoxState.ASIDE} and member.key != box.key


class Membership:
    """Brings rollouts up to date with the fleet.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def follow(self, found: Rollout, boxes: Mapping[str, Known], now: int) -> int:
        """Bring one rollout up to date. Returns how many rows that changed; may be killed between any two."""
        members, claimed, of_rollout = self._read(found)
        found_changes = changes(found, members, boxes, claimed, of_rollout)
        done = self._join(found, found_changes.joined, boxes)
        for part in chunks(found_changes.left, _AT_ONCE):
            reasons = {name: {"reason": found_changes.left[name][0], "detail": found_changes.left[name][1]} for name in part}
            done += self._set_aside(found, reasons, now, _WAITING)
        for part in chunks(found_changes.withdrawn, _AT_ONCE):
            gone = {"reason": "withdrawn", "detail": "no longer belongs to the fleet"}
            done += self._set_aside(found, dict.fromkeys(part, gone), now, PENDING)
        for part in chunks(found_changes.replaced, _AT_ONCE):
            done += self._change(found, dict.fromkeys(part, _ANEW), tuple(BoxState))
        for part in chunks(found_changes.moved, _AT_ONCE):
            done += self._change(found, {name: {"stage": found_changes.moved[name]} for name in part}, _WAITING)
        if found.joined_at is None:
            with writing(self._engine) as connection:
                one_at_a_time(connection, ROLLOUT_ORDER)
                row = update(rollout).where(rollout.c.number == found.number, rollout.c.joined_at.is_(None))
                connection.execute(row.values(joined_at=now, stage_at=now))
        return done

    def _set_aside(self, found: Rollout, reasons: Mapping[str, dict[str, str]], now: int, states: Sequence[BoxState]) -> int:
        aside = {"state": BoxState.ASIDE.value, "ended_at": now}
        return self._change(found, {name: {**aside, **reason} for name, reason in reasons.items()}, states)

    def _change(self, found: Rollout, rows: Mapping[str, dict[str, Any]], states: Sequence[BoxState]) -> int:
        """Change rows of boxes that are in one of these states still; all rows name the same columns."""
        columns = next(iter(rows.values()))
        b = rollout_box.c
        values: dict[str, Any] = {column: bindparam(f"to_{column}") for column in columns}
        statement = update(rollout_box).where(b.rollout == found.number, b.device == bindparam("to_name")).values(**values)
        statement = statement.where(or_(*(b.state == state.value for state in states)))
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            filled = [{"to_name": name} | {f"to_{column}": row[column] for column in columns} for name, row in rows.items()]
            connection.execute(statement, filled)
            words = msgspec.json.encode(rows, order="sorted").decode()
            record(connection, SYSTEM, "rollout.members", str(found.number), words)
        return len(rows)

    def _join(self, found: Rollout, joined: Mapping[str, int], boxes: Mapping[str, Known]) -> int:
        for part in chunks(joined, _AT_ONCE):
            rows = [
                {
                    "rollout": found.number,
                    "device": name,
                    "stage": joined[name],
                    "state": BoxState.WAITING.value,
                    "key": boxes[name].key,
                    "version": boxes[name].versions.get(found.bundle, "")[:32],
                }
                for name in part
            ]
            with writing(self._engine) as connection:
                one_at_a_time(connection, ROLLOUT_ORDER)
                make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
                connection.execute(make(rollout_box).on_conflict_do_nothing(index_elements=["rollout", "device"]), rows)
                record(connection, SYSTEM, "rollout.join", str(found.number), " ".join(part))
        return len(joined)

    def _read(self, found: Rollout) -> tuple[dict[str, Member], frozenset[str], dict[str, frozenset[str]]]:
        b = rollout_box.c
        with self._engine.connect() as connection:
            query = select(b.device, b.stage, b.state, b.key).where(b.rollout == found.number)
            members = {
                row.device: Member(row.device, row.stage, BoxState(row.state), row.key) for row in connection.execute(query)
            }
            others = select(b.device).join(rollout, rollout.c.number == b.rollout)
            others = others.where(rollout.c.bundle == found.bundle, rollout.c.number != found.number)
            others = others.where(rollout.c.state.in_([state.value for state in ACTIVE]))
            others = others.where(b.state.in_([state.value for state in PENDING]) | (rollout.c.release > found.release))
            return members, frozenset(connection.scalars(others)), of_rollouts(connection, found.plan)
