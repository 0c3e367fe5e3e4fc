"""What the outbox holds, and how much it may hold."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.codec import Message
from protocol.events import EventType, Priority

PERSONAL = frozenset({EventType.ANPR_HIT, EventType.ANPR_READ})
"""Events that tell of one vehicle: when they are let go, no byte of them stays on the disk."""


@dataclass(frozen=True)
class Limits:
    """How much the outbox may hold.

    Attributes:
        bytes: most bytes of messages.
        count: most messages.
        group_s: longest time that a statistic stays in memory only; the stated loss on a power cut.
        in_memory: most messages whose bytes are kept in memory beside the disk.
    """

    bytes: int = 64_000_000
    count: int = 100_000
    group_s: float = 30.0
    in_memory: int = 1_000


@dataclass
class Entry:
    """One message that is not acknowledged."""

    boot: str
    seq: int
    type: EventType
    priority: Priority
    size: int
    made_s: float
    """Monotonic seconds; of an earlier boot: when this boot began."""
    message: Message | None
    """``None`` when only the disk has it."""
    row: int | None = None
    """Row in the store; ``None`` while it is in memory only."""

    @property
    def key(self) -> tuple[str, int]:
        """Boot and sequence number."""
        return self.boot, self.seq
