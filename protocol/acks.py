"""The manager's acknowledgement: what of one boot of one device is accounted for.

Rules:

- *Accounted for* means stored, quarantined with a reason, or reported by the device as evicted. A hole never blocks for ever,
  because the device reports what it threw away.
- ``seq`` is cumulative; ``ranges`` lists what was received beyond it (alerts are sent first), so that it is not sent again.
- An acknowledgement is idempotent and may be lost, repeated or reordered: a receiver only ever adds to what it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.identifiers import Boot, Count, Seq

MAX_RANGES = 64
"""Most ranges in one acknowledgement (under 2 KiB of JSON); what does not fit is acknowledged later."""


class Ack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Acknowledgement for one (device, boot)."""

    boot: Boot
    seq: Annotated[Count, Meta(description="Everything up to here is accounted for; 0 = nothing yet")]
    ranges: Annotated[
        tuple[tuple[Seq, Seq], ...],
        Meta(max_length=MAX_RANGES, description="Closed ranges [first, last] accounted for beyond seq, ascending"),
    ] = ()


class SeqSet:
    """A set of sequence numbers as a watermark and ranges. Pure; the heart of the acknowledgement on both ends.

    Holds ``1..watermark`` and disjoint closed ranges above it. Adding is O(ranges).
    """

    __slots__ = ("_ranges", "watermark")

    def __init__(self, watermark: int = 0, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self.watermark = watermark
        self._ranges: list[tuple[int, int]] = []
        for first, last in ranges:
            self.add(first, last)

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Closed ranges beyond the watermark, ascending and not touching one another."""
        return tuple(self._ranges)

    def __contains__(self, seq: int) -> bool:
        return 1 <= seq <= self.watermark or any(first <= seq <= last for first, last in self._ranges)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SeqSet):
            return NotImplemented
        return self.watermark == other.watermark and self._ranges == other._ranges

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"SeqSet({self.watermark}, {self._ranges})"

    def add(self, first: int, last: int | None = None) -> bool:
        """Add ``first..last`` (or one number). Returns whether anything was new."""
        last = first if last is None else last
        if first < 1 or last < first:
            msg = f"[{first}, {last}] is not a range of sequence numbers"
            raise ValueError(msg)
        if last <= self.watermark or any(a <= first and last <= b for a, b in self._ranges):
            return False
        kept: list[tuple[int, int]] = []
        for a, b in self._ranges:
            if b + 1 < first or last + 1 < a:
                kept.append((a, b))
            else:
                first, last = min(a, first), max(b, last)
        kept.append((first, last))
        kept.sort()
        if kept[0][0] <= self.watermark + 1:
            self.watermark = max(self.watermark, kept.pop(0)[1])
        self._ranges = kept
        return True

    def merge(self, ack: Ack) -> bool:
        """Add what an acknowledgement states. Returns whether anything was new."""
        news = ack.seq > 0 and self.add(1, ack.seq)
        for first, last in ack.ranges:
            news = self.add(first, last) or news
        return news

    def missing_below(self, seq: int) -> Iterator[tuple[int, int]]:
        """Yield the closed ranges in ``1..seq`` that are not in the set."""
        at = self.watermark + 1
        for first, last in self._ranges:
            if at > seq:
                return
            if at < first:
                yield at, min(first - 1, seq)
            at = max(at, last + 1)
        if at <= seq:
            yield at, seq

    def to_ack(self, boot: str) -> Ack:
        """State this set as an acknowledgement (at most :data:`MAX_RANGES` ranges, the lowest first)."""
        return Ack(boot=boot, seq=self.watermark, ranges=tuple(self._ranges[:MAX_RANGES]))
