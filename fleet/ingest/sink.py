"""Storing a batch: one transaction, then the acknowledgements, which only repeat what it holds.

Rules: the insert is idempotent on (device, boot, seq); the watermark moves in the same transaction; what is quarantined counts
as accounted for, and so does what a box reports as lost; nothing is acknowledged before the commit. A message that the store
itself refuses never takes the others of its batch with it: the batch is halved until the one is found, and that is quarantined.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, bindparam, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import StatementError

from fleet.ingest.known import known_of, stranger
from fleet.ingest.quarantine import Quarantine
from fleet.ingest.rows import accounting_of, dump, event_row, load, sender_of
from fleet.ingest.sort import Accepted, Raw, Refused, Sorted, lost_ranges, sort
from fleet.store.database import EVENT_ORDER, STORE_FAULTS, one_at_a_time, writing
from fleet.store.tables import device, event, watermark
from protocol.acks import Ack, SeqSet
from protocol.codec import Message

_MOST_RANGES_KEPT = 4096
"""Holes kept per boot. A box that makes more than that is broken or hostile; its later ranges are acknowledged again later."""
BOOTS_GREETED = 8
"""A box that is born is told of its latest boots; its outbox holds none older than that which it has not heard of."""

Boot = tuple[str, str]


@dataclass
class Stored:
    """What became of a batch."""

    acks: dict[Boot, Ack] = field(default_factory=dict)
    stored: int = 0
    doubled: int = 0
    """Arrived again and changed nothing."""
    quarantined: int = 0
    """Refused and accounted for, whether or not a row was kept."""
    raw: int = 0
    """Of ``stored``: of a newer schema."""

    def add(self, other: Stored) -> None:
        """Add what became of a later part of the batch."""
        self.acks.update(other.acks)
        self.stored += other.stored
        self.doubled += other.doubled
        self.quarantined += other.quarantined
        self.raw += other.raw


class Sink:
    """Stores batches. One thread at a time.

    Args:
        engine: the store.
        evaluation: whether evaluation-only fields are accepted.
        quarantine: where refused messages go.
    """

    def __init__(self, engine: Engine, *, evaluation: bool = False, quarantine: Quarantine | None = None) -> None:
        self._engine = engine
        self._evaluation = evaluation
        self._quarantine = quarantine or Quarantine()

    def store(self, messages: Sequence[Message]) -> Stored:
        """Store a batch of event messages and return what to acknowledge.

        Raises:
            sqlalchemy.exc.DBAPIError: one of ``STORE_FAULTS`` (locked, disk full, connection lost); nothing of the part
                that failed was stored or may be acknowledged.
        """
        return self._store([sort(message, evaluation=self._evaluation) for message in messages])

    def acks(self, name: str) -> list[Ack]:
        """The acknowledgements that stand for a device's latest boots."""
        query = (
            select(watermark.c.boot, watermark.c.settled)
            .where(watermark.c.device == name)
            .order_by(watermark.c.changed.desc())
            .limit(BOOTS_GREETED)
        )
        with self._engine.connect() as connection:
            return [load(row.settled).to_ack(row.boot) for row in connection.execute(query)]

    def _store(self, items: Sequence[Sorted]) -> Stored:
        try:
            return self._transaction(items)
        except STORE_FAULTS:
            raise
        except (StatementError, OverflowError, ValueError) as error:
            if len(items) > 1:
                half = len(items) // 2
                result = self._store(items[:half])
                result.add(self._store(items[half:]))
                return result
            if isinstance(items[0], Refused):
                raise  # its row is made of clean text; this is a fault of ours
            detail = f"the store refuses it: {type(error).__name__}"
            return self._transaction([Refused(sender_of(items[0]), accounting_of(items[0]), "unstorable", detail, "", b"")])

    def _transaction(self, items: Sequence[Sorted]) -> Stored:
        now = time.time_ns() // 1_000_000
        result = Stored()
        with writing(self._engine) as connection:
            one_at_a_time(connection, EVENT_ORDER)
            known = known_of(connection, map(sender_of, items))
            self._insert(connection, [item for item in items if sender_of(item) in known], now, result)
            refused = [found for item in items if (found := _refused(item, known)) is not None]
            result.quarantined = self._quarantine.add(connection, refused, now)
            self._settle(connection, [item for item in items if sender_of(item) in known], now, result)
            if known:
                heard = update(device).where(device.c.name == bindparam("_name"))
                heard = heard.values(last_word=now, changed=device.c.changed + 1)
                connection.execute(heard, [{"_name": name} for name in sorted(known)])
        return result

    @staticmethod
    def _insert(connection: Connection, items: Sequence[Sorted], now: int, result: Stored) -> None:
        rows = [row for item in items if (row := event_row(item, now)) is not None]
        if not rows:
            return
        make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
        statement = make(event).on_conflict_do_nothing(index_elements=["device", "boot", "seq"])
        schemas = list(connection.scalars(statement.returning(event.c.schema), rows))
        result.stored = len(schemas)
        result.doubled = len(rows) - len(schemas)
        newer = {item.schema for item in items if isinstance(item, Raw)}
        result.raw = sum(schema in newer for schema in schemas)

    @staticmethod
    def _settle(connection: Connection, items: Sequence[Sorted], now: int, result: Stored) -> None:
        claims = [(item, accounting) for item in items if (accounting := accounting_of(item)) is not None]
        lost = [
            (item.event.device, found)
            for item, _ in claims
            if isinstance(item, Accepted) and (found := lost_ranges(item.event)) is not None
        ]
        keys = {(sender_of(item), accounting.boot) for item, accounting in claims} | {(name, boot) for name, (boot, _) in lost}
        if not keys:
            return
        sets = {key: SeqSet() for key in keys}
        missing = dict.fromkeys(keys, 0)
        query = select(watermark).where(tuple_(watermark.c.device, watermark.c.boot).in_(sorted(keys)))
        for row in connection.execute(query):
            sets[row.device, row.boot] = load(row.settled)
            missing[row.device, row.boot] = row.missing
        for item, accounting in claims:
            _add(sets[sender_of(item), accounting.boot], accounting.seq, accounting.seq)
        for name, (boot, ranges) in lost:
            for first, last in ranges:
                gaps = [(max(a, first), b) for a, b in sets[name, boot].missing_below(last) if b >= first]
                if _add(sets[name, boot], first, last):
                    missing[name, boot] += sum(b - a + 1 for a, b in gaps)
        make = pg_insert if connection.dialect.name == "postgresql" else sqlite_insert
        statement = make(watermark)
        columns = ("settled", "missing", "changed")
        statement = statement.on_conflict_do_update(
            index_elements=["device", "boot"], set_={name: statement.excluded[name] for name in columns}
        )
        rows = [
            {"device": key[0], "boot": key[1], "settled": dump(sets[key]), "missing": missing[key], "changed": now}
            for key in sorted(keys)
        ]
        connection.execute(statement, rows)
        result.acks = {key: sets[key].to_ack(key[1]) for key in sets}


def _refused(item: Sorted, known: set[str]) -> Refused | None:
    if sender_of(item) not in known:
        bad = item if isinstance(item, Refused) else None
        because = f"{bad.reason}: {bad.detail}" if bad else ""
        return stranger(sender_of(item), accounting_of(item), bad.topic if bad else "", because)
    return item if isinstance(item, Refused) else None


def _add(settled: SeqSet, first: int, last: int) -> bool:
    """Add a range, unless that opens one hole too many: then it is sent, and added, again when there are fewer."""
    if len(settled.ranges) >= _MOST_RANGES_KEPT and first > settled.watermark + 1:
        return False
    return settled.add(first, last)
