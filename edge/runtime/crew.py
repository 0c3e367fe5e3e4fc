"""The accelerators in use: which there are, what each holds, and which process stands for each.

Rules:

- What the plans need is held, and nothing else.
- A picture that waits at an accelerator which is not to look at it any more waits at the one that is.
- While there is a second process of one, a live source may have two pictures waiting instead of one: the processor that both
  share is late by a frame time now and then, and that must not cost a picture. Afterwards the newest is wanted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from edge.infer.messages import ModelOrder
from edge.infer.outcome import Dropped, DropReason
from edge.runtime.accelerator import AcceleratorUnit, Listener
from edge.runtime.casting import RehearsalError
from edge.runtime.plan import Plan
from edge.runtime.policy import RuntimePolicy
from edge.runtime.rehearsal import Rehearsal, names_of
from edge.runtime.scheduler import Let, Waiting
from edge.runtime.source import RingHeld
from edge.runtime.succession import Succession
from protocol.config import Source
from protocol.events import Reason
from protocol.state import AcceleratorTelemetry

_WAIT = 1
_WAIT_BESIDE = 2
"""Beside a second process: the place that a ring has to spare."""


class Crew:
    """Keeps them.

    Args:
        policy: time limits and sizes.
        listener: is told what happens at those that count.
        on_health: is told what stands against one that went or was relieved.
    """

    def __init__(self, policy: RuntimePolicy, listener: Listener, on_health: Callable[[str, tuple[Reason, ...]], None]) -> None:
        self._policy, self._listener, self._on_health = policy, listener, on_health
        self._units: dict[str, AcceleratorUnit] = {}
        self._plans: dict[tuple[str, ModelOrder], Plan] = {}
        self._beside = False
        self._waits: dict[str, tuple[str, bool]] = {}
        """By source: the accelerator at which its pictures wait, and whether it is live."""
        self.succession = Succession(policy)

    def __iter__(self) -> Iterator[AcceleratorUnit]:
        """Those that count."""
        return iter(tuple(self._units.values()))

    def __getitem__(self, name: str) -> AcceleratorUnit:
        """One of those that count."""
        return self._units[name]

    def get(self, name: str) -> AcceleratorUnit | None:
        """One of those that count, if it is there."""
        return self._units.get(name)

    @property
    def full(self) -> bool:
        """Whether each that takes pictures has been asked as much as it should be at once."""
        up = [unit for unit in self._units.values() if unit.up]
        return bool(up) and all(unit.full for unit in up)

    def plan(self, source: str, order: ModelOrder | None) -> Plan | None:
        """By which plan a source's picture was looked at with a model that is held."""
        return None if order is None else self._plans.get((source, order))

    def times(self) -> Iterator[float | None]:
        """When something is due, monotonic seconds."""
        for unit in self._units.values():
            yield unit.next_s
        yield from self.succession.times()

    def telemetry(self, now_s: float) -> dict[str, AcceleratorTelemetry]:
        """Each since the boot, and its rates now. Any thread may ask."""
        return {name: unit.telemetry(now_s) for name, unit in tuple(self._units.items())}

    def hold(self, plans: Mapping[str, tuple[Source, Plan]]) -> None:
        """Hold what these need, and what they stand in for: start accelerators that are not there yet, end what nobody needs.

        Args:
            plans: of every source that is looked at, by its id.
        """
        held = {order for unit in (*self, *self.succession.units) for order in unit.models}
        self._plans = {key: plan for key, plan in self._plans.items() if key[1] in held}
        self._plans |= {(source, plan.model): plan for source, (_, plan) in plans.items()}
        moved = self._moved(plans)
        needed = [each for _, plan in plans.values() for each in (plan, plan.instead) if each is not None]
        models: dict[str, dict[str, ModelOrder]] = {}
        for plan in needed:
            models.setdefault(plan.accelerator, {}).update({order.name: order for order, _ in plan.held})
        for name in [name for name in self._units if name not in models]:
            self._end(self._units.pop(name))
        new = {
            plan.accelerator: AcceleratorUnit(plan.accelerator, plan.entry, self._policy, self._listener)
            for plan in needed
            if plan.accelerator not in self._units
        }
        self._units |= new
        self._waits = {source: (plan.accelerator, config.pace == "real-time") for source, (config, plan) in plans.items()}
        self._let_wait()
        for name, wanted in models.items():
            self._units[name].want(tuple(wanted.values()))
        for unit in new.values():
            unit.start()
        substitutes = {plan.instead.accelerator: plan.accelerator for _, plan in plans.values() if plan.instead is not None}
        for name, unit in self._units.items():
            unit.substitute(substitutes.get(name, ""))
        for picture in moved:
            self._wait_again(picture, plans)

    def rehearse(self, make: Callable[[], Rehearsal], accelerator: str) -> Rehearsal:
        """Have this beside those that count, and no other.

        Raises:
            RehearsalError: its accelerator fails, which is not the release's fault.
        """
        unit = self._units.get(accelerator)
        if unit is not None and unit.fails:
            msg = f"{unit.subject} fails with what runs now: see to that, and order the release again"
            raise RehearsalError(msg, blame=False)
        rehearsal = make()
        self.succession.begin(rehearsal)
        self._look_beside()
        return rehearsal

    def relieve(self) -> bool:
        """Put what is rehearsed in its place, if it is ready. Returns whether it was."""
        if not self.succession.relieve(self._units, self._listener):
            return False
        for unit in self:  # what stood against the old process stands no more
            self._on_health(unit.subject, unit.reasons)
        return True

    def know(self, ring: RingHeld) -> None:
        """There is a new ring."""
        for unit in (*self, *self.succession.units):
            unit.know(ring)

    def forget(self, ring: RingHeld) -> None:
        """A ring is about to be closed."""
        for unit in (*self, *self.succession.units):
            unit.forget(ring)

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        for unit in self:
            unit.tick(now_s)
        self.succession.tick(now_s)
        self._look_beside()

    def ask_to_stop(self) -> None:
        """Tell those that count to end in order; the others end now."""
        self.succession.stop()
        for unit in self:
            unit.ask_to_stop()

    def stop(self, patience_s: float) -> None:
        """End every process."""
        for unit in self:
            unit.stop(patience_s)
        self._units.clear()

    def _end(self, unit: AcceleratorUnit) -> None:
        """Nobody needs it any more; what it was asked it answers first."""
        if unit.busy:
            self.succession.dismiss(unit)
        else:
            unit.stop(0.0)
        if unit.reasons:
            self._on_health(unit.subject, ())

    def _moved(self, plans: Mapping[str, tuple[Source, Plan]]) -> list[Waiting]:
        """Take pictures away that wait at another accelerator than they should."""
        pictures = []
        for source, (name, _) in self._waits.items():
            if source not in plans or plans[source][1].accelerator != name:
                pictures += [gone.picture for gone in self._units[name].queue.remove(source)]
        return pictures

    def _wait_again(self, picture: Waiting, plans: Mapping[str, tuple[Source, Plan]]) -> None:
        """Have a picture wait where it should, if it is still wanted."""
        _, plan = plans.get(picture.source, (None, None))
        gone = [Let(picture, DropReason.SOURCE_GONE)]
        if plan is not None and {order.name for order, _ in plan.held}.issuperset(names_of(picture)):
            unit = self._units[plan.accelerator]
            gone = unit.queue.offer(picture, accelerator_up=unit.up)
            unit.feed()
        for let in gone:
            self._listener.settled(let.picture, Dropped(let.reason))

    def _look_beside(self) -> None:
        beside = bool(self.succession.units)
        if beside != self._beside:
            self._beside = beside
            self._let_wait()

    def _let_wait(self) -> None:
        live = _WAIT_BESIDE if self._beside else _WAIT
        for source, (name, is_live) in self._waits.items():
            self._units[name].queue.add(source, live if is_live else self._policy.slots)
