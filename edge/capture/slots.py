"""Who may touch which slot of a ring.

Rules: a slot is ``free``, ``writing``, ``ready`` (handed out, until released) and nothing else, and goes round in that order;
each use has its own generation, so that a late release or a late reader is recognised. The source's process owns the table;
nobody else changes a state. Pure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SlotState(enum.Enum):
    """Life of a slot."""

    FREE = "free"
    WRITING = "writing"
    READY = "ready"


@dataclass(frozen=True)
class SlotName:
    """Names one picture in one ring; what travels between processes instead of pixels."""

    ring: str
    """Name of the ring, unique on the box; a change of resolution makes a new one."""
    index: int
    generation: int
    """Counts the uses of this slot, from 1."""


class SlotError(Exception):
    """A slot was used out of turn: a defect, not a circumstance."""


class SlotTable:
    """States of the slots of one ring."""

    def __init__(self, ring: str, count: int) -> None:
        self.ring = ring
        self._state = [SlotState.FREE] * count
        self._generation = [0] * count
        self._freed_s = [0.0] * count
        self._dirty = [False] * count

    @property
    def has_free(self) -> bool:
        """Whether a picture could be written now."""
        return SlotState.FREE in self._state

    @property
    def all_free(self) -> bool:
        """Whether nobody has a picture of this ring any more."""
        return all(state is SlotState.FREE for state in self._state)

    def state(self, index: int) -> SlotState:
        """State of one slot."""
        return self._state[index]

    def take(self) -> SlotName | None:
        """Take a free slot for writing; ``None`` when there is none."""
        for index, state in enumerate(self._state):
            if state is SlotState.FREE:
                self._state[index] = SlotState.WRITING
                self._generation[index] += 1
                self._dirty[index] = True
                return SlotName(self.ring, index, self._generation[index])
        return None

    def written(self, slot: SlotName) -> None:
        """The picture is complete and handed out.

        Raises:
            SlotError: when the slot was not being written.
        """
        self._expect(slot, SlotState.WRITING)
        self._state[slot.index] = SlotState.READY

    def release(self, slot: SlotName, now_s: float) -> bool:
        """Nobody needs the picture any more. A late release (of another ring or generation) changes nothing.

        Returns:
            Whether a slot has become free.
        """
        current = slot.ring == self.ring and self._generation[slot.index] == slot.generation
        if not current or self._state[slot.index] is not SlotState.READY:
            return False
        self._state[slot.index] = SlotState.FREE
        self._freed_s[slot.index] = now_s
        return True

    def to_wipe(self, now_s: float, max_age_s: float) -> list[int]:
        """Free slots whose pixels have outlived their time; each is named once per use."""
        old = [
            index
            for index, state in enumerate(self._state)
            if state is SlotState.FREE and self._dirty[index] and now_s - self._freed_s[index] >= max_age_s
        ]
        for index in old:
            self._dirty[index] = False
        return old

    def _expect(self, slot: SlotName, state: SlotState) -> None:
        if self._state[slot.index] is not state or self._generation[slot.index] != slot.generation:
            found, generation = self._state[slot.index].value, self._generation[slot.index]
            msg = f"slot {slot} is {found}, generation {generation}; expected {state.value}"
            raise SlotError(msg)
