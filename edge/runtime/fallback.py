"""The processor looks while an accelerator fails.

Rules:

- After a second try in vain, of the accelerator or of a model on it, the processor looks, where the bundle has a form for it
  whose file is here and the source allows it. What the processor itself fails at has no stand-in.
- The accelerator is tried on meanwhile, at waits that grow up to :attr:`edge.runtime.policy.RuntimePolicy.fallback_cap_s`. It
  looks again once its process is ready: its golden vectors have come out on it by then (:mod:`edge.infer.looker`).
- What the processor answers says nothing of how a bundle does on its accelerator, which was asked and has not answered: an
  update on probation goes back as it would with nobody looking.
- It is found out what is wrong in one place, the accelerator's unit; here is only chosen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from edge.infer.outcome import Dropped, DropReason, NothingSeen, Outcome, Seen
from edge.runtime.accelerator import AcceleratorState, AcceleratorUnit
from edge.runtime.crew import Crew
from edge.runtime.plan import NoPlan, Plan, Planner
from protocol.config import Source

TRIES = 2
"""In vain: the first may be a hiccup, which a new process cures in a second or two; loading on the processor takes as long."""


class Fallback:
    """Chooses who looks.

    Args:
        crew: the accelerators in use.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._seen: tuple[object, ...] = ()

    def plan(self, planner: Planner, source: Source, before: Plan | NoPlan | None) -> Plan | NoPlan:
        """Choose for one source.

        Args:
            planner: knows what the box has.
            source: which.
            before: how it was looked at so far.
        """
        first = planner.plan(source)
        if isinstance(first, NoPlan) or not source.fallback:
            return first
        unit = self._crew.get(first.accelerator)
        stood_in = isinstance(before, Plan) and before.instead is not None
        if unit is None or (_serves(unit, first) if stood_in else not _failed(unit, first)):
            return first
        second = planner.plan(source, on_processor=True)
        if isinstance(second, NoPlan) or second.accelerator == first.accelerator:
            return first
        return dataclasses.replace(second, instead=first)

    def is_due(self, plans: Iterable[Plan | NoPlan]) -> bool:
        """Whether any of these should be chosen anew. Quick where no accelerator has changed since this was asked."""
        seen = tuple((unit.name, unit.state, unit.failures, *unit.refused) for unit in self._crew)
        if seen == self._seen:
            return False
        self._seen = seen
        return any(self._changes(plan) for plan in plans if isinstance(plan, Plan))

    def _changes(self, plan: Plan) -> bool:
        unit = self._crew.get((plan.instead or plan).accelerator)
        return unit is not None and (_failed(unit, plan) if plan.instead is None else _serves(unit, plan.instead))


def counted(outcome: Outcome, plan: Plan | None) -> Outcome:
    """What an outcome says of the bundle, by the plan that led to it."""
    if plan is not None and plan.instead is not None and isinstance(outcome, Seen | NothingSeen):
        return Dropped(DropReason.ACCELERATOR_DOWN)
    return outcome


def _failed(unit: AcceleratorUnit, plan: Plan) -> bool:
    """Whether it has been tried often enough in vain."""
    if unit.state is AcceleratorState.BACKING_OFF:
        return unit.failures >= TRIES
    return any(unit.refused.get(order.name, 0) >= TRIES for order, _ in plan.held)


def _serves(unit: AcceleratorUnit, plan: Plan) -> bool:
    """Whether it is ready for all that the plan needs."""
    return unit.up and not any(order.name in unit.refused for order, _ in plan.held)
