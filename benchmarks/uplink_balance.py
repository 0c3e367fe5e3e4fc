"""What the boxes say they made, compared by SQL with what the manager's store holds.

Rules: an event is *lost* when it is not in the store although the box had it on disk, or had been told that the manager has it,
or was not killed, or was killed after its window was over; a statistic that was killed within the window is *window-lost* (the
box reports its number afterwards, and the manager acknowledges that); an event is *doubled* for each row beyond the first under
its id or its number. What the store holds and no journal tells of may be an event whose box was killed between outbox and
journal, at most one a kill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.uplink_journal import Acknowledged, Committed, Line, Opened, Said

_SCHEMA = """
CREATE TABLE said (box TEXT, boot TEXT, seq INTEGER, id TEXT, kind TEXT, at INTEGER, committed INTEGER, acknowledged INTEGER,
    stored INTEGER DEFAULT 0, killed INTEGER, PRIMARY KEY (box, boot, seq)) WITHOUT ROWID;
CREATE TABLE killed (box TEXT, at INTEGER);
"""
_STORED = """
UPDATE said SET
    stored = EXISTS (SELECT 1 FROM store.event e WHERE e.device = box AND e.boot = said.boot AND e.seq = said.seq
        AND said.id IN ('', e.id)),
    killed = (SELECT MIN(k.at) FROM killed k WHERE k.box = said.box AND k.at >= said.at)
"""
_LOST = """
NOT stored AND (committed OR killed IS NULL OR COALESCE(acknowledged < killed, 0) OR killed - at > :window)
"""
_DOUBLED = """
SELECT (SELECT COUNT(*) - COUNT(DISTINCT id) FROM store.event)
    + (SELECT COUNT(*) FROM store.event) - (SELECT COUNT(*) FROM (SELECT DISTINCT device, boot, seq FROM store.event))
"""
_UNTOLD = """
SELECT COUNT(*) FROM store.event e WHERE e.type != 'outbox.evicted'
    AND NOT EXISTS (SELECT 1 FROM said s WHERE s.box = e.device AND s.boot = e.boot AND s.seq = e.seq AND s.id IN ('', e.id))
"""
_IN_FLIGHT = """
SELECT COUNT(*) FROM said WHERE box = :box AND at <= :at AND (acknowledged IS NULL OR acknowledged > :at)
    AND (stored OR killed IS NULL OR killed >= :at)
"""


@dataclass(frozen=True)
class Balance:
    """What came of a run.

    Attributes:
        said: events that the boxes made, their reports of what a kill took among them.
        alerts: alerts among them.
        committed: events that were on disk at some time.
        lost: see above.
        window_lost: see above.
        oldest_window_s: the greatest age at which one of those was killed, seconds; 0 without any.
        doubled: rows too many.
        untold: rows of which no journal tells.
        holes: numbers that the manager still waits for, without those of window-lost events: numbers handed out after the last
            commit before a kill are unknown to the box afterwards.
        examples: the first few that were lost, for people.
    """

    said: int
    alerts: int
    committed: int
    lost: int
    window_lost: int
    oldest_window_s: float
    doubled: int
    untold: int
    holes: int
    examples: tuple[str, ...]


class Ledger:
    """Both sides in one database. Use with :class:`contextlib.closing`.

    Args:
        path: of the ledger; made anew.
        store: the manager's.
        journals: lines by box.
        kills: when which box was killed: name and nanosecond.
    """

    def __init__(
        self, path: Path, store: Path, journals: Mapping[str, Iterable[Line]], kills: Iterable[tuple[str, int]]
    ) -> None:
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path)
        self._db.executescript(_SCHEMA)
        self._db.execute("ATTACH DATABASE ? AS store", (str(store),))
        with self._db:
            self._db.executemany("INSERT INTO killed VALUES (?, ?)", kills)
            for box, lines in journals.items():
                self._enter(box, lines)
            self._db.execute(_STORED)

    def in_flight(self, box: str, at: int) -> int:
        """Events of a box that were unacknowledged at a nanosecond of the shared clock."""
        return int(self._db.execute(_IN_FLIGHT, {"box": box, "at": at}).fetchone()[0])

    def balance(self, window_s: float) -> Balance:
        """Draw it.

        Args:
            window_s: longest time that a statistic may have been in memory only.
        """
        window = {"window": int(window_s * 1e9)}
        lost = self._db.execute(
            f"SELECT box, boot, seq, kind, committed, acknowledged, (killed - at) / 1e9 FROM said WHERE {_LOST} ORDER BY at",
            window,
        ).fetchall()
        window_lost, oldest = self._db.execute(
            f"SELECT COUNT(*), MAX(killed - at) FROM said WHERE NOT stored AND NOT ({_LOST})", window
        ).fetchone()
        return Balance(
            said=self._one("SELECT COUNT(*) FROM said"),
            alerts=self._one("SELECT COUNT(*) FROM said WHERE kind = 'crowd.alert'"),
            committed=self._one("SELECT COUNT(*) FROM said WHERE committed"),
            lost=len(lost),
            window_lost=window_lost,
            oldest_window_s=(oldest or 0) / 1e9,
            doubled=self._one(_DOUBLED),
            untold=self._one(_UNTOLD),
            holes=self._holes(window),
            examples=tuple(str(row) for row in lost[:10]),
        )

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])

    def _holes(self, window: Mapping[str, int]) -> int:
        query = f"SELECT seq FROM said WHERE box = :box AND boot = :boot AND NOT stored AND NOT ({_LOST})"
        holes = 0
        for box, boot, settled in self._db.execute("SELECT device, boot, settled FROM store.watermark").fetchall():
            watermark, *ranges = msgspec.json.decode(settled)
            gone = {seq for (seq,) in self._db.execute(query, {"box": box, "boot": boot, **window})}
            edges = [watermark, *(edge for both in ranges for edge in both)]
            gaps = [range(low + 1, high) for low, high in zip(edges[::2], edges[1::2], strict=False)]
            holes += sum(seq not in gone for gap in gaps for seq in gap)
        return holes

    def _enter(self, box: str, lines: Iterable[Line]) -> None:
        told = list(lines)
        said = [(box, x.boot, x.seq, x.id, x.kind, x.at, x.committed) for x in told if isinstance(x, Said)]
        self._db.executemany("INSERT INTO said (box, boot, seq, id, kind, at, committed) VALUES (?, ?, ?, ?, ?, ?, ?)", said)
        reports = [(box, x.boot, seq, x.at) for x in told if isinstance(x, Opened) for seq in range(1, x.highest + 1)]
        self._db.executemany(
            "INSERT INTO said (box, boot, seq, id, kind, at, committed) VALUES (?, ?, ?, '', 'outbox.evicted', ?, 1)", reports
        )
        highest = {x.boot: x.seq for x in told if isinstance(x, Committed)}
        self._db.executemany(
            "UPDATE said SET committed = 1 WHERE box = ? AND boot = ? AND seq <= ?",
            [(box, boot, seq) for boot, seq in highest.items()],
        )
        self._db.executemany(
            "UPDATE said SET acknowledged = ? WHERE box = ? AND boot = ? AND seq = ?", _first_acknowledged(box, told)
        )


def _first_acknowledged(box: str, lines: list[Line]) -> Iterable[tuple[int, str, str, int]]:
    open_by_boot: dict[str, set[int]] = {}
    for line in lines:
        match line:
            case Said():
                open_by_boot.setdefault(line.boot, set()).add(line.seq)
            case Opened():
                open_by_boot.setdefault(line.boot, set()).update(range(1, line.highest + 1))
    for line in sorted((x for x in lines if isinstance(x, Acknowledged)), key=lambda x: x.at):
        still = open_by_boot.get(line.boot, set())
        done = {seq for seq in still if seq <= line.seq or any(first <= seq <= last for first, last in line.ranges)}
        still -= done
        yield from ((line.at, box, line.boot, seq) for seq in done)
