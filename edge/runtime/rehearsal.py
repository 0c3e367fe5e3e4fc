"""A second process of an accelerator, in which another release of a bundle runs beside the one that counts.

What it holds is chosen in :mod:`edge.runtime.casting`.

Rules:

- It is asked to look at a picture only after the one that counts has answered it, at most every so often, one at a time. It
  never keeps a picture: where the slot has been used again meanwhile, it has not looked. So it takes nothing from the one that
  counts but a share of the board.
- It holds every model that the accelerator holds, so that it can take its place warm.
- It is given no second chance: once its process has died or a model was refused, that stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from edge.channel import Channel
from edge.infer.outcome import Failed, NothingSeen, Outcome, PlatesLooked, Seen, TimedOut
from edge.runtime.accelerator import AcceleratorUnit
from edge.runtime.agreement import agree, agree_on_plates
from edge.runtime.casting import Cast
from edge.runtime.child import Watcher
from edge.runtime.meters import Median
from edge.runtime.policy import RuntimePolicy
from edge.runtime.scheduler import Waiting
from edge.runtime.source import RingHeld
from models.bundle.detections import Detections

EVERY_S = 0.25
"""Between two looks: a hundred of them take half a minute, and a core that both share keeps three quarters for the old one."""


class Host(Watcher, Protocol):
    """What a rehearsal needs of the runtime."""

    def now_s(self) -> float:
        """Monotonic seconds."""

    def known_rings(self) -> tuple[RingHeld, ...]:
        """Every ring that pictures may be in."""


class Rehearsal:
    """Runs from its making until :meth:`stop`, or until its unit takes over.

    Args:
        bundle: whose release is tried.
        cast: what is loaded, and where.
        policy: time limits.
        host: the runtime.
        compare: whether it is to look at pictures; else it only holds its models.

    Attributes:
        cast: what is loaded.
        unit: the process.
        fault: why it cannot be gone on with; empty while it can.
        looks: looks that both answered and in which at least one saw something.
        agreed: those in which they agree.
        failures: looks in which this one failed or was late.
        inference_ms: time of its looks.
    """

    def __init__(self, bundle: str, cast: Cast, policy: RuntimePolicy, host: Host, *, compare: bool) -> None:
        self.bundle, self.cast = bundle, cast
        self.fault = ""
        self.looks = self.agreed = self.failures = 0
        self.inference_ms = Median()
        self._tried, self._host, self._compares = cast.tried, host, compare
        self._asked: Seen | NothingSeen | None = None
        self._tries_plates, self._plates = False, ("", "")
        self._next_s = 0.0
        self.unit = AcceleratorUnit(cast.accelerator, cast.entry, policy, self)
        self.unit.want(cast.models)
        self.unit.start()

    @property
    def warm_ms(self) -> float | None:
        """Time of one inference of what is tried, when it was loaded."""
        return max((spent for name, spent in self.unit.warm_ms.items() if name in self._tried), default=None)

    @property
    def ready(self) -> bool:
        """Whether it holds its models and looks."""
        return not self.fault and self.unit.up

    def offer(self, picture: Waiting, outcome: Outcome) -> None:
        """The one that counts has answered a picture, whose slot is about to be given back."""
        now_s = self._host.now_s()
        if not (self._compares and self.ready) or self._asked is not None or now_s < self._next_s:
            return
        if self._tried.isdisjoint(names_of(picture)) or not isinstance(outcome, Seen | NothingSeen):
            return
        if picture.model not in self._tried and (not isinstance(outcome, Seen) or outcome.looked is None):
            return  # without a vehicle nothing is asked of a model of plates
        self._asked, self._tries_plates = outcome, picture.model not in self._tried
        if picture.plates is not None:
            self._plates = (picture.plates.detector, picture.plates.reader)
        self._next_s = now_s + EVERY_S
        self.unit.queue.add(picture.source, 1)
        self.unit.queue.offer(picture, accelerator_up=True)
        self.unit.feed()

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        if not self.fault:
            self.unit.tick(now_s)

    def stop(self) -> None:
        """End it."""
        self.unit.stop(0.0)

    # what its accelerator tells

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self._host.now_s()

    def watch(self, channel: Channel[Any], ready: Callable[[], None], *, urgent: bool) -> None:
        """Call ``ready`` when the channel has something to read."""
        self._host.watch(channel, ready, urgent=urgent)

    def unwatch(self, channel: Channel[Any]) -> None:
        """Stop that."""
        self._host.unwatch(channel)

    def known_rings(self) -> tuple[RingHeld, ...]:
        """Every ring that pictures may be in."""
        return self._host.known_rings()

    def settled(self, picture: Waiting, outcome: Outcome) -> None:
        """It has answered, or not."""
        del picture
        before, self._asked = self._asked, None
        match outcome:
            case Seen(looked=PlatesLooked(failed=failed)) if failed in self._tried:
                self.failures += 1
            case Seen() | NothingSeen():
                if before is not None and self._tries_plates:
                    self._compare_plates(before, outcome)
                elif before is not None:
                    self._compare(before, outcome)
            case Failed() | TimedOut():
                self.failures += 1
            case _:
                pass

    def accelerator_changed(self, accelerator: AcceleratorUnit) -> None:
        """What stands against its process has changed."""
        fatal = [reason.detail for reason in accelerator.reasons if reason.code != "accelerator-failing"]
        if fatal and not self.fault:
            self.fault = "; ".join(fatal)

    def _compare(self, before: Seen | NothingSeen, now: Seen | NothingSeen) -> None:
        self.inference_ms.add(now.inference_ms, self._host.now_s())
        one, other = (each.detections if isinstance(each, Seen) else Detections.none() for each in (before, now))
        if len(one) + len(other):
            self.looks += 1
            self.agreed += agree(one, other)

    def _compare_plates(self, before: Seen | NothingSeen, now: Seen | NothingSeen) -> None:
        then, looked = (each.looked if isinstance(each, Seen) else None for each in (before, now))
        if then is None or looked is None or then.failed or looked.failed:
            return
        detector_ms, reader_ms = looked.detector_ms, looked.reader_ms
        for name, spent_ms in zip(self._plates, (detector_ms, reader_ms), strict=True):
            if name in self._tried and spent_ms is not None:
                self.inference_ms.add(spent_ms, self._host.now_s())
        if then.seen or looked.seen:
            self.looks += 1
            self.agreed += agree_on_plates(then.seen, looked.seen)


def names_of(picture: Waiting) -> tuple[str, ...]:
    """Under which names models are held that look at a picture."""
    plates = picture.plates
    return (picture.model,) if plates is None else (picture.model, plates.detector, plates.reader)
