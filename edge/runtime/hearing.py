"""The microphones in use: which there are, what listens to each, and what they have to say.

Rules: a microphone has one process, which captures and listens, and nobody else has its sound. What it hears is handed on
within the runtime's loop. A change of its place leaves it running; of what it is or what listens, it is opened anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from edge.capture.sound.messages import Heard
from edge.channel import Channel
from edge.clock import Clock
from edge.runtime.attention import Attention
from edge.runtime.child import Watcher
from edge.runtime.microphone import MicrophoneUnit
from edge.runtime.openings import InputState
from edge.runtime.plan import HearingPlan, NoPlan, Planner
from edge.runtime.policy import RuntimePolicy
from protocol.config import Microphone
from protocol.events import ModelRef, Reason
from protocol.state import MicrophoneTelemetry

_SILENT = (InputState.ENDED, InputState.FAILED, InputState.RETRYING)


@dataclass(frozen=True)
class HeardHere:
    """Something that was heard, and by what."""

    microphone: str
    opening: int
    """How many times the microphone has been opened; keys of incidents are those of one opening."""
    model: ModelRef
    heard: Heard


OnHeard = Callable[[HeardHere], None]


class Hearing:
    """Keeps them.

    Args:
        clock: time.
        policy: time limits.
        watcher: waits for their connections.
        on_heard: is given what was heard.
        on_health: is told each change of what stands against a microphone.
    """

    def __init__(
        self,
        clock: Clock,
        policy: RuntimePolicy,
        watcher: Watcher,
        on_heard: OnHeard,
        on_health: Callable[[str, tuple[Reason, ...]], None],
    ) -> None:
        self._clock, self._policy, self._watcher = clock, policy, watcher
        self._on_heard, self._on_health = on_heard, on_health
        self._units: dict[str, MicrophoneUnit] = {}
        self._told: dict[str, tuple[Reason, ...]] = {}

    def configure(self, microphones: tuple[Microphone, ...], planner: Planner) -> None:
        """Listen to exactly these: start new ones, stop those that are gone, open those anew that have changed."""
        wanted = {microphone.id: (microphone, planner.listens(microphone)) for microphone in microphones}
        for name, unit in list(self._units.items()):
            now = wanted.get(name)
            if now is None or (input_of(now[0]), now[1]) != (input_of(unit.config), unit.plan):
                self._remove(name, 0.0)
        for name, (microphone, plan) in wanted.items():
            if name in self._units:
                self._units[name].config = microphone
                continue
            self._units[name] = unit = MicrophoneUnit(microphone, plan, self._policy, self)
            unit.start()

    def replan(self, planner: Planner) -> None:
        """Have those opened anew at which something else listens now."""
        self.configure(tuple(unit.config for unit in self._units.values()), planner)

    def times(self) -> Iterator[float | None]:
        """When something is due, monotonic seconds."""
        for unit in self._units.values():
            yield unit.next_s

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        for unit in tuple(self._units.values()):
            unit.tick(now_s)

    def restart(self, name: str) -> bool:
        """Open one anew. Returns whether there is one of that name."""
        unit = self._units.get(name)
        if unit is None:
            return False
        unit.restart()
        return True

    def ask_to_stop(self) -> None:
        """Tell every process to end in order."""
        for unit in self._units.values():
            unit.ask_to_stop()

    def stop(self, patience_s: float) -> None:
        """End every process."""
        for name in list(self._units):
            self._remove(name, patience_s)

    @property
    def ended(self) -> bool:
        """Whether every recording has been played to its end."""
        return all(unit.state is InputState.ENDED for unit in self._units.values())

    @property
    def openings(self) -> dict[str, int]:
        """Of those that deliver sound or are about to, how many times each has been opened."""
        return {name: unit.opening for name, unit in self._units.items() if unit.state not in _SILENT}

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """Models that listen now."""
        plans = [unit.plan for unit in tuple(self._units.values())]
        return tuple({plan.ref: None for plan in plans if isinstance(plan, HearingPlan)})

    @property
    def configured(self) -> tuple[Microphone, ...]:
        """What they are. Any thread may ask."""
        return tuple(unit.config for unit in tuple(self._units.values()))

    def attention(self, bundle: str) -> Attention:
        """How a bundle has listened since its microphones were opened with it. Any thread may ask."""
        return Attention.joined(unit.attention for unit in tuple(self._units.values()) if unit.config.model == bundle)

    def telemetry(self) -> dict[str, MicrophoneTelemetry]:
        """Each since the boot, and its rates now. Any thread may ask."""
        now_s = self._clock.monotonic()
        return {name: unit.telemetry(now_s) for name, unit in tuple(self._units.items())}

    # what a microphone tells

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def watch(self, channel: Channel[Any], ready: Callable[[], None], *, urgent: bool) -> None:
        """See :class:`edge.runtime.child.Watcher`."""
        self._watcher.watch(channel, ready, urgent=urgent)

    def unwatch(self, channel: Channel[Any]) -> None:
        """See :class:`edge.runtime.child.Watcher`."""
        self._watcher.unwatch(channel)

    def heard(self, microphone: MicrophoneUnit, heard: Heard) -> None:
        """Something worth saying was heard."""
        if not isinstance(microphone.plan, NoPlan):
            self._on_heard(HeardHere(microphone.config.id, microphone.opening, microphone.plan.ref, heard))

    def microphone_changed(self, microphone: MicrophoneUnit) -> None:
        """Say what stands against it, when that has changed."""
        self._tell(microphone.subject, microphone.reasons)

    def _tell(self, subject: str, reasons: tuple[Reason, ...]) -> None:
        if reasons != self._told.get(subject, ()):
            self._told[subject] = reasons
            self._on_health(subject, reasons)

    def _remove(self, name: str, patience_s: float) -> None:
        unit = self._units.pop(name)
        unit.stop(patience_s)
        self._tell(unit.subject, ())


def input_of(microphone: Microphone) -> tuple[object, ...]:
    """What cannot change while one is open: all but its place; of that, the heading that its positions are seen along."""
    heading = microphone.where.heading if microphone.where is not None and microphone.positions else None
    return structs.replace(microphone, where=None, reference=""), heading
