"""What was thrown away and the manager has not been told yet. Pure.

Rules: every number is told once, with the reason; a number that the manager accounts for in the meantime is not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from edge.outbox.entry import Entry
from edge.outbox.store import BootRecord
from protocol.acks import SeqSet
from protocol.events import OutboxEvicted

_MAX_RANGES = 100
"""In one report; more would not fit an event."""

Range = tuple[int, int]


@dataclass
class _Lost:
    numbers: SeqSet = field(default_factory=SeqSet)
    by_type: Counter[str] = field(default_factory=Counter)


class Losses:
    """Collects until it is told."""

    def __init__(self) -> None:
        self.total = 0
        """All that was noted since the boot."""
        self._lost: dict[tuple[str, str], _Lost] = {}

    def __bool__(self) -> bool:
        return bool(self._lost)

    def note(self, entry: Entry, reason: str) -> None:
        """Remember an entry that was thrown away."""
        lost = self._lost.setdefault((entry.boot, reason), _Lost())
        lost.numbers.add(entry.seq)
        lost.by_type[entry.type.value] += 1
        self.total += 1

    def take(self, boots: Mapping[str, BootRecord]) -> Iterator[OutboxEvicted]:
        """Take all reports out, each small enough for an event.

        Args:
            boots: what is settled of each boot; a boot that is not there is settled.
        """
        noted, self._lost = self._lost, {}
        for (boot, reason), lost in noted.items():
            if boot not in boots:
                continue
            record = boots[boot]
            own = spans(lost.numbers)
            untold = common(own, record.settled.missing_below(record.highest))
            yield from reports(boot, reason, untold, lost.by_type if untold == own else {})


def reports(boot: str, reason: str, ranges: list[Range], by_type: Mapping[str, int]) -> Iterator[OutboxEvicted]:
    """State ranges as reports; the first one carries the counts by type."""
    for start in range(0, len(ranges), _MAX_RANGES):
        yield OutboxEvicted(boot, reason, tuple(ranges[start : start + _MAX_RANGES]), {} if start else dict(by_type))


def common(some: Iterable[Range], others: Iterable[Range]) -> list[Range]:
    """Ranges that are in both; each side ascending and disjoint."""
    found = []
    rest = iter(others)
    other = next(rest, None)
    for first, last in some:
        while other is not None and other[0] <= last:
            if other[1] >= first:
                found.append((max(first, other[0]), min(last, other[1])))
            if other[1] > last:
                break
            other = next(rest, None)
    return found


def spans(numbers: SeqSet) -> list[Range]:
    """All that is in the set, as ranges."""
    return [(1, numbers.watermark), *numbers.ranges] if numbers.watermark else [*numbers.ranges]


def holes(numbers: Iterable[int], highest: int) -> Iterator[Range]:
    """Ranges in ``1..highest`` without any of the numbers, none of which is over it."""
    at = 1
    for number in sorted(numbers):
        if number > at:
            yield at, number - 1
        at = number + 1
    if at <= highest:
        yield at, highest
