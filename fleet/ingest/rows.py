"""Rows of the store from sorted messages. Pure."""

from __future__ import annotations

import msgspec

from fleet.ingest.quarantine import clean
from fleet.ingest.sort import SCHEMA, Accepted, Raw, Refused, Sorted
from protocol.acks import SeqSet
from protocol.codec import Accounting
from protocol.events import Priority


def sender_of(item: Sorted) -> str:
    """Whom the broker let publish it; empty when the topic does not say."""
    return item.event.device if isinstance(item, Accepted) else item.device


def accounting_of(item: Sorted) -> Accounting | None:
    """Which number it claims."""
    return Accounting(item.event.boot, item.event.seq) if isinstance(item, Accepted) else item.accounting


def event_row(item: Sorted, now: int) -> dict[str, object] | None:
    """Row of ``event``; ``now`` in ms. ``None`` for what is refused."""
    match item:
        case Accepted(event=e, body=body):
            return {
                "device": e.device,
                "boot": e.boot,
                "seq": e.seq,
                "id": e.id,
                "type": e.type.value,
                "priority": int(e.priority),
                "time": int(e.time.timestamp() * 1_000_000),
                "received": now,
                # An alert that belongs to none is one of its own; nothing else waits for a verdict, whatever it claims.
                "incident": (e.body.incident or e.id) if e.priority is Priority.ALERT else None,
                "phase": e.body.phase.value if e.body.phase else None,
                "schema": SCHEMA,
                "body": body,
            }
        case Raw():
            return {
                "device": item.device,
                "boot": item.accounting.boot,
                "seq": item.accounting.seq,
                "id": clean(item.id, 36),
                "type": item.type,
                "priority": 0,
                "time": now * 1000,
                "received": now,
                "incident": None,
                "phase": None,
                "schema": item.schema,
                "body": item.body,
            }
        case Refused():
            return None


def load(blob: bytes) -> SeqSet:
    """Read column ``settled``."""
    mark, *ranges = msgspec.json.decode(blob)
    return SeqSet(mark, [(first, last) for first, last in ranges])


def dump(settled: SeqSet) -> bytes:
    """Write column ``settled``."""
    return msgspec.json.encode([settled.watermark, *settled.ranges])
