"""How rollouts stand: what lists, pages and the command line show. Reading only.

Rules: everything follows from the rows that stand now, so that all who look see the same; lists are bounded; what is written by
boxes is text and stays text.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from fleet.rollouts.job import SILENT_MS, read_pulse
from fleet.rollouts.ledger import Rollout, read_rollout, rollouts, tallies
from fleet.rollouts.scheduler import outlook
from fleet.rollouts.series import Switch, versions_over_time
from fleet.rollouts.states import ACTIVE, BoxState, RolloutState
from fleet.rollouts.verification import FLAGS, Flag
from fleet.rollouts.views import BoxView, GroupView, NoteView, ProgressView, ReasonView, RolloutView
from fleet.store.tables import device, rollout, rollout_box, rollout_note, rollout_report

MOST_LISTED = 100
MOST_BOXES = 500
_NAMED = 20
"""Boxes named under one reason."""
_STATES = tuple(state.value for state in BoxState)


class Progress:
    """Answers from the store.

    Args:
        engine: the store.
        now: clock, ms.
    """

    def __init__(self, engine: Engine, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._engine, self._now = engine, now

    def listed(self, before: int | None = None, limit: int = 50) -> list[RolloutView]:
        """Rollouts, newest first; ``before`` is the last number of the page before."""
        query = select(rollout).limit(min(limit, MOST_LISTED))
        if before is not None:
            query = query.where(rollout.c.number < before)
        with self._engine.connect() as connection:
            return [_view(one, _counts(connection, one)) for one in rollouts(connection, query)]

    def of(self, number: int) -> ProgressView:
        """One rollout whole.

        Raises:
            UnknownRolloutError: there is none of this number.
        """
        now = self._now()
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
            counts = tallies(connection, number, len(found.plan.groups))
            words = outlook(found, counts, now).words if found.state in ACTIVE and found.joined_at is not None else ""
            return ProgressView(
                rollout=_view(found, _counts(connection, found)),
                plan=msgspec.to_builtins(found.plan),
                outlook=words,
                groups=_groups(connection, found),
                reasons=_reasons(connection, number),
                versions=_versions(connection, found, now),
                flagged=_flagged(connection, found),
                notes=_notes(connection, number),
                mover=self._mover(found, now),
            )

    def boxes(self, number: int, state: str = "", after: str = "", limit: int = MOST_BOXES) -> list[BoxView]:
        """Boxes of a rollout by name.

        Args:
            number: of the rollout.
            state: only those; ``behind`` = all that do not run the release; empty = all.
            after: name of the last box of the page before.
            limit: most.

        Raises:
            UnknownRolloutError: there is none of this number.
        """
        b, d = rollout_box.c, device.c
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
            query = select(rollout_box, d.label, d.last_word).join(device, d.name == b.device, isouter=True)
            query = query.where(b.rollout == number, b.device > after).order_by(b.device).limit(min(limit, MOST_BOXES))
            if state == "behind":
                query = query.where(b.state != BoxState.SUCCEEDED.value)
            elif state:
                query = query.where(b.state == state)
            names = [group.name for group in found.plan.groups]
            return [_box(row, names) for row in connection.execute(query)]

    def _mover(self, found: Rollout, now: int) -> str:
        if found.state not in ACTIVE:
            return ""
        pulse = read_pulse(self._engine)
        if pulse is None or now - pulse.at > SILENT_MS:
            return "The manager's process that moves rollouts forward does not answer; see the manager's log."
        return pulse.fault


def _view(found: Rollout, counts: dict[str, int]) -> RolloutView:
    return RolloutView(
        number=found.number,
        id=found.id,
        bundle=found.bundle,
        release=found.release,
        version=found.published.version,
        state=found.state.value,
        reason=found.reason,
        note=found.plan.note,
        open=found.plan.open,
        back_of=found.back_of,
        planned_by=found.planned_by,
        planned_at=found.planned_at,
        approved_by=found.approved_by,
        approved_at=found.approved_at,
        started_at=found.started_at,
        ended_at=found.ended_at,
        counts=counts,
    )


def _counts(connection: Connection, found: Rollout) -> dict[str, int]:
    b = rollout_box.c
    rows = connection.execute(select(b.state, func.count()).where(b.rollout == found.number).group_by(b.state))
    return {state: int(count) for state, count in rows}


def _groups(connection: Connection, found: Rollout) -> tuple[GroupView, ...]:
    b = rollout_box.c
    counts: list[dict[str, int]] = [{} for _ in found.plan.groups]
    query = select(b.stage, b.state, func.count()).where(b.rollout == found.number).group_by(b.stage, b.state)
    for stage, state, count in connection.execute(query):
        counts[stage][state] = int(count)
    over = found.state is RolloutState.COMPLETED
    turns = ["passed" if over or n < found.stage else "now" if n == found.stage else "later" for n in range(len(counts))]
    if found.started_at is None:
        turns = ["later"] * len(counts)
    return tuple(
        GroupView(
            group.name,
            group.percent,
            group.success_percent,
            group.minimum,
            group.budget_percent,
            group.soak_s,
            {state: count[state] for state in _STATES if state in count},
            turn,
        )
        for group, count, turn in zip(found.plan.groups, counts, turns, strict=True)
    )


def _reasons(connection: Connection, number: int) -> tuple[ReasonView, ...]:
    b = rollout_box.c
    states = (BoxState.FAILED.value, BoxState.ASIDE.value)
    where = (b.rollout == number, b.state.in_(states))
    query = select(b.state, b.reason, func.count().label("boxes"), func.max(b.detail).label("detail"))
    rows = connection.execute(query.where(*where).group_by(b.state, b.reason)).all()
    found = []
    for row in sorted(rows, key=lambda row: (row.state != BoxState.FAILED.value, -row.boxes, row.reason)):
        names = select(b.device).where(*where, b.state == row.state, b.reason == row.reason).order_by(b.device).limit(_NAMED)
        found.append(ReasonView(row.state, row.reason, row.detail, row.boxes, tuple(connection.scalars(names))))
    return tuple(found)


def _versions(connection: Connection, found: Rollout, now: int) -> dict[str, list[tuple[int, int]]]:
    if found.started_at is None:
        return {}
    b = rollout_box.c
    rows = connection.execute(select(b.version, b.state, b.ended_at).where(b.rollout == found.number))
    switches = [Switch(row.version, row.ended_at if row.state == BoxState.SUCCEEDED.value else None) for row in rows]
    return versions_over_time(switches, found.published.version, found.started_at, max(found.ended_at or now, found.started_at))


def _flagged(connection: Connection, found: Rollout) -> dict[str, int]:
    r = rollout_report.c
    query = select(r.flag, func.count()).where(r.bundle == found.bundle, r.release == found.release)
    query = query.where(r.received >= (found.started_at or found.planned_at), r.flag != Flag.COUNTED.value)
    return {FLAGS[Flag(flag)]: int(count) for flag, count in connection.execute(query.group_by(r.flag))}


def _notes(connection: Connection, number: int) -> tuple[NoteView, ...]:
    query = select(rollout_note).where(rollout_note.c.rollout == number).order_by(rollout_note.c.row.desc()).limit(MOST_LISTED)
    return tuple(NoteView(row.at, row.actor, row.action, row.words) for row in connection.execute(query))


def _box(row: Any, groups: list[str]) -> BoxView:
    return BoxView(
        device=row.device,
        label=row.label or row.device,
        group=groups[row.stage],
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        version=row.version,
        ordered_at=row.ordered_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        last_word=row.last_word,
        fetched_bytes=row.fetched_bytes,
        agreement=row.agreement,
        latency_ratio=row.latency_ratio,
    )
