"""The outbox: every event of the box until the manager has acknowledged it.

Rules:

- Alerts and reports are on disk (fsynced) before :meth:`Outbox.append` returns. Statistics may be sent at once, and are
  written in groups within ``limits.group_s``; what is acknowledged before its group never touches the disk.
- Bounded. When full the lowest priority goes first, oldest first; what was evicted is counted and reported as an event, the
  next such report when the one before is acknowledged.
- After a kill, numbers that were handed out and are neither on disk nor acknowledged are reported as lost, so that no hole
  keeps the manager waiting. Numbers handed out after the last commit are unknown to the box; the manager sees them end with
  the next boot's birth.
- A disk that fails takes nothing away: the outbox goes on in memory, says so in :meth:`Outbox.faults`, and writes again when
  the disk does. A file that cannot be opened is tried again in the same way.
- What tells of somebody and was let go, acknowledged or thrown away, is erased from the files after five minutes
  (:mod:`edge.outbox.leaving`), and at an orderly end.
- A message that the disk has spoilt is reported as lost; it keeps nobody waiting.
- Thread-safe: the agent appends, the uplink sends and acknowledges.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Container
from pathlib import Path
from typing import Any

from edge.clock import Clock, Instant
from edge.outbox.entry import Entry, Limits
from edge.outbox.leaving import Leaving
from edge.outbox.losses import Losses, common, holes, reports, spans
from edge.outbox.queue import Queue
from edge.outbox.store import BootRecord, DamagedRowError, Store, StoreError
from protocol.acks import Ack, SeqSet
from protocol.codec import Message, encode_event
from protocol.events import Clock as ClockQuality
from protocol.events import ClockSource, Event, EventBody, EventType, OutboxEvicted, Priority, Reason
from protocol.identifiers import new_boot, uuid7
from protocol.limits import TEXT_CHARACTERS
from protocol.state import OutboxTelemetry

_RETRY_S = 5.0
"""Between attempts to write to a disk that failed."""

_REMEDY = "goes on in memory: free some space, or mend the disk"
_CAUSE = TEXT_CHARACTERS - len(_REMEDY) - 2
"""Most characters of what is wrong: the remedy must fit behind it."""

_REPORT_EVERY_S = 10.0
"""Evictions within this time become one event."""

_TIDY_S = 300.0
"""Acknowledged rows wait this long for another commit to take them along; a kill before costs a second sending only."""

_TICK_S = 1.0
"""Between calls of :meth:`Outbox.tick`: a group that would be late at the next one is written now."""


class Outbox:
    """Use :meth:`open`."""

    def __init__(self, path: Path | None, limits: Limits, clock: Clock, fleet: str, device: str) -> None:
        self.boot = new_boot()
        self.fleet, self.device = fleet, device
        self._path, self._limits, self._clock = path, limits, clock
        self._store: Store | None = None
        self._lock = threading.RLock()
        self._queue = Queue(limits)
        self._dirty: dict[tuple[str, int], Entry] = {}
        self._leaving = Leaving()
        self._boots = {self.boot: BootRecord(self.boot, 0, SeqSet())}
        self._losses = Losses()
        now = clock.monotonic()
        self._reported_s = now - _REPORT_EVERY_S
        self._committed_s = now
        self._failed_s: float | None = None
        self._failure = ""
        self._began: Reason | None = None

    @classmethod
    def open(cls, path: Path | None, limits: Limits, clock: Clock, fleet: str, device: str) -> Outbox:
        """Open the outbox of a box under a new boot.

        Args:
            path: database file; ``None`` keeps everything in memory (virtual devices).
            limits: how much it may hold.
            clock: time.
            fleet: name of the fleet, for the topics.
            device: name of the box.

        Returns:
            The outbox. A file that cannot be opened does not prevent it; see :meth:`faults`.
        """
        outbox = cls(path, limits, clock, fleet, device)
        outbox._open_store()
        return outbox

    def append(self, kind: EventType, body: EventBody[Any], at: Instant | None = None) -> Event:
        """Take an event in.

        Args:
            kind: its type.
            body: as the guard let it pass.
            at: when the event is made; now when absent.

        Returns:
            The event with its sequence number. Alerts and reports are on disk (unless :meth:`faults` says otherwise).

        Raises:
            TooLargeError: over the cap of the wire; no number was used.
        """
        with self._lock:
            at = at or self._clock.now()
            record = self._boots[self.boot]
            event = Event(
                self.fleet,
                self.device,
                uuid7(int(at.wall.timestamp() * 1000)),
                kind,
                at.wall,
                self.boot,
                record.highest + 1,
                body,
            )
            message = encode_event(event)
            record.highest += 1
            entry = Entry(self.boot, event.seq, kind, event.priority, message.size, at.monotonic_s, message)
            self._queue.add(entry)
            self._dirty[entry.key] = entry
            self._give_up(self._queue.overflow(), "full")
            if entry.priority > Priority.STATISTIC and entry.key in self._dirty:
                self._commit([entry])
            return event

    def pending(self, limit: int, skip: Container[tuple[str, int]] = ()) -> list[tuple[Entry, Message]]:
        """The next messages to send, alerts first, then oldest first."""
        with self._lock:
            found = []
            for entry in self._queue.pending(limit, skip):
                message = entry.message or self._read(entry)
                if message is not None:
                    found.append((entry, message))
            return found

    def acknowledge(self, ack: Ack) -> int:
        """Let go of what the manager accounts for. Returns how many messages that were."""
        with self._lock:
            record = self._boots.get(ack.boot)
            if record is None:
                return 0
            # A manager cannot acknowledge what was never handed out; such an answer is not for this outbox. Of an earlier boot
            # the manager may know more than this box, which forgot what it had not yet written.
            if ack.boot == self.boot and max(ack.seq, *(last for _, last in ack.ranges), 0) > record.highest:
                return 0
            before = [*record.settled.missing_below(record.highest)]
            record.settled.merge(ack)
            news = common(before, spans(record.settled))
            return sum(self._drop((ack.boot, seq)) for first, last in news for seq in range(first, last + 1))

    def tick(self) -> None:
        """Do what is due: group commit, reports of evictions, tidying. Call about once a second."""
        with self._lock:
            now = self._clock.monotonic()
            self._report_lost(now)
            oldest = min((entry.made_s for entry in self._dirty.values()), default=None)
            due = oldest is not None and now - oldest > self._limits.group_s - _TICK_S
            tidy = bool(self._leaving.rows) and now - self._committed_s >= _TIDY_S
            retry = self._failed_s is not None and now - self._failed_s >= _RETRY_S
            if retry and self._store is None:
                self._open_store()
            if retry or (self._failed_s is None and (due or tidy)):
                self._commit(list(self._dirty.values()))
            if self._failed_s is None and self._leaving.due(now):
                self._erase()

    def flush(self) -> None:
        """Write everything now; before an orderly end."""
        with self._lock:
            self._report_lost(self._clock.monotonic(), force=True)
            self._commit(list(self._dirty.values()))

    def close(self) -> None:
        """Write everything, erase what was let go, and close the file."""
        with self._lock:
            self.flush()
            if self._failed_s is None:
                self._erase()
            self._path = None
            if self._store is not None:
                self._store.close()
                self._store = None

    @property
    def last_seq(self) -> int:
        """Last number of this boot."""
        with self._lock:
            return self._boots[self.boot].highest

    def settled(self, boot: str) -> SeqSet:
        """What of a boot is acknowledged or reported as lost."""
        with self._lock:
            record = self._boots.get(boot)
            return SeqSet() if record is None else SeqSet(record.settled.watermark, record.settled.ranges)

    def uncommitted(self) -> int:
        """Messages that a power cut would take now."""
        with self._lock:
            return len(self._dirty)

    def status(self) -> OutboxTelemetry:
        """Numbers for telemetry."""
        with self._lock:
            oldest = self._queue.oldest_s()
            return OutboxTelemetry(
                pending=len(self._queue),
                stored_bytes=self._store.stored_bytes() if self._store else 0,
                oldest_s=0.0 if oldest is None else max(0.0, self._clock.monotonic() - oldest),
                evicted=self._losses.total,
            )

    def faults(self) -> tuple[Reason, ...]:
        """What is wrong with the outbox now."""
        with self._lock:
            reasons = [] if self._began is None else [self._began]
            if self._failed_s is not None:
                code = "outbox-unwritable" if self._store is None else "outbox-disk"
                reasons.append(Reason(code, "outbox", f"{self._failure[:_CAUSE]}; {_REMEDY}"))
            return tuple(reasons)

    def _drop(self, key: tuple[str, int]) -> bool:
        entry = self._queue.pop(key)
        self._dirty.pop(key, None)
        if entry is not None:
            self._leaving.add(entry, self._clock.monotonic())
        return entry is not None

    def _read(self, entry: Entry) -> Message | None:
        if self._store is None or entry.row is None:
            return None
        try:
            return self._store.read(entry.row)
        except DamagedRowError:
            self._queue.pop(entry.key)
            self._give_up([entry], "disk")
        except StoreError as error:
            self._note_failure(str(error))
        return None

    def _open_store(self) -> None:
        """Open the file and take over what it holds; without one, everything stays in memory."""
        if self._path is None:
            return
        try:
            store = Store(self._path)
            boots, entries = store.load(self._clock.monotonic())
        except StoreError as error:
            self._note_failure(str(error))
            return
        self._store, self._failed_s = store, None
        if store.set_aside is not None:
            self._began = Reason(
                "outbox-broken", "outbox", f"set aside as {store.set_aside.name}; events in it are lost"[:TEXT_CHARACTERS]
            )
        self._leaving.suspect(store.useless, self._clock.monotonic())
        self._recover(boots, entries, "disk" if store.useless else "power-cut")

    def _commit(self, entries: list[Entry]) -> None:
        if self._store is None:
            if self._path is None:
                for entry in entries:
                    self._dirty.pop(entry.key, None)
            return
        finished = [name for name, r in self._boots.items() if name != self.boot and r.settled.watermark >= r.highest]
        kept = [record for name, record in self._boots.items() if name not in finished]
        try:
            self._store.commit(entries, self._leaving.rows, kept, finished)
        except StoreError as error:
            self._note_failure(str(error))
            return
        recovered, self._failed_s = self._failed_s is not None, None
        self._committed_s = self._clock.monotonic()
        self._leaving.deleted()
        for name in finished:
            del self._boots[name]
        for entry in entries:
            self._dirty.pop(entry.key, None)
        self._save_memory()
        if recovered and self._dirty:
            self._commit(list(self._dirty.values()))

    def _erase(self) -> None:
        """Erase what was let go from the disk."""
        if self._leaving.rows:
            self._commit([])
        if self._store is None or self._leaving.rows:
            return
        try:
            self._leaving.erased(whole=self._store.erase())
        except StoreError as error:
            self._note_failure(str(error))

    def _save_memory(self) -> None:
        if len(self._queue) > self._limits.in_memory:
            for entry in self._queue:
                if entry.row is not None:
                    entry.message = None

    def _note_failure(self, text: str) -> None:
        self._failed_s = self._clock.monotonic()
        self._failure = text

    def _give_up(self, entries: list[Entry], reason: str) -> None:
        for entry in entries:
            self._dirty.pop(entry.key, None)
            self._leaving.add(entry, self._clock.monotonic())
            self._losses.note(entry, reason)

    def _report_lost(self, now: float, *, force: bool = False) -> None:
        waits = self._queue.reports > 0 or now - self._reported_s < _REPORT_EVERY_S
        if self._losses and (force or not waits):
            self._reported_s = now
            for observed in self._losses.take(self._boots):
                self._report(observed)

    def _report(self, observed: OutboxEvicted) -> None:
        now = self._clock.now()
        quality = ClockQuality(ClockSource.FREE, synchronised=False)
        for first, last in observed.ranges:
            self._boots[observed.boot].settled.add(first, last)
        self.append(EventType.OUTBOX_EVICTED, EventBody(captured_at=_utc(now.wall), clock=quality, observed=observed), now)

    def _recover(self, boots: list[BootRecord], entries: list[Entry], reason: str) -> None:
        """Take over what earlier boots left, and report what they lost."""
        for record in boots:
            self._boots[record.name] = record
        held: dict[str, set[int]] = {}
        for entry in entries:
            record = self._boots.setdefault(entry.boot, BootRecord(entry.boot, 0, SeqSet()))
            record.highest = max(record.highest, entry.seq)
            held.setdefault(entry.boot, set()).add(entry.seq)
            if entry.seq in record.settled:
                self._leaving.add(entry, self._clock.monotonic())
            else:
                self._queue.add(entry)
        for name in [name for name in self._boots if name != self.boot]:
            record = self._boots[name]
            unsettled = record.settled.missing_below(record.highest)
            lost = common(unsettled, holes(held.get(name, ()), record.highest))
            for observed in reports(name, reason, lost, {}):
                self._report(observed)
        self._give_up(self._queue.overflow(), "full")


def _utc(wall: dt.datetime) -> dt.datetime:
    with contextlib.suppress(OverflowError):
        return wall.astimezone(dt.timezone.utc)
    return dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
