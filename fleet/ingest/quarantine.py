"""What is kept of refused messages.

Rules: every refused message is counted; of each sender only so many a minute leave a row, and the next row says how many did
not, so that a box gone wrong can neither fill the disk nor hide what it sent; a row holds text that any database takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, func, insert, select

from fleet.ingest.sort import Refused
from fleet.store.tables import quarantine

BURST = 50
PER_S = 0.5
"""Rows of one sender: 50 at once, then 30 a minute."""
SENDERS = 5000
MOST_ROWS = 200_000
"""Rows kept in all, the newest; 2 KiB each at most."""
_TRIM_EVERY = 1000


@dataclass
class _Sender:
    tokens: float
    at: float
    withheld: int = 0


class Ration:
    """Decides which refused messages leave a row. Pure.

    Args:
        burst: rows of one sender at once.
        per_s: rows of one sender per second afterwards.
    """

    def __init__(self, burst: int = BURST, per_s: float = PER_S) -> None:
        self._burst, self._per_s = burst, per_s
        self._senders: dict[str, _Sender] = {}

    def keep(self, refused: Refused, now: float) -> Refused | None:
        """The row for a message, or ``None`` when its sender has had enough of them; ``now`` in seconds, monotonic."""
        if refused.device not in self._senders and len(self._senders) >= SENDERS:
            del self._senders[next(iter(self._senders))]
        sender = self._senders.setdefault(refused.device, _Sender(self._burst, now))
        sender.tokens = min(self._burst, sender.tokens + (now - sender.at) * self._per_s)
        sender.at = now
        if sender.tokens < 1:
            sender.withheld += 1
            return None
        sender.tokens -= 1
        if sender.withheld:
            note = f" (and {sender.withheld} more before it, not kept)"
            refused = replace(refused, detail=refused.detail[: 240 - len(note)] + note)
            sender.withheld = 0
        return refused


def clean(text: str, length: int) -> str:
    """Text that fits a column of any database: no NUL (PostgreSQL refuses it), no lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")[:length]


class Quarantine:
    """Writes the rows, within the transaction of whoever refused.

    Args:
        monotonic: clock of the ration.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ration = Ration()
        self._monotonic = monotonic
        self._since_trim = _TRIM_EVERY

    def add(self, connection: Connection, refused: Iterable[Refused], now: int) -> int:
        """Set messages aside; ``now`` in ms. Returns how many there were, whether or not each left a row."""
        moment = self._monotonic()
        count = 0
        rows: list[dict[str, object]] = []
        for item in refused:
            count += 1
            if (kept := self._ration.keep(item, moment)) is not None:
                rows.append(_row(kept, now))
        if rows:
            connection.execute(insert(quarantine), rows)
            self._since_trim += len(rows)
            if self._since_trim >= _TRIM_EVERY:
                self._since_trim = 0
                newest = select(func.max(quarantine.c.row)).scalar_subquery()
                connection.execute(delete(quarantine).where(quarantine.c.row <= newest - MOST_ROWS))
        return count


def _row(item: Refused, now: int) -> dict[str, object]:
    return {
        "device": clean(item.device, 32),
        "boot": item.accounting.boot if item.accounting else None,
        "seq": item.accounting.seq if item.accounting else None,
        "received": now,
        "reason": item.reason,
        "detail": clean(item.detail, 240),
        "topic": clean(item.topic, 160),
        "data": item.data,
    }
