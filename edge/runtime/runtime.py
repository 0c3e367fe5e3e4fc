"""The runtime: sources, accelerators, and the way of a picture between them; microphones, whose sound stays where it is.

Rules:

- One thread, one selector, no waiting anywhere else: whatever hangs is another process, and is killed on a deadline.
- Every decoded picture comes out as exactly one :class:`FrameResult`, in the order of capture within its source.
- Health is progress: a source of which nothing was looked at for too long is blind, whatever its process does.
- Pixels never come here: rings are passed on as descriptors and pictures as names; so is the door of a source that is aimed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.capture.messages import Shot, Skip
from edge.capture.slots import SlotName
from edge.channel import Channel
from edge.clock import Clock
from edge.gate.expected import Expected
from edge.infer.messages import ModelOrder
from edge.infer.outcome import Dropped, DropReason, Failed, Outcome, Still
from edge.region import Region
from edge.runtime.accelerator import AcceleratorUnit
from edge.runtime.casting import Use, cast_of, use_of
from edge.runtime.connections import Connections
from edge.runtime.crew import Crew
from edge.runtime.fallback import Fallback, counted
from edge.runtime.hearing import HeardHere, Hearing, OnHeard
from edge.runtime.openings import InputState
from edge.runtime.plan import NoPlan, Plan, Planner, PlatePlan
from edge.runtime.policy import RuntimePolicy
from edge.runtime.rehearsal import Rehearsal
from edge.runtime.result import FrameResult
from edge.runtime.scheduler import Waiting
from edge.runtime.source import DoorTaker, RingHeld, SourceUnit
from edge.runtime.tally import PARTS, Tally
from edge.runtime.view import View, input_of
from protocol.config import Microphone, Source
from protocol.events import ModelRef, Reason
from protocol.state import AcceleratorTelemetry, SourceTelemetry

OnFrame = Callable[[FrameResult], None]
OnHealth = Callable[[str, tuple[Reason, ...]], None]
"""Subject (``source gate-7``, ``accelerator cpu``) and all reasons that stand for it now; empty when it is well."""

_HOLD_S = 0.05
"""While every accelerator has all that it can take, new pictures stay in their pipes until an answer comes, at most so long:
one wake-up for each picture instead of two."""

_TICK_S = 0.25
"""Longest time between two looks at deadlines that have no moment of their own."""


def _nobody(_heard: HeardHere) -> None:
    """Is told of what was heard where nobody wants to know."""


class Runtime:
    """Runs sources, accelerators and microphones.

    Args:
        planner: chooses accelerator and model for a source.
        clock: time.
        on_frame: is given each result, within :meth:`poll`.
        on_health: is told each change of what stands against a part, within :meth:`poll` or :meth:`configure`.
        policy: time limits and sizes.
        on_heard: is given what was heard, within :meth:`poll`.
        credentials: folder of what cameras are told (:mod:`edge.credentials`).
        landmarks: folder of what is known of calibrated views (:mod:`edge.capture.scene.kept`); ``None`` = nothing is kept.

    Attributes:
        hearing: the microphones.
    """

    def __init__(  # noqa: PLR0913 - what it runs by, and whom it tells
        self,
        planner: Planner,
        clock: Clock,
        on_frame: OnFrame,
        on_health: OnHealth,
        policy: RuntimePolicy | None = None,
        on_heard: OnHeard = _nobody,
        credentials: Path = Path("credentials"),
        landmarks: Path | None = None,
    ) -> None:
        self._planner = planner
        self._clock = clock
        self._on_frame = on_frame
        self._on_health = on_health
        self._credentials, self._landmarks = credentials, landmarks
        self._policy = policy or RuntimePolicy()
        self._connections = Connections()
        self._views: dict[str, View] = {}
        self._crew = Crew(self._policy, self, on_health)
        self._fallback = Fallback(self._crew)
        self._tallies: dict[str, Tally] = {}
        self.hearing = Hearing(clock, self._policy, self._connections, on_heard, on_health)
        self.every = 1
        """One picture of so many is looked at, where the box takes less work upon itself."""

    # what the agent calls

    def configure(self, sources: tuple[Source, ...], microphones: tuple[Microphone, ...] = ()) -> None:
        """Run exactly these: start new ones, stop those that are gone, restart those whose input has changed.

        A change of zones, lines, position or gate leaves one running.
        """
        wanted = {source.id: source for source in sources}
        for name in list(self._views):
            now = wanted.get(name)
            if now is None or input_of(now) != input_of(self._views[name].unit.config):
                self._remove(name)
        new = []
        for name, source in wanted.items():
            view = self._views.get(name)
            if view is None:
                unit = SourceUnit(source, self._policy, self, self._credentials, self._landmarks)
                self._views[name] = View(unit, self._fallback.plan(self._planner, source, None))
                new.append(unit)
            else:
                view.unit.config = source
        self._replan()
        for unit in new:  # after the accelerators, which take longer to get ready
            unit.start()
        self.hearing.configure(microphones, self._planner)

    def poll(self, timeout_s: float) -> None:
        """Move everything on; returns after at most so long, or as soon as something was done."""
        now_s = self._clock.monotonic()
        times = [*self._crew.times(), *self.hearing.times(), *(view.unit.next_s for view in self._views.values())]
        due_s = min((time for time in times if time is not None), default=now_s + timeout_s)
        wait_s = min(timeout_s, _TICK_S, max(0.0, due_s - now_s))
        if self._crew.full:
            self._connections.wait_for_urgent(min(wait_s, _HOLD_S))
            wait_s = 0.0
        self._connections.read(wait_s)
        self._tick()

    def wake(self) -> None:
        """Make a running :meth:`poll` return; may be called from any thread and signal handler, and after :meth:`stop`."""
        self._connections.wake()

    def expect(self, source: str, followed: tuple[Expected, ...]) -> None:
        """Tell a source's gate who is followed."""
        view = self._views.get(source)
        if view is not None:
            view.unit.expect(followed)

    def spare(self, source: str, boxes: tuple[Region, ...]) -> None:
        """Tell where vehicles are in a source's next picture whose plates need not be read any more, pixels."""
        view = self._views.get(source)
        if view is not None:
            view.spared = boxes

    def restart(self, source: str) -> bool:
        """Open a source or microphone anew. Returns whether there is one of that name."""
        view = self._views.get(source)
        if view is None:
            return self.hearing.restart(source)
        view.unit.restart()
        return True

    def aim(self, source: str, until_s: float, taker: DoorTaker) -> bool:
        """Let a source show its pictures to a technician until this monotonic second. Returns whether there is one."""
        view = self._views.get(source)
        if view is not None:
            view.unit.aim(until_s, taker)
        return view is not None

    def aim_end(self, source: str) -> None:
        """Let it show no more."""
        view = self._views.get(source)
        if view is not None:
            view.unit.aim_end()

    def rehearse(self, bundle: str, planner: Planner, *, compare: bool) -> Rehearsal:
        """Start a process beside the one that runs a bundle, with what ``planner`` would have run; an earlier one ends.

        Args:
            bundle: which.
            planner: chooses for it.
            compare: whether it is to look at pictures too, and be compared with the one that counts.

        Raises:
            RehearsalError: the release does not suit who uses it, nothing here runs it, or its accelerator fails.
        """
        cast = cast_of(bundle, self._sources, self.hearing.configured, planner)
        return self._crew.rehearse(lambda: Rehearsal(bundle, cast, self._policy, self, compare=compare), cast.accelerator)

    def end_rehearsal(self) -> None:
        """End that process."""
        self._crew.succession.end()

    def switch(self, bundle: str, planner: Planner) -> bool:
        """Run from now on what ``planner`` chooses, which differs in where a bundle lies.

        A rehearsal of that which is ready takes its place: what was asked before is answered by the old process, all else by
        the new one, and no picture is lost. Without one the accelerator unloads and loads, and loses pictures meanwhile.
        Microphones at which something else listens now are opened anew, and lose a second or two of sound.

        Returns:
            Whether a rehearsal was ready.
        """
        self._planner = planner
        now_s = self.now_s()
        before = self._tallies.get(bundle)
        self._tallies[bundle] = Tally(now_s, None if before is None else before.spread)
        ready = self._crew.relieve()
        self._crew.succession.end()
        self._replan()
        self.hearing.replan(planner)
        return ready

    def tally(self, bundle: str) -> Tally:
        """What its looks have come to since it runs."""
        found = self._tallies.get(bundle)  # asked for with every picture
        return self._tallies.setdefault(bundle, Tally(self.now_s())) if found is None else found

    def use_of(self, bundle: str) -> Use:
        """What a bundle does on this box. Any thread may ask."""
        return use_of(bundle, self._sources, self.hearing.configured)

    def stop(self) -> None:
        """End every process. Pictures that were not looked at come out as dropped."""
        for view in self._views.values():
            view.unit.ask_to_stop()
        self.hearing.ask_to_stop()
        self._crew.ask_to_stop()
        for name in list(self._views):
            self._remove(name, self._policy.stop_s)
        self.hearing.stop(self._policy.stop_s)
        self._crew.stop(self._policy.stop_s)
        self._connections.close()

    @property
    def ended(self) -> bool:
        """Whether every source and microphone has played to its end and all pictures have come out."""
        return self.hearing.ended and all(
            view.unit.state is InputState.ENDED and not view.shots for view in self._views.values()
        )

    @property
    def silent(self) -> tuple[str, ...]:
        """Sources that deliver nothing now: ended, lost or waiting for another try; all their pictures have come out."""
        running = (InputState.STARTING, InputState.RUNNING)
        return tuple(name for name, view in self._views.items() if view.unit.state not in running and not view.shots)

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Models that look at pictures or listen now."""
        plans = [view.plan for view in tuple(self._views.values()) if isinstance(view.plan, Plan)]
        return (*{ref: None for plan in plans for _, ref in plan.held}, *self.hearing.models)

    def sources(self) -> dict[str, SourceTelemetry]:
        """Each source since the boot, and its rate now. Any thread may ask."""
        now_s = self._clock.monotonic()
        return {name: view.telemetry(now_s) for name, view in tuple(self._views.items())}

    def accelerators(self) -> dict[str, AcceleratorTelemetry]:
        """Each accelerator in use. Any thread may ask."""
        return self._crew.telemetry(self._clock.monotonic())

    # what sources and accelerators tell

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def watch(self, channel: Channel[Any], ready: Callable[[], None], *, urgent: bool) -> None:
        """Call ``ready`` when the channel has something to read: at once when urgent, else perhaps a little later."""
        self._connections.watch(channel, ready, urgent=urgent)

    def unwatch(self, channel: Channel[Any]) -> None:
        """Stop that."""
        self._connections.unwatch(channel)

    def known_rings(self) -> tuple[RingHeld, ...]:
        """Every ring that pictures may be in."""
        return tuple(ring for view in self._views.values() for ring in view.unit.rings)

    def ring_made(self, ring: RingHeld) -> None:
        """There is a new ring."""
        self._crew.know(ring)

    def ring_gone(self, ring: RingHeld) -> None:
        """A ring is about to be closed."""
        self._crew.forget(ring)

    def shot(self, source: SourceUnit, shot: Shot) -> None:
        """A picture was captured: queue it, or say at once what became of it."""
        name, opening = source.config.id, source.opening
        view = self._views[name]
        view.captured(opening, shot, self._clock.monotonic())
        match shot.slot:
            case Skip.STILL:
                self._settle(view, opening, shot.number, Still())
            case Skip.NO_SLOT:
                self._settle(view, opening, shot.number, Dropped(DropReason.NO_SLOT))
            case SlotName() as slot if view.is_shed(self.every):
                source.release(slot)
                self._settle(view, opening, shot.number, Dropped(DropReason.SHED))
            case SlotName() as slot:
                if isinstance(view.plan, NoPlan):
                    source.release(slot)
                    self._settle(view, opening, shot.number, Failed(view.plan.detail))
                    return
                accelerator = self._crew[view.plan.accelerator]
                waiting = Waiting(
                    source=name,
                    opening=opening,
                    number=shot.number,
                    slot=slot,
                    model=view.plan.model.name,
                    regions=shot.regions,
                    captured_s=shot.captured.monotonic_s,
                    plates=view.plates,
                )
                for gone in accelerator.queue.offer(waiting, accelerator_up=accelerator.up):
                    self.settled(gone.picture, Dropped(gone.reason))
                accelerator.feed()

    def settled(self, picture: Waiting, outcome: Outcome) -> None:
        """What became of a queued picture is known."""
        view = self._views.get(picture.source)
        if view is None:
            return
        self._crew.succession.offer(picture, outcome)
        self._settle(view, picture.opening, picture.number, outcome, picture.order)
        view.unit.release(picture.slot)  # afterwards, so that what is now expected goes with it

    def source_changed(self, source: SourceUnit) -> None:
        """State or faults of a source have changed."""
        view = self._views.get(source.config.id)
        if view is not None:
            self._judge(view)

    def accelerator_changed(self, accelerator: AcceleratorUnit) -> None:
        """State or reasons of an accelerator have changed; of one that was relieved, nobody needs to know."""
        if self._crew.get(accelerator.name) is accelerator:
            self._on_health(accelerator.subject, accelerator.reasons)

    # inside

    @property
    def _sources(self) -> tuple[Source, ...]:
        return tuple(view.unit.config for view in tuple(self._views.values()))

    def _settle(self, view: View, opening: int, number: int, outcome: Outcome, order: ModelOrder | None = None) -> None:
        shot = view.shots.pop((opening, number), None)
        if shot is None:
            return
        now_s = self._clock.monotonic()
        view.count(shot, outcome, now_s)
        plan = self._crew.plan(view.unit.config.id, order) or (view.plan if isinstance(view.plan, Plan) else None)
        told = counted(outcome, plan)
        self.tally(view.unit.config.bundle).count(told, now_s)
        if plan is not None and isinstance(plan.plates, PlatePlan):
            for part, (held, ref) in zip(PARTS, plan.plates.held, strict=True):
                self.tally(ref.name).count_plates(told, part, held.name, now_s)
        result = view.result(opening, shot, outcome, plan)
        for item in view.sequences[opening].settle(number, result):
            self._on_frame(item)

    def _remove(self, name: str, patience_s: float = 0.0) -> None:
        view = self._views[name]
        for accelerator in self._crew:
            for gone in accelerator.queue.remove(name):
                self.settled(gone.picture, Dropped(gone.reason))
        view.unit.stop(patience_s)
        for opening, number in list(view.shots):
            self._settle(view, opening, number, Dropped(DropReason.SOURCE_GONE))
        del self._views[name]
        if view.told:
            self._on_health(view.subject, ())

    def _replan(self) -> None:
        """Choose accelerators and models for all sources, and let each accelerator hold what it needs."""
        for view in self._views.values():
            view.plan = self._fallback.plan(self._planner, view.unit.config, view.plan)
            view.unit.set_up(view.plan.acuity if isinstance(view.plan, Plan) else None)
            self._judge(view)
        self._crew.hold(
            {name: (view.unit.config, view.plan) for name, view in self._views.items() if isinstance(view.plan, Plan)}
        )

    def _tick(self) -> None:
        now_s = self._clock.monotonic()
        self._crew.tick(now_s)
        if self._fallback.is_due(view.plan for view in self._views.values()):
            self._replan()
        self.hearing.tick(now_s)
        for view in list(self._views.values()):
            view.unit.tick(now_s)
            blind = view.blind_for_s(now_s) >= self._policy.blind_s
            if blind != view.blind:
                view.blind = blind
                self._judge(view)

    def _judge(self, view: View) -> None:
        """Say what stands against a source, when that has changed."""
        reasons = view.reasons(self._policy.blind_s)
        if reasons != view.told:
            view.told = reasons
            self._on_health(view.subject, reasons)
