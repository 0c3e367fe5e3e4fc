"""The outbox on disk: SQLite in WAL mode, one owner.

Rules:

- ``synchronous=FULL``: when :meth:`Store.commit` returns, what it wrote survives a power cut.
- One commit is one transaction: new messages, deletions of what is acknowledged, and per boot the highest sequence number
  handed out and what is settled. So after a kill the box knows which numbers it gave away and lost.
- Written for SD cards: no secondary index, small pages, few checkpoints, and locked for good, so that SQLite keeps the index of
  the log in memory: shared, it is a file of which the kernel writes three pages after each commit, more than the log itself.
- What is deleted is overwritten with zeros (``secure_delete=ON``; ``FAST`` leaves it in pages that become free). Two places are
  left: the log, which holds what pages were before, and the gaps of pages that gave rows to their neighbours, of which SQLite
  (3.40) leaves copies. :meth:`Store.erase` sees to both.
- Each row carries a checksum (SQLite has none): a worn card that flips a bit must not change a number, nor settle an alert.
- A file that is not a sound database is set aside, never repaired and never a reason not to start.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.outbox.entry import Entry
from edge.outbox.packing import pack, seal, unpack, unseal
from protocol.acks import SeqSet
from protocol.codec import Message
from protocol.events import PRIORITY, EventType

_PAGE_BYTES = 1024
"""A statistic takes about 250 bytes; larger pages would be rewritten half empty at each group commit."""

_CHECKPOINT_PAGES = 2000
"""WAL size before a checkpoint, about 2 MB: what is acknowledged by then is never copied into the database file."""

_SMALL_PAGES = 100
"""In use, up to which a file is written anew to erase what was deleted: 0.2 MB of writes. With a link a few pages are."""

_LEAST_PAGES = 3
"""The schema and one of each table: a file that never had more has never given rows from one page to another."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS boot (
    name TEXT PRIMARY KEY, highest INTEGER NOT NULL, settled BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    row INTEGER PRIMARY KEY, boot TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL,
    message BLOB NOT NULL
);
"""

_PASSING = (
    "unable to open database file",
    "attempt to write a readonly database",
    "access permission denied",
    "database or disk is full",
    "disk I/O error",
    "database is locked",
)
"""What SQLite says of the disk and not of the file (sqlite3_errstr); Python 3.10 does not give its codes."""

_MOST_BROKEN = 3
"""Broken files that are kept beside; the last one is replaced."""


class _Settled(msgspec.Struct, array_like=True):
    watermark: int
    ranges: tuple[tuple[int, int], ...]


_packer = msgspec.msgpack.Encoder()
_settled = msgspec.msgpack.Decoder(_Settled)


@dataclass
class BootRecord:
    """What is known of one boot."""

    name: str
    highest: int
    settled: SeqSet
    """Acknowledged, or reported as lost."""


class StoreError(Exception):
    """The disk cannot take it now; the message says why. Nothing was written."""


class DamagedRowError(StoreError):
    """One message is not what was written; it will never be readable."""


class Store:
    """An open database.

    Args:
        path: file; its folder exists.

    Raises:
        StoreError: when it cannot be opened, even after setting a broken file aside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside: Path | None = None
        """Where a broken file was moved, if there was one."""
        self.useless: list[int] = []
        """Rows that are damaged or of event types that this version does not know; filled by :meth:`load`."""
        try:
            self._db = self._open()
            self._next_row = self._largest_row() + 1
        except sqlite3.DatabaseError as damage:
            if str(damage).startswith(_PASSING):
                msg = f"cannot be opened: {_cause(path, damage)} ({path})"
                raise StoreError(msg) from damage
            try:
                self.set_aside = self._move_aside()
                self._db = self._open()
                self._next_row = 1
            except (sqlite3.Error, OSError) as error:
                msg = f"{damage}, and cannot be set aside: {error} ({path})"
                raise StoreError(msg) from error

    def load(self, now_s: float) -> tuple[list[BootRecord], list[Entry]]:
        """Read what an earlier run left, oldest first. Messages stay on disk.

        Args:
            now_s: monotonic seconds, taken as the time at which all of it was made.

        Raises:
            StoreError: when the disk fails.
        """
        entries = []
        try:
            boots = _boots(self._db)
            for row, boot, seq, name, size, blob in self._db.execute("SELECT * FROM event ORDER BY row"):
                try:
                    unseal(blob, boot, seq, name, size)
                    kind = EventType(name)
                except (TypeError, ValueError):
                    self.useless.append(row)
                else:
                    entries.append(Entry(boot, seq, kind, PRIORITY[kind], size, now_s, None, row))
        except sqlite3.Error as error:
            msg = f"cannot be read: {error} ({self.path})"
            raise StoreError(msg) from error
        return boots, entries

    def read(self, row: int) -> Message:
        """Read one message.

        Raises:
            DamagedRowError: it is not there, or not a message.
            StoreError: when the disk fails.
        """
        try:
            found = self._db.execute("SELECT message, boot, seq, type, size FROM event WHERE row = ?", (row,)).fetchone()
            return unpack(unseal(*found))
        except sqlite3.Error as error:
            msg = f"row {row} cannot be read: {error} ({self.path})"
            raise StoreError(msg) from error
        except (TypeError, ValueError) as error:
            msg = f"row {row} is damaged: {error} ({self.path})"
            raise DamagedRowError(msg) from error

    def commit(self, add: Iterable[Entry], delete: Iterable[int], boots: Iterable[BootRecord], forget: Iterable[str]) -> None:
        """Write everything in one transaction and give each new entry its row.

        Raises:
            StoreError: when the disk is full, read-only or failing; nothing has changed.
        """
        entries = list(add)
        rows = list(range(self._next_row, self._next_row + len(entries)))
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (row, e.boot, e.seq, e.type.value, e.size, seal(pack(e.message), e.boot, e.seq, e.type.value, e.size))
                    for row, e in zip(rows, entries, strict=True)
                    if e.message is not None
                ],
            )
            self._db.executemany("DELETE FROM event WHERE row = ?", [(row,) for row in delete])
            self._db.executemany(
                "INSERT OR REPLACE INTO boot VALUES (?, ?, ?)",
                [
                    (
                        b.name,
                        b.highest,
                        seal(_packer.encode(_Settled(b.settled.watermark, b.settled.ranges)), b.name, b.highest),
                    )
                    for b in boots
                ],
            )
            self._db.executemany("DELETE FROM boot WHERE name = ?", [(name,) for name in forget])
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            msg = f"{error} ({self.path})"
            raise StoreError(msg) from error
        self._next_row += len(entries)
        for entry, row in zip(entries, rows, strict=True):
            entry.row = row

    def erase(self) -> bool:
        """Leave no byte of a row that was deleted.

        The log is folded into the file, where the rows' places are zeros, and emptied. A small file is written anew before.

        Returns:
            Whether it was; else copies may be left in pages that hold other rows too.

        Raises:
            StoreError: when the disk cannot take it now.
        """
        try:
            pages = self._pragma("page_count")
            small = pages - self._pragma("freelist_count") <= _SMALL_PAGES
            if small and pages > _LEAST_PAGES:
                self._db.execute("VACUUM")
            if self._pragma("wal_checkpoint(TRUNCATE)"):
                msg = f"the log cannot be emptied while another program reads it ({self.path})"
                raise StoreError(msg)
        except sqlite3.Error as error:
            msg = f"what was deleted cannot be erased: {error} ({self.path})"
            raise StoreError(msg) from error
        return small

    def stored_bytes(self) -> int:
        """Size of the files on disk."""
        total = 0
        for suffix in ("", "-wal"):
            with contextlib.suppress(OSError):
                total += Path(f"{self.path}{suffix}").stat().st_size
        return total

    def synchronous(self) -> int:
        """SQLite's setting: 2 = FULL."""
        return self._pragma("synchronous")

    def close(self) -> None:
        """Close; the WAL is folded into the database."""
        self._db.close()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5.0)
        db.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute(f"PRAGMA page_size={_PAGE_BYTES}")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
            db.execute("PRAGMA auto_vacuum=NONE")
            db.execute("PRAGMA secure_delete=ON")
            db.execute("PRAGMA temp_store=MEMORY")
            if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                msg = "the database is damaged"
                raise sqlite3.DatabaseError(msg)
            db.executescript(_SCHEMA)
            _boots(db)
            db.execute("SELECT row, boot, seq, type, size, message FROM event LIMIT 1")
        except sqlite3.Error:
            db.close()
            raise
        except UnicodeDecodeError as error:  # sqlite3 quotes the damaged schema in its message and stumbles over it
            db.close()
            msg = "the schema is damaged"
            raise sqlite3.DatabaseError(msg) from error
        return db

    def _largest_row(self) -> int:
        return int(self._db.execute("SELECT COALESCE(MAX(row), 0) FROM event").fetchone()[0])

    def _move_aside(self) -> Path:
        for number in range(1, _MOST_BROKEN + 1):
            aside = self.path.with_name(f"{self.path.name}.broken-{number}")
            if not aside.exists():
                break
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        return aside


def _cause(path: Path, error: sqlite3.Error) -> str:
    """SQLite says only that it cannot open a file; the system says why."""
    try:
        with path.open("ab"):
            return str(error)
    except OSError as own:
        return own.strerror or str(own)


def _boots(db: sqlite3.Connection) -> list[BootRecord]:
    found = []
    for name, highest, blob in db.execute("SELECT name, highest, settled FROM boot"):
        try:
            settled = _settled.decode(unseal(blob, name, highest))
            found.append(BootRecord(name, highest, SeqSet(settled.watermark, settled.ranges)))
        except (TypeError, ValueError, msgspec.DecodeError) as error:
            msg = f"what is known of boot {name!a} is damaged"
            raise sqlite3.DatabaseError(msg) from error
    return found
