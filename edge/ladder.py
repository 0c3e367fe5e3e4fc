"""Less work for a box that is too hot or short of memory, step by step (row 62 of the faults). Pure.

The steps: every second picture is looked at; then lighter models look, where a source names one; then cameras rest, the last of
the configuration first, and the first never. What reaches the manager is given up by none of them.

Rules:

- A step up at most every :data:`UP_S`: what the last one has brought shows after the heat sink has cooled, or a process has
  given its memory back. A step down after :data:`DOWN_S` of calm: a box that swings between two steps is worse than one that
  rests.
- Between hot and cool nothing changes.
- What a board does not measure does not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs

from protocol.config import Source
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

SUBJECT = "ladder"
UP_S = 30.0
DOWN_S = 300.0
RATE = 2
"""One picture of so many is looked at."""
_COOLER_C = 10.0
"""Below hot by so much is cool: the heat sink of a board swings by some degrees with each gust."""
_ROOMIER = 1.5
"""So many times what is too little memory is enough."""


@dataclass(frozen=True)
class Measured:
    """What a board measures.

    Attributes:
        temperature_c: of its hottest part.
        available_mb: memory that can be had.
    """

    temperature_c: float | None
    available_mb: float | None


@dataclass(frozen=True)
class Work:
    """What is to be done on a step.

    Attributes:
        every: one picture of so many is looked at.
        sources: that run, with the models that look.
        rested: names of those that do not.
        lighter: names of those at which a lighter model looks.
    """

    every: int
    sources: tuple[Source, ...]
    rested: tuple[str, ...] = ()
    lighter: tuple[str, ...] = ()


class Ladder:
    """Goes up and down.

    Args:
        hot_c: from which on the board is too hot, degrees Celsius.
        low_mb: below which memory is short, MB.

    Attributes:
        step: on which it stands; 0 = the ground.
    """

    def __init__(self, hot_c: float, low_mb: float) -> None:
        self._hot_c, self._low_mb = hot_c, low_mb
        self.step = 0
        self._changed_s = -math.inf
        self._calm_s: float | None = None
        self._why = ""

    def look(self, measured: Measured, highest: int, now_s: float) -> bool:
        """Go a step up or down, if it is time.

        Args:
            measured: now.
            highest: step; see :func:`steps_of`.
            now_s: monotonic seconds.

        Returns:
            Whether the step is another.
        """
        before, why = self.step, self._trouble(measured)
        self.step = min(self.step, highest)
        if why:
            self._calm_s, self._why = None, why
            if self.step < highest and now_s - self._changed_s >= UP_S:
                self.step += 1
        elif not self._calm(measured):
            self._calm_s = None
        elif self._calm_s is None:
            self._calm_s = now_s
        elif self.step and now_s - self._calm_s >= DOWN_S:
            self.step -= 1
            self._calm_s = now_s
        if self.step != before:
            self._changed_s = now_s
        return self.step != before

    def reasons(self, work: Work) -> tuple[Reason, ...]:
        """What to tell the manager."""
        if not self.step:
            return ()
        said = [f"one picture of {work.every} is looked at"]
        if work.lighter:
            said.append(f"a lighter model looks at {', '.join(work.lighter)}")
        if work.rested:
            said.append(f"{', '.join(work.rested)} rests" if len(work.rested) == 1 else f"{', '.join(work.rested)} rest")
        return (Reason("load-shed", SUBJECT, f"{self._why}: {'; '.join(said)}"[:TEXT_CHARACTERS]),)

    def _trouble(self, measured: Measured) -> str:
        if measured.temperature_c is not None and measured.temperature_c >= self._hot_c:
            return f"{measured.temperature_c:.0f} degrees, {self._hot_c:.0f} are too hot"
        if measured.available_mb is not None and measured.available_mb < self._low_mb:
            return f"{measured.available_mb:.0f} MB of memory left, {self._low_mb:.0f} are needed"
        return ""

    def _calm(self, measured: Measured) -> bool:
        cool = measured.temperature_c is None or measured.temperature_c <= self._hot_c - _COOLER_C
        return cool and (measured.available_mb is None or measured.available_mb >= self._low_mb * _ROOMIER)


def steps_of(sources: Sequence[Source]) -> int:
    """How many steps there are for these sources."""
    return 1 + any(source.lighter for source in sources) + max(0, len(sources) - 1) if sources else 0


def work_of(step: int, sources: Sequence[Source]) -> Work:
    """What is to be done on a step.

    Args:
        step: 0 = everything.
        sources: as they are configured, what matters most first.
    """
    if step <= 0:
        return Work(1, tuple(sources))
    left = step - 1
    named = tuple(source.id for source in sources if source.lighter)
    lighter = named if left and named else ()
    left -= bool(lighter)
    running = sources[: max(1, len(sources) - left)]
    rested = tuple(source.id for source in sources[len(running) :])
    now = tuple(structs.replace(source, model=source.lighter) if lighter and source.lighter else source for source in running)
    return Work(RATE, now, rested, tuple(name for name in lighter if name not in rested))
