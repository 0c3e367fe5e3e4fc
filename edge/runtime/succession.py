"""Processes of accelerators beside those that count: one that is rehearsed, and those that were relieved and end.

Rules:

- One rehearsal at a time: a board has room for one process more, not for two.
- A process that was relieved answers what it was asked, and is then told to end; it is killed when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.infer.outcome import Outcome
from edge.runtime.accelerator import AcceleratorUnit, Listener
from edge.runtime.policy import RuntimePolicy
from edge.runtime.rehearsal import Rehearsal
from edge.runtime.scheduler import Waiting


class _Relieved:
    """A process that ends."""

    def __init__(self, unit: AcceleratorUnit) -> None:
        self.unit = unit
        self.kill_s: float | None = None


class Succession:
    """Keeps them.

    Args:
        policy: time limits.

    Attributes:
        rehearsal: the one that is rehearsed.
    """

    def __init__(self, policy: RuntimePolicy) -> None:
        self._policy = policy
        self.rehearsal: Rehearsal | None = None
        self._relieved: list[_Relieved] = []

    @property
    def units(self) -> tuple[AcceleratorUnit, ...]:
        """All of them."""
        rehearsed = () if self.rehearsal is None else (self.rehearsal.unit,)
        return (*rehearsed, *(ending.unit for ending in self._relieved))

    def begin(self, rehearsal: Rehearsal) -> None:
        """Rehearse this, and no other."""
        self.end()
        self.rehearsal = rehearsal

    def end(self) -> None:
        """Rehearse nothing."""
        rehearsal, self.rehearsal = self.rehearsal, None
        if rehearsal is not None:
            rehearsal.stop()

    def offer(self, picture: Waiting, outcome: Outcome) -> None:
        """A picture was answered by the one that counts."""
        if self.rehearsal is not None:
            self.rehearsal.offer(picture, outcome)

    def relieve(self, accelerators: dict[str, AcceleratorUnit], listener: Listener) -> bool:
        """Put what is rehearsed in the place of the process that counts, if it is ready.

        Args:
            accelerators: those that count, by name; changed.
            listener: of those.

        Returns:
            Whether it was.
        """
        rehearsal = self.rehearsal
        if rehearsal is None or not rehearsal.cast.looks:
            return False
        if not rehearsal.ready or rehearsal.unit.busy or rehearsal.unit.name not in accelerators:
            return False
        self.rehearsal = None
        before = accelerators[rehearsal.unit.name]
        accelerators[rehearsal.unit.name] = rehearsal.unit
        rehearsal.unit.take_over(before, listener)
        self.dismiss(before)
        return True

    def dismiss(self, unit: AcceleratorUnit) -> None:
        """Let this end once it has answered what it was asked; it is asked nothing more."""
        self._relieved.append(_Relieved(unit))

    def tick(self, now_s: float) -> None:
        """Do what is due."""
        if self.rehearsal is not None:
            self.rehearsal.tick(now_s)
        for ending in tuple(self._relieved):
            if ending.unit.busy:
                ending.unit.tick(now_s)
            elif ending.kill_s is None:
                ending.unit.ask_to_stop()
                ending.kill_s = now_s + self._policy.stop_s
            elif ending.unit.pid is None or now_s >= ending.kill_s:
                ending.unit.stop(0.0)
                self._relieved.remove(ending)

    def times(self) -> Iterator[float | None]:
        """When something is due."""
        for unit in self.units:
            yield unit.next_s

    def stop(self) -> None:
        """End all of them."""
        self.end()
        for ending in self._relieved:
            ending.unit.stop(0.0)
        self._relieved.clear()
