"""Messages that are lost, late, doubled or out of order. Pure: message in, (when, message) out.

Rules: every decision follows from the seed and the order of the messages; with no faults everything passes at once, in order.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class MessageFaults:
    """Shares of the messages, 0 to 1, and seconds."""

    lose: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    """Share that is held back behind what comes after it."""
    delay_s: float = 0.0
    """Longest time that a message is held back, uniform from zero."""


PERFECT = MessageFaults()
_HELD_S = 0.2
"""A message that is to be overtaken waits at least this long."""


class Meddler(Generic[T]):
    """Stands between sender and receiver.

    Args:
        rng: where chance comes from.
        faults: what it does; may be changed at any time.
    """

    def __init__(self, rng: random.Random, faults: MessageFaults = PERFECT) -> None:
        self._rng, self.faults = rng, faults
        self._held: list[tuple[float, int, T]] = []
        self._numbers = itertools.count()
        self.lost = 0
        self.doubled = 0

    def put(self, message: T, now_s: float) -> None:
        """A message comes in.

        Args:
            message: whatever it is.
            now_s: monotonic seconds.
        """
        faults = self.faults
        if self._rng.random() < faults.lose:
            self.lost += 1
            return
        copies = 1
        if self._rng.random() < faults.duplicate:
            self.doubled += 1
            copies = 2
        for _ in range(copies):
            late = self._rng.uniform(0.0, faults.delay_s) if faults.delay_s else 0.0
            if self._rng.random() < faults.reorder:
                late += _HELD_S * (1 + self._rng.random())
            heapq.heappush(self._held, (now_s + late, next(self._numbers), message))

    def due(self, now_s: float) -> list[T]:
        """Messages that go on now."""
        found = []
        while self._held and self._held[0][0] <= now_s:
            found.append(heapq.heappop(self._held)[2])
        return found

    def next_s(self) -> float | None:
        """When the next one goes on, monotonic seconds."""
        return self._held[0][0] if self._held else None

    def forget(self) -> None:
        """The connection ended: what was under way is gone."""
        self._held.clear()
