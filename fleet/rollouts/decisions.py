"""What people decide about rollouts: plan, approve, start, pause, resume, abort, take back.

Rules:

- Whoever plans does not approve; nothing runs that nobody approved; a person who may not is told who may.
- Of two rollouts of one bundle that want one box the second is refused when it would start; see
  :mod:`fleet.rollouts.conflicts`. An open rollout that has nothing left to do gives way to a later release.
- Taking back is a new rollout of a higher release with the earlier content: no box goes back to a lower one.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, Engine, insert

from fleet.accounts.accounts import Person, Right
from fleet.rollouts.boxes import Boxes, of_rollouts
from fleet.rollouts.catalogue import Catalogue
from fleet.rollouts.conflicts import check_conflict, reach_of
from fleet.rollouts.errors import NotAllowedError, PlanError, SamePersonError, TransitionError
from fleet.rollouts.feasibility import Preview, check_release, earlier_content, foresee
from fleet.rollouts.ledger import Rollout, in_states, move, note, read_rollout, rollouts
from fleet.rollouts.plan import Filter, Group, Plan
from fleet.rollouts.states import ACTIVE, RolloutState
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import rollout
from protocol.identifiers import uuid7


class Decisions:
    """Takes decisions into the store.

    Args:
        engine: the store.
        catalogue: which releases there are.
        now: clock, ms.
    """

    def __init__(
        self, engine: Engine, catalogue: Catalogue, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._engine, self._catalogue, self._now = engine, catalogue, now

    def preview(self, plan: Plan, rollout_id: str | None = None) -> Preview:
        """See what a plan would do, and whether it can be followed; changes nothing.

        Args:
            plan: the plan.
            rollout_id: that the rollout has or will have; another one has other boxes first.

        Raises:
            PlanError, UnknownRolloutError, CatalogueError: it cannot be followed; see :mod:`fleet.rollouts.feasibility`.
        """
        moment = dt.datetime.fromtimestamp(self._now() / 1000, dt.timezone.utc)
        published = check_release(plan, self._catalogue, moment)
        with self._engine.connect() as connection:
            of_rollout = of_rollouts(connection, plan)
        return foresee(plan, rollout_id or uuid7(self._now()), published, Boxes(self._engine).known(), of_rollout, moment)

    def preview_of(self, number: int) -> tuple[Plan, Preview]:
        """See what a rollout that has not begun would do now; whoever approves it looks at this.

        Raises:
            UnknownRolloutError: there is none of this number.
            TransitionError: it has begun.
            PlanError, CatalogueError: as of :meth:`preview`.
        """
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
        if found.started_at is not None or found.ended_at is not None:
            msg = f"rollout {number} is {found.state.value}: what it does is seen in its progress"
            raise TransitionError(msg)
        return found.plan, self.preview(found.plan, found.id)

    def plan(self, person: Person, plan: Plan, back_of: int | None = None) -> Rollout:
        """Plan a rollout; it waits for a second person.

        Raises:
            NotAllowedError: the role may not.
            PlanError, UnknownRolloutError, CatalogueError: as of :meth:`preview`.
        """
        _require(person, Right.ROLL_OUT)
        now = self._now()
        fresh = uuid7(now)
        seen = self.preview(plan, fresh)
        values = {
            "id": fresh,
            "bundle": plan.bundle,
            "release": plan.release,
            "plan": msgspec.json.encode(plan),
            "published": msgspec.json.encode(seen.published),
            "back_of": back_of,
            "state": RolloutState.PLANNED.value,
            "planned_by": person.name,
            "planned_at": now,
        }
        with writing(self._engine) as connection:
            made = connection.execute(insert(rollout).values(**values)).inserted_primary_key
            assert made is not None
            words = f"{plan.bundle} release {plan.release} ({seen.published.version}) for {len(seen.placed)} boxes"
            words = f"{words}: {plan.note}" if plan.note else words
            note(connection, made[0], person.name, "plan", words, now, msgspec.json.encode(plan).decode())
            return read_rollout(connection, made[0])

    def approve(self, person: Person, number: int, words: str = "") -> Rollout:
        """Approve another person's plan.

        Raises:
            NotAllowedError: the role may not.
            SamePersonError: whoever planned it.
            UnknownRolloutError, TransitionError: there is none to approve.
        """
        _require(person, Right.APPROVE_ROLLOUT)
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            found = read_rollout(connection, number)
            if found.state is RolloutState.PLANNED and found.planned_by == person.name:
                msg = f"rollout {number} was planned by {person.name}: a second person approves it"
                raise SamePersonError(msg)
            by = {"approved_by": person.name, "approved_at": self._now()}
            move(connection, found, RolloutState.APPROVED, person.name, words, self._now(), **by)
            return read_rollout(connection, number)

    def start(self, person: Person, number: int, words: str = "") -> Rollout:
        """Start an approved rollout.

        Raises:
            NotAllowedError: the role may not.
            UnknownRolloutError, TransitionError: there is none to start.
            PlanError, CatalogueError: it cannot be followed any more.
            ConflictError: another rollout of the bundle is not done with some of its boxes.
        """
        _require(person, Right.ROLL_OUT)
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
        if found.state is not RolloutState.APPROVED:
            what = "is running already" if found.state in ACTIVE else "was not approved" if not found.approved_by else "is over"
            msg = f"rollout {number} {what}; only an approved rollout can be started"
            raise TransitionError(msg)
        placed, boxes = set(self.preview(found.plan, found.id).placed), Boxes(self._engine).known()
        now = self._now()
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            found = read_rollout(connection, number)
            for other in rollouts(connection, in_states(*ACTIVE).where(rollout.c.bundle == found.bundle)):
                has = reach_of(connection, other, boxes)
                check_conflict(other, placed & has.pending)
                if not has.pending and other.release < found.release and placed & has.all:
                    _close(connection, other, f"rollout {found.number} brings its boxes a later release", person.name, now)
            move(connection, found, RolloutState.RUNNING, person.name, words, now, started_at=now)
            return read_rollout(connection, number)

    def pause(self, person: Person, number: int, words: str = "") -> Rollout:
        """No box gets an order until it is resumed; what boxes have begun they end.

        Raises:
            NotAllowedError, UnknownRolloutError, TransitionError: as of :meth:`approve`.
        """
        return self._move(person, Right.HALT_ROLLOUT, number, RolloutState.PAUSED, words)

    def resume(self, person: Person, number: int, words: str = "") -> Rollout:
        """Go on.

        Raises:
            NotAllowedError, UnknownRolloutError, TransitionError: as of :meth:`approve`.
        """
        return self._move(person, Right.ROLL_OUT, number, RolloutState.RUNNING, words, RolloutState.PAUSED)

    def abort(self, person: Person, number: int, words: str = "") -> Rollout:
        """End it for good; orders that no box has followed are taken back.

        Raises:
            NotAllowedError, UnknownRolloutError, TransitionError: as of :meth:`approve`.
        """
        return self._move(person, Right.HALT_ROLLOUT, number, RolloutState.ABORTED, words)

    def back(self, person: Person, number: int, release: int | None = None, words: str = "") -> Rollout:
        """Plan to take the boxes of a rollout back to what they ran before: a higher release with the earlier content.

        Args:
            person: who plans it.
            number: of the rollout that is taken back.
            release: with the earlier content; found by its content when none is given.
            words: why.

        Raises:
            NotAllowedError, UnknownRolloutError, PlanError, CatalogueError: as of :meth:`plan`.
            TransitionError: it gives orders still, or never gave one.
        """
        _require(person, Right.ROLL_OUT)
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
        if found.state in ACTIVE:
            msg = f"rollout {number} is {found.state.value}: abort it first, then take it back"
            raise TransitionError(msg)
        if found.started_at is None:
            msg = f"rollout {number} never gave an order: there is nothing to take back"
            raise TransitionError(msg)
        chosen = release if release is not None else earlier_content(self._catalogue.releases(), found.published).release
        if chosen <= found.release:
            msg = f"release {chosen} is not above release {found.release}, and boxes take no lower one"
            msg += ": publish the earlier content as a new release"
            raise PlanError(msg)
        before = found.plan
        groups = (Group("all", minimum=1, budget_percent=20.0, success_percent=80.0),)
        where = Filter(rollout=found.id)
        said = words or f"takes rollout {number} back"
        plan = Plan(found.bundle, chosen, groups, where, None, before.timeout_s, before.unreached_s, note=said[:200])
        return self.plan(person, plan, back_of=number)

    def _move(  # noqa: PLR0913 - who, with which right, what, where to, why, from where
        self,
        person: Person,
        right: Right,
        number: int,
        state: RolloutState,
        words: str,
        only: RolloutState | None = None,
    ) -> Rollout:
        _require(person, right)
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            found = read_rollout(connection, number)
            if only is not None and found.state is not only:
                msg = f"rollout {number} is {found.state.value}, not {only.value}"
                raise TransitionError(msg)
            move(connection, found, state, person.name, words, self._now())
            return read_rollout(connection, number)


def _close(connection: Connection, other: Rollout, words: str, actor: str, now: int) -> None:
    """End an open rollout that only waits for more boxes."""
    state = RolloutState.COMPLETED if other.state is RolloutState.RUNNING else RolloutState.ABORTED
    move(connection, other, state, actor, words, now)


def _require(person: Person, right: Right) -> None:
    if not person.may(right):
        msg = f"the role {person.role.value} does not include: {right.value}"
        raise NotAllowedError(msg)
