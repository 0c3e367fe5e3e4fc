"""Moves rollouts forward: what is due now, a bounded piece at a time.

Rules:

- Everything it knows is in the store. A tick reads how things stand, does a piece, and forgets: who is killed in the middle
  goes on with the next tick, of this process or another.
- Reports are worked before anything is judged, and the brake is looked at before another box gets an order.
- Paused means that no box gets an order; reports are still worked, time still runs, and the brake still stops.
- Of rollouts of one bundle the higher release is served first, so that a box which appears goes to it.
- A rollout that cannot be moved (a time zone that is no longer known) says why and holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, update

from fleet.rollouts.boxes import Boxes
from fleet.rollouts.brake import Pass, Stop, Tally, brake, judge
from fleet.rollouts.census import Known
from fleet.rollouts.errors import RolloutError
from fleet.rollouts.intake import Intake
from fleet.rollouts.issue import WITHDRAWS, Issuer, orders_left
from fleet.rollouts.ledger import SYSTEM, Rollout, in_states, move, note, read_rollout, rollouts, tallies
from fleet.rollouts.membership import Membership
from fleet.rollouts.orders import Sign
from fleet.rollouts.overdue import Overdue
from fleet.rollouts.states import ACTIVE, RolloutState
from fleet.store.database import ROLLOUT_ORDER, one_at_a_time, writing
from fleet.store.tables import rollout

CENSUS_MS = 5_000
"""Between looks at the fleet: boxes appear, move and are replaced by hand, and nobody waits for that."""
OVERDUE_MS = 1_000
"""Between looks for boxes whose time has passed."""


@dataclass(frozen=True)
class Outlook:
    """How the groups of a rollout stand."""

    stop: Stop | None
    words: str
    passed: bool = False
    complete: bool = False


def outlook(found: Rollout, counts: list[Tally], now: int) -> Outlook:
    """Judge a rollout by its boxes. Pure.

    Args:
        found: the rollout.
        counts: of its boxes, by group.
        now: ms.
    """
    opened = list(zip(found.plan.groups, counts, strict=True))[: found.stage + 1]
    # Groups that were passed go on: whoever was silent may fail after all.
    for group, tally in opened:
        if (stop := brake(group, tally)) is not None:
            return Outlook(stop, stop.words)
    group, tally = opened[-1]
    last = found.stage == len(found.plan.groups) - 1
    judged = judge(group, tally, (now - (found.stage_at or now)) / 1000)
    if isinstance(judged, Stop):
        return Outlook(judged, judged.words)
    words = f"{tally.succeeded} of {tally.ended} succeeded" if isinstance(judged, Pass) else judged.words
    words = f"group {group.name}: {words}"
    if not last:
        if not tally.size:
            words = (
                f"group {group.name}: all {tally.aside} boxes are set aside, so that nothing was seen; bring one back, or abort"
            )
        return Outlook(None, words, passed=isinstance(judged, Pass))
    over = not any(one.pending for one in counts) and (isinstance(judged, Pass) or not tally.ended)
    return Outlook(None, words, complete=over and not found.plan.open)


class Scheduler:
    """Ticks. One thread at a time; several processes do no harm, and no good.

    Args:
        engine: the store.
        fleet: its name.
        sign: signs orders.
        now: clock, ms.
    """

    def __init__(self, engine: Engine, fleet: str, sign: Sign, now: Callable[[], int]) -> None:
        self._engine, self._now = engine, now
        self._boxes, self._intake, self._membership = Boxes(engine), Intake(engine, fleet), Membership(engine)
        self._issuer, self._overdue = Issuer(engine, fleet, sign, now), Overdue(engine)
        self._known: dict[str, Known] = {}
        self._known_at: int | None = None
        self._followed_at: dict[int, int] = {}
        self._overdue_at = 0
        self.faults: tuple[str, ...] = ()
        """Rollouts that could not be moved in the last tick, in words."""

    def tick(self) -> bool:
        """Do what is due. Returns whether there may be more of it at once."""
        more = self._intake.take() > 0
        with self._engine.connect() as connection:
            active = sorted(rollouts(connection, in_states(*ACTIVE)), key=lambda one: -one.release)
            over = rollouts(connection, in_states(*WITHDRAWS).where(orders_left()))
        for found in over:
            more |= self._issuer.withdraw(found.number) > 0
        look = self._now() - self._overdue_at >= OVERDUE_MS
        if look:
            self._overdue_at = self._now()
        self.faults = ()
        for found in active:
            try:
                more |= self._forward(found, look=look)
            except RolloutError as error:
                self.faults = (*self.faults, f"rollout {found.number}: {error}")
        return more

    def _forward(self, found: Rollout, *, look: bool) -> bool:
        self._follow(found)
        if look:
            self._overdue.look(found, self._now())
        more = self._judge(found.number)
        more |= self._issuer.order(found.number) > 0
        return more | (self._issuer.renew(found.number) > 0)

    def _follow(self, found: Rollout) -> None:
        now = self._now()
        due = now - self._followed_at.get(found.number, now - CENSUS_MS) >= CENSUS_MS
        if found.joined_at is not None and not due:
            return
        if self._known_at is None or now - self._known_at >= CENSUS_MS or found.joined_at is None:
            self._known, self._known_at = {box.name: box for box in self._boxes.known()}, now
        self._membership.follow(found, self._known, now)
        self._followed_at[found.number] = now

    def _judge(self, number: int) -> bool:
        now = self._now()
        with self._engine.connect() as connection:
            found = read_rollout(connection, number)
            if not _acts(self._outlook(connection, found, now), found):
                return False
        # Nearly always there is nothing to do, and no lock was needed to see that.
        with writing(self._engine) as connection:
            one_at_a_time(connection, ROLLOUT_ORDER)
            found = read_rollout(connection, number)
            view = self._outlook(connection, found, now)
            if not _acts(view, found):
                return False
            if view.stop is not None:
                move(connection, found, RolloutState.STOPPED, SYSTEM, view.stop.words, now)
            elif view.complete:
                move(connection, found, RolloutState.COMPLETED, SYSTEM, view.words, now)
            else:
                following = found.plan.groups[found.stage + 1].name
                row = update(rollout).where(rollout.c.number == number)
                connection.execute(row.values(stage=found.stage + 1, stage_at=now))
                note(connection, number, SYSTEM, "group", f"{view.words}; group {following} begins", now)
        return True

    @staticmethod
    def _outlook(connection: Connection, found: Rollout, now: int) -> Outlook:
        if found.state not in ACTIVE or found.joined_at is None:
            return Outlook(None, "")
        return outlook(found, tallies(connection, found.number, len(found.plan.groups)), now)


def _acts(view: Outlook, found: Rollout) -> bool:
    running = found.state is RolloutState.RUNNING
    return view.stop is not None or (running and (view.passed or view.complete))
