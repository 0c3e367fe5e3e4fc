"""Whose picture is looked at next.

Rules:

- Queues are bounded; what does not fit is dropped by name, never silently, and every picture that was offered comes out exactly
  once: taken or dropped.
- A real-time source has one picture waiting, the newest (or two, :mod:`edge.runtime.crew`); a source that plays as fast as
  possible has as many as its ring holds, and waits itself when they are full.
- The source that was served longest ago goes first, so that a busy view cannot starve a quiet one.
- A picture that has waited longer than pictures may live is dropped.

Pure; time is handed in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge.capture.ring import MAX_AGE_S
from edge.capture.slots import SlotName
from edge.infer.messages import ModelOrder, PlateLook
from edge.infer.outcome import DropReason
from edge.region import Region


@dataclass(frozen=True)
class Waiting:
    """A picture that waits for an accelerator."""

    source: str
    opening: int
    """Which opening of the source."""
    number: int
    slot: SlotName
    model: str
    """Which model is to look."""
    regions: tuple[Region, ...]
    captured_s: float
    """Monotonic seconds."""
    order: ModelOrder | None = None
    """With what it was looked at, once it was asked for."""
    plates: PlateLook | None = None
    """How plates are to be looked for; ``None`` = not at all."""


@dataclass(frozen=True)
class Let:
    """A picture that was let go, and why."""

    picture: Waiting
    reason: DropReason


class Scheduler:
    """Queues towards one accelerator."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Waiting]] = {}
        self._depth: dict[str, int] = {}
        self._served: dict[str, int] = {}
        self._turn = 0

    def add(self, source: str, depth: int) -> None:
        """Make a queue for a source, or change its depth.

        Args:
            source: its id.
            depth: most pictures that wait, at least 1.
        """
        self._queues.setdefault(source, deque())
        self._served.setdefault(source, self._turn)
        self._depth[source] = depth

    def remove(self, source: str) -> list[Let]:
        """Take a source's queue away; its pictures are let go."""
        self._depth.pop(source, None)
        self._served.pop(source, None)
        return [Let(picture, DropReason.SOURCE_GONE) for picture in self._queues.pop(source, ())]

    def offer(self, picture: Waiting, *, accelerator_up: bool) -> list[Let]:
        """Queue a picture; the oldest of its source give way.

        Args:
            picture: of a source that was added.
            accelerator_up: whether somebody takes pictures now; else those that give way were lost to that.
        """
        queue = self._queues[picture.source]
        queue.append(picture)
        reason = DropReason.SUPERSEDED if accelerator_up else DropReason.ACCELERATOR_DOWN
        return [Let(queue.popleft(), reason) for _ in range(len(queue) - self._depth[picture.source])]

    def take(self) -> Waiting | None:
        """The picture to look at next; ``None`` when none waits."""
        waiting = [source for source, queue in self._queues.items() if queue]
        if not waiting:
            return None
        source = min(waiting, key=self._served.__getitem__)
        self._turn += 1
        self._served[source] = self._turn
        return self._queues[source].popleft()

    def expire(self, now_s: float) -> list[Let]:
        """Let go of pictures that have waited too long."""
        gone = []
        for queue in self._queues.values():
            while queue and now_s - queue[0].captured_s >= MAX_AGE_S:
                gone.append(Let(queue.popleft(), DropReason.DEADLINE))
        return gone

    def next_expiry_s(self) -> float | None:
        """Monotonic second at which :meth:`expire` has something to do; ``None`` when nothing waits."""
        return min((queue[0].captured_s + MAX_AGE_S for queue in self._queues.values() if queue), default=None)
