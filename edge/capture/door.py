"""The one door through which a picture leaves a source's process to be seen by a person: while a technician aims the camera.

Rules:

- There is none until the agent asks for it, and it closes itself after its time, whatever became of who asked.
- It is memory without a name, as a ring's, that holds the newest picture and the one before. The agent hands its descriptor on
  and never looks inside; nobody else is given it.
- Pictures come slowly, and what was in it is overwritten with nothing when it closes, or when no newer picture comes.
"""

from __future__ import annotations

import os

from edge.capture.port import Picture
from edge.capture.ring import MAX_AGE_S, Ring, RingLayout, make_memory
from edge.capture.slots import SlotName

EVERY_S = 0.5
"""Between pictures: enough to aim by, too little to watch people by."""
_SLOTS = 2
"""One is written while the other is read."""


class Door:
    """An open door.

    Args:
        name: of its memory, unique on the box.
        seconds: for which it is open.
        now_s: monotonic seconds.
    """

    def __init__(self, name: str, seconds: float, now_s: float) -> None:
        self._name, self._until_s = name, now_s + seconds
        self._ring: Ring | None = None
        self._made = self._generation = 0
        self._shown_s = float("-inf")

    def over(self, now_s: float) -> bool:
        """Whether its time is over."""
        return now_s >= self._until_s

    def show(self, picture: Picture, now_s: float) -> tuple[RingLayout, int] | None:
        """Put a picture into it, if it is time for one.

        Returns:
            Layout and descriptor of its memory where that is new, for whoever looks; the caller closes the descriptor.
        """
        if self.over(now_s) or now_s - self._shown_s < EVERY_S:
            return None
        self._shown_s = now_s
        made = None
        if self._ring is None or self._ring.layout.size != picture.size:
            made = self._make(picture)
        assert self._ring is not None
        self._generation += 1
        self._ring.write(SlotName(self._ring.layout.ring, self._generation % _SLOTS, self._generation), picture)
        return made

    def wipe(self, now_s: float) -> None:
        """Overwrite what has been in it for too long, because no newer picture came."""
        if self._ring is not None and now_s - self._shown_s >= MAX_AGE_S - EVERY_S:
            self._empty(self._ring)

    def close(self) -> None:
        """Overwrite what is in it, and let go of it."""
        if self._ring is not None:
            self._empty(self._ring)
            self._ring.close()
            self._ring = None

    def _make(self, picture: Picture) -> tuple[RingLayout, int]:
        self.close()
        self._made += 1
        layout = RingLayout(f"{self._name}.{self._made}", picture.size, _SLOTS)
        fd = make_memory(layout)
        try:
            self._ring = Ring(layout, fd, writable=True)
        except BaseException:
            os.close(fd)
            raise
        return layout, fd

    @staticmethod
    def _empty(ring: Ring) -> None:
        for index in range(_SLOTS):
            ring.wipe(index)
