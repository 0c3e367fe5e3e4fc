"""One accelerator as the runtime sees it: its process, its life, its counters.

Rules: it is killed when its oldest request is overdue, on the monotonic clock, and started again after a wait that doubles up
to a cap; that deadline is armed only once a model is warm. While it opens its device and loads, it must say often enough that
it goes on. What it was asked and has not answered comes out as timed out, failed or dropped, never as an empty result. Capture
and uplink notice nothing.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import Protocol

from edge.infer.messages import (
    Erred,
    ForgetRing,
    Found,
    FoundNothing,
    FromAccelerator,
    KnowRing,
    Load,
    Loaded,
    Loading,
    Look,
    Missed,
    ModelOrder,
    Refused,
    Stop,
    Unload,
    Up,
)
from edge.infer.outcome import Dropped, DropReason, Failed, NothingSeen, Outcome, Seen, TimedOut
from edge.runtime.backoff import Backoff
from edge.runtime.child import Child, Watcher
from edge.runtime.deadline import InFlight
from edge.runtime.held import HeldModels
from edge.runtime.meters import Median
from edge.runtime.policy import RuntimePolicy
from edge.runtime.scheduler import Scheduler, Waiting
from edge.runtime.source import RingHeld
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.state import AcceleratorTelemetry

WORKER = "edge.infer.worker:run_accelerator"

_MOST_ERRORS = 3
"""Errors in a row after which the process is started anew: a device that was unplugged does not come back into an open one."""


_LOOK_AGAIN_S = 1.0
"""How often a process that will not die is looked at."""


class AcceleratorState(str, enum.Enum):
    """Life of an accelerator, as telemetry tells it."""

    STARTING = "starting"
    READY = "ready"
    BACKING_OFF = "backing-off"


class Listener(Watcher, Protocol):
    """What an accelerator tells the runtime."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def known_rings(self) -> tuple[RingHeld, ...]:
        """Every ring that pictures may be in."""

    def settled(self, picture: Waiting, outcome: Outcome) -> None:
        """What became of a picture is known."""

    def accelerator_changed(self, accelerator: AcceleratorUnit) -> None:
        """State or reasons have changed."""


class AcceleratorUnit:
    """One accelerator in use.

    Args:
        name: ``cpu``, ``gpu0``.
        entry: where it is made, ``package.module:Class``.
        policy: time limits.
        listener: is told what happens.
    """

    def __init__(self, name: str, entry: str, policy: RuntimePolicy, listener: Listener) -> None:
        self.name = name
        self.subject = f"accelerator {name}"[:64]
        self.entry = entry
        self.state = AcceleratorState.STARTING
        self.queue = Scheduler()
        self.reasons: tuple[Reason, ...] = ()
        self._policy = policy
        self._listener = listener
        self._backoff = Backoff(policy.accelerator_backoff)
        self._in_flight = InFlight(policy.deadline)
        self._models = HeldModels(policy.model_backoff)
        self._substitute = ""
        """Who looks while it fails."""
        self._child = Child(listener, FromAccelerator, self._heard, self._died, urgent=True)
        self._limit_s: float | None = None
        self._retry_s: float | None = None
        self._opened = False
        self._trouble = ""
        self._errors = 0
        self._plates_failed = False
        """Whether the trouble is that of a model of plates."""
        self._inference_ms = Median()
        self._restarts = 0
        self._timeouts = 0

    @property
    def up(self) -> bool:
        """Whether it takes pictures."""
        return self.state is AcceleratorState.READY

    @property
    def full(self) -> bool:
        """Whether it has been asked as much as it should be at once."""
        return self.up and self._in_flight.full

    @property
    def models(self) -> tuple[ModelOrder, ...]:
        """What it holds, or is to hold."""
        return tuple(self._models.wanted.values())

    @property
    def warm_ms(self) -> dict[str, float]:
        """Time of one look, by name of the model, when it was loaded."""
        return self._models.warm_ms

    @property
    def fails(self) -> bool:
        """Whether it cannot be relied upon now."""
        return bool(self._substitute) or (bool(self._trouble) and not self.up)

    @property
    def failures(self) -> int:
        """How often its process was given up, but for what has been forgiven since."""
        return self._backoff.failures

    @property
    def refused(self) -> dict[str, int]:
        """Models that cannot be used now, and how often each was tried in vain."""
        return {name: self._models.vain[name] for name in self._models.refused}

    @property
    def _cap_s(self) -> float | None:
        """Longest wait before another try, where it is not what is usual."""
        return self._policy.fallback_cap_s if self._substitute else None

    @property
    def busy(self) -> bool:
        """Whether it has been asked something that it has not answered."""
        return any(True for _ in self._in_flight)

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._child.pid

    @property
    def next_s(self) -> float | None:
        """Monotonic second at which :meth:`tick` has something to do."""
        times = (
            self._retry_s,
            self._limit_s,
            self._models.retry_s,
            self._in_flight.due_s() if self.up else None,
            self.queue.next_expiry_s(),
        )
        return min((time for time in times if time is not None), default=None)

    def telemetry(self, now_s: float) -> AcceleratorTelemetry:
        """Counters since the boot, and rates now."""
        models = ", ".join(sorted(self._models.wanted))
        return AcceleratorTelemetry(
            self.state.value, models[:64], self._inference_ms.value(now_s), self._restarts, self._timeouts
        )

    def want(self, models: tuple[ModelOrder, ...]) -> None:
        """Hold these models ready, and no others."""
        gone, new = self._models.change(models)
        for name in gone:
            self._child.send(Unload(name))
        for model in new if self._child.running else ():
            self._load(model)
        self._judge()

    def start(self) -> None:
        """Start the process and load what is wanted."""
        self._retry_s = None
        self._opened = False
        self._child.start(WORKER, f"accelerator {self.name}", self.entry)
        self._limit_s = self._listener.now_s() + self._policy.start_s
        for ring in self._listener.known_rings():
            self.know(ring)
        for model in self.models:
            self._load(model)

    def substitute(self, name: str) -> None:
        """Somebody looks while this one fails: who; empty when nobody does."""
        self._substitute = name
        self._judge()

    def take_over(self, before: AcceleratorUnit, listener: Listener) -> None:
        """Take the place of another process of the same accelerator: what waits there is looked at here, and counted on.

        Args:
            before: it gets nothing more to do.
            listener: is told from now on what happens here.
        """
        self.queue, before.queue = before.queue, Scheduler()
        self._restarts, self._timeouts = self._restarts + before._restarts, self._timeouts + before._timeouts
        self._listener = listener
        self.feed()

    def know(self, ring: RingHeld) -> None:
        """Give it a ring."""
        self._child.send(KnowRing(ring.layout), ring.fd)

    def forget(self, ring: RingHeld) -> None:
        """Take a ring away; what it has been asked already it may still look at."""
        self._child.send(ForgetRing(ring.layout.ring))

    def feed(self) -> None:
        """Ask for as much as it should have at once."""
        while self.up and not self._in_flight.full and (picture := self.queue.take()) is not None:
            if picture.model in self._models.refused:
                self._listener.settled(picture, Failed(self._models.refused[picture.model]))
                continue
            asked = dataclasses.replace(picture, order=self._models.wanted.get(picture.model))
            self._in_flight.asked(asked, self._listener.now_s())
            self._child.send(Look(picture.slot, picture.model, picture.regions, picture.plates))

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        for gone in self.queue.expire(now_s):
            self._listener.settled(gone.picture, Dropped(gone.reason))
        due_s = self._in_flight.due_s()
        if self.up and due_s is not None and now_s >= due_s:
            self._timeouts += 1
            after_s = self._in_flight.allowed_s()
            self._fail(f"gave no answer within {after_s:g} s", TimedOut(after_s))
        elif self._limit_s is not None and now_s >= self._limit_s:
            self._fail(self._silent(), None)
        elif not self._child.running and self._retry_s is not None and now_s >= self._retry_s:
            if self._child.held:
                self._retry_s = now_s + _LOOK_AGAIN_S
            else:
                self._restarts += 1
                self.start()
        else:
            for model in self._models.due(now_s):
                self._load(model)
        self.feed()

    def ask_to_stop(self) -> None:
        """Tell the process to end in order."""
        self._child.send(Stop())

    def stop(self, patience_s: float) -> None:
        """End the process."""
        self._retry_s = self._limit_s = None
        self._child.end(patience_s)
        for picture in self._in_flight.clear():
            self._listener.settled(picture, Dropped(DropReason.ACCELERATOR_DOWN))

    def _load(self, model: ModelOrder) -> None:
        self._models.ordered(model.name)
        if self.up:
            self.state = AcceleratorState.STARTING
        if self._limit_s is None:
            self._load_on()
        self._child.send(Load(model))

    def _load_on(self) -> None:
        """Its process is at work on what it loads: it may be silent for as long as that may take."""
        waits_s = sum(self._in_flight.allowed_s() for _ in self._in_flight)
        self._limit_s = self._listener.now_s() + waits_s + self._policy.deadline.load_s

    def _silent(self) -> str:
        """What it was silent over while it got ready."""
        if not self._opened:
            return f"was not ready within {self._policy.start_s:g} s: its device does not open"
        return f"was silent for {self._policy.deadline.load_s:g} s while it loaded {', '.join(sorted(self._models.loading))}"

    def _died(self, how: str) -> None:
        self._fail(f"died{how}", None)

    def _heard(self, message: FromAccelerator) -> None:
        match message:
            case Found():
                self._found(message)
            case FoundNothing(inference_ms):
                self._answered(NothingSeen(inference_ms))
            case Missed():
                self._answered(Dropped(DropReason.SOURCE_GONE))
            case Erred(reason):
                self._answered(Failed(reason))
            case Loaded(name, warm_ms):
                self._models.loaded(name, warm_ms, self._listener.now_s())
                self._load_next()
            case Refused("", reason):
                self._fail(reason, None)
            case Refused(name, reason):
                self._models.refuse(name, reason, self._listener.now_s(), self._cap_s)
                self._load_next()
            case Up() | Loading():
                self._opened = True
                if self._models.loading:
                    self._load_on()
        self.feed()

    def _found(self, found: Found) -> None:
        try:
            detections = found.detections()
            looked = None if found.plates is None else found.plates.looked(len(detections))
        except ValueError as error:
            self._fail(f"answered nonsense ({error})", None)
        else:
            self._answered(Seen(detections, found.inference_ms, looked))

    def _answered(self, outcome: Seen | NothingSeen | Dropped | Failed) -> None:
        now_s = self._listener.now_s()
        picture = self._in_flight.answered(now_s)
        match outcome:
            case Seen(inference_ms=inference_ms) | NothingSeen(inference_ms):
                self._inference_ms.add(inference_ms, now_s)
                self._backoff.worked(now_s)
                self._errors = 0
                self._set_trouble(self._trouble_of(outcome))
            case Failed(reason):
                self._errors += 1
                self._plates_failed = False
                self._set_trouble(reason)
            case Dropped():
                pass
        if picture is not None:
            self._listener.settled(picture, outcome)
        if self._errors >= _MOST_ERRORS:
            self._fail(f"failed {_MOST_ERRORS} times in a row", None)

    def _trouble_of(self, outcome: Seen | NothingSeen) -> str:
        """What a look says of models of plates.

        Of one that was refused, or is tried again, all is said. Without vehicles nothing is known anew.
        """
        looked = outcome.looked if isinstance(outcome, Seen) else None
        if looked is None:
            return self._trouble if self._plates_failed else ""
        self._plates_failed = bool(looked.failed) and looked.failed not in {*self._models.refused, *self._models.loading}
        return f"{looked.failed}: {looked.fault}" if self._plates_failed else ""

    def _load_next(self) -> None:
        """One model is done with."""
        if self._models.loading:
            self._load_on()
        else:
            self._limit_s = None
            self.state = AcceleratorState.READY
        self._judge()

    def _fail(self, what: str, head: TimedOut | None) -> None:
        """Kill the process, account for what it was asked, and plan the next start."""
        now_s = self._listener.now_s()
        self._child.end(0.0)
        self._limit_s = None
        self._models.lost()
        self._errors = 0
        self._plates_failed = False
        self._retry_s = self._backoff.failed(now_s, self._cap_s)
        self.state = AcceleratorState.BACKING_OFF
        self._set_trouble(f"{what}; killed and started again in {self._retry_s - now_s:.1f} s")
        lost = self._in_flight.clear()
        for i, picture in enumerate(lost):
            first: Outcome = head if head is not None else Failed(f"accelerator {self.name} {what}")
            self._listener.settled(picture, first if i == 0 else Dropped(DropReason.ACCELERATOR_DOWN))

    def _set_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._trouble = text
            self._judge()

    def _judge(self) -> None:
        """Say what is wrong, when that has changed."""
        reasons = []
        if self._trouble:
            code = "accelerator-failing" if self.up else "accelerator-down"
            reasons.append(Reason(code, self.subject, self._trouble[:TEXT_CHARACTERS]))
        if self._models.refused:
            why = "; ".join(self._models.refused.values())
            reasons.append(Reason("model-refused", self.subject, why[:TEXT_CHARACTERS]))
        if self._substitute:
            tried = f"{self.name} is tried at least every {self._policy.fallback_cap_s:g} s and looks again once it is ready"
            text = f"{self._substitute} looks meanwhile, perhaps less often; {tried}"
            reasons.append(Reason("accelerator-fallback", self.subject, text[:TEXT_CHARACTERS]))
        if tuple(reasons) != self.reasons:
            self.reasons = tuple(reasons)
            self._listener.accelerator_changed(self)
