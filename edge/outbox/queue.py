"""The order of sending and of eviction. Pure.

Rules: sent highest priority first, oldest first within one; evicted lowest priority first, oldest first within one. An entry is
never evicted for one of lower priority. A report of what was evicted is never evicted itself and stands beside the limits:
there is one at a time, and without it the manager would wait for the missing numbers for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterator

from edge.outbox.entry import Entry, Limits
from protocol.events import EventType, Priority

Key = tuple[str, int]


class Queue:
    """Entries by priority, each in order of age."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lanes: dict[Priority, OrderedDict[Key, Entry]] = {
            priority: OrderedDict() for priority in sorted(Priority, reverse=True)
        }
        self._bytes = 0
        self.reports = 0
        """Reports of evictions among the entries."""

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    def __iter__(self) -> Iterator[Entry]:
        for lane in self._lanes.values():
            yield from lane.values()

    def add(self, entry: Entry) -> None:
        """Put an entry at the end of its lane."""
        self._lanes[entry.priority][entry.key] = entry
        self._account(entry, 1)

    def get(self, key: Key) -> Entry | None:
        """Find an entry."""
        return next((lane[key] for lane in self._lanes.values() if key in lane), None)

    def pop(self, key: Key) -> Entry | None:
        """Take an entry out."""
        for lane in self._lanes.values():
            entry = lane.pop(key, None)
            if entry is not None:
                self._account(entry, -1)
                return entry
        return None

    def pending(self, limit: int, skip: Container[Key]) -> list[Entry]:
        """The next entries to send."""
        found: list[Entry] = []
        for entry in self:
            if len(found) >= limit:
                break
            if entry.key not in skip:
                found.append(entry)
        return found

    def overflow(self) -> list[Entry]:
        """Take out what is over the limits, the newest addition not excepted."""
        victims: list[Entry] = []
        for lane in reversed(list(self._lanes.values())):
            while self._over() and (key := next((k for k, e in lane.items() if not _is_report(e)), None)):
                victims.append(lane.pop(key))
                self._account(victims[-1], -1)
        return victims

    def oldest_s(self) -> float | None:
        """When the oldest entry was made, monotonic seconds."""
        firsts = [next(iter(lane.values())).made_s for lane in self._lanes.values() if lane]
        return min(firsts, default=None)

    def _over(self) -> bool:
        return self._bytes > self._limits.bytes or len(self) - self.reports > self._limits.count

    def _account(self, entry: Entry, sign: int) -> None:
        if _is_report(entry):
            self.reports += sign
        else:
            self._bytes += sign * entry.size


def _is_report(entry: Entry) -> bool:
    return entry.type is EventType.OUTBOX_EVICTED
