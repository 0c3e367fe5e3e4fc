"""The balance finds what is lost, what is doubled and what was lost within the window, in a real store."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import insert

from benchmarks.uplink_balance import Balance, Ledger
from benchmarks.uplink_journal import Acknowledged, Committed, Journal, Line, Opened, Said, read
from fleet.store.database import migrate, open_engine, url_for, writing
from fleet.store.tables import event, watermark

BOOT = "abcdefghijkl"
S = 1_000_000_000
WINDOW_S = 3.0


def said(seq: int, at_s: float, *, alert: bool = False, boot: str = BOOT) -> Said:
    return Said(int(at_s * S), boot, seq, f"id-{boot}-{seq}", "crowd.alert" if alert else "crowd.count", alert)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    engine = open_engine(url_for(tmp_path))
    migrate(engine)
    engine.dispose()
    return tmp_path / "fleet.sqlite"


def keep(store: Path, *seqs: int, boot: str = BOOT, settled: bytes = b"[9]", kind: str = "crowd.count", name: str = "") -> None:
    engine = open_engine(f"sqlite:///{store}")
    rows = [
        {
            "device": "box",
            "boot": boot,
            "seq": seq,
            "id": name or f"id-{boot}-{seq}",
            "type": kind,
            "priority": 0,
            "time": 1,
            "received": 1,
            "schema": "1.0",
            "body": b"{}",
        }
        for seq in seqs
    ]
    with writing(engine) as connection:
        connection.execute(insert(event), rows)
        connection.execute(
            insert(watermark).prefix_with("OR REPLACE"),
            [{"device": "box", "boot": boot, "settled": settled, "missing": 0, "changed": 1}],
        )
    engine.dispose()


def draw(store: Path, lines: list[Line], kills: tuple[float, ...] = ()) -> Balance:
    ledger = Ledger(store.with_name("ledger"), store, {"box": lines}, [("box", int(at * S)) for at in kills])
    with contextlib.closing(ledger):
        return ledger.balance(WINDOW_S)


def test_all_there(store: Path) -> None:
    keep(store, 1, 2)
    balance = draw(store, [said(1, 1), said(2, 2, alert=True)])
    assert balance == Balance(2, 1, 1, 0, 0, 0.0, 0, 0, 0, ())


@pytest.mark.parametrize(
    ("lines", "kills", "lost", "window_lost"),
    [
        ([said(1, 1), said(2, 9.5)], (10.0,), 0, 1),
        ([said(1, 1), said(2, 6.9)], (10.0,), 1, 0),
        ([said(1, 1), said(2, 9.5)], (), 1, 0),
        ([said(1, 1), said(2, 9.5)], (9.4,), 1, 0),
        ([said(1, 1), said(2, 9.5, alert=True)], (10.0,), 1, 0),
        ([said(1, 1), said(2, 9.5), Committed(int(9.6 * S), BOOT, 2)], (10.0,), 1, 0),
        ([said(1, 1), said(2, 9.5), Committed(int(9.6 * S), BOOT, 1)], (10.0,), 0, 1),
        ([said(1, 1), said(2, 9.5), Acknowledged(int(9.7 * S), BOOT, 2, ())], (10.0,), 1, 0),
        ([said(1, 1), said(2, 9.5), Acknowledged(int(9.7 * S), BOOT, 0, ((2, 2),))], (10.0,), 1, 0),
        ([said(1, 1), said(2, 9.5), Acknowledged(11 * S, BOOT, 2, ())], (10.0,), 0, 1),
        ([said(1, 1), said(2, 1, boot="bcdefghijklm"), Opened(2 * S, "cdefghijklmn", 1)], (1.5,), 1, 1),
    ],
    ids=[
        "statistic killed in its window",
        "killed after its window",
        "never killed",
        "killed before it was made",
        "alert",
        "statistic of a written group",
        "statistic after a written group",
        "acknowledged",
        "acknowledged beyond a hole",
        "acknowledged as reported",
        "report of a loss",
    ],
)
def test_what_is_missing(store: Path, lines: list[Line], kills: tuple[float, ...], lost: int, window_lost: int) -> None:
    keep(store, 1)
    balance = draw(store, lines, kills)
    assert (balance.lost, balance.window_lost) == (lost, window_lost)
    assert len(balance.examples) == lost
    if window_lost and not lost:
        assert balance.oldest_window_s == pytest.approx(0.5)


def test_under_another_id_it_is_not_the_same_event(store: Path) -> None:
    keep(store, 1, name="another")
    balance = draw(store, [said(1, 1)])
    assert (balance.lost, balance.untold) == (1, 1)


def test_doubled_under_one_id_or_one_number(store: Path) -> None:
    keep(store, 1)
    keep(store, 2, name=f"id-{BOOT}-1")
    assert draw(store, [said(1, 1)]).doubled == 1
    with contextlib.closing(sqlite3.connect(store)) as database, database:
        database.execute("CREATE TABLE bare AS SELECT * FROM event")
        database.execute("DROP TABLE event")
        database.execute("ALTER TABLE bare RENAME TO event")
        database.execute("INSERT INTO event SELECT * FROM event WHERE seq = 1")
        database.execute("UPDATE event SET id = 'new' WHERE rowid = (SELECT MAX(rowid) FROM event)")
    assert draw(store, [said(1, 1)]).doubled == 2


def test_untold(store: Path) -> None:
    keep(store, 1, 2)
    keep(store, 3, kind="outbox.evicted")
    keep(store, 1, boot="bcdefghijklm")
    assert draw(store, [said(1, 1)]).untold == 2


def test_a_hole_is_what_the_manager_waits_for_and_was_not_lost_within_the_window(store: Path) -> None:
    keep(store, 1, 3, settled=b"[1,[4,5],[8,9]]")
    lines: list[Line] = [said(1, 1), said(2, 9.5), said(3, 9.5), said(6, 9.5), said(7, 9.5, alert=True)]
    assert draw(store, lines, (10.0,)).holes == 2
    assert draw(store, lines).holes == 4
    keep(store, 4, settled=b"[9]")
    assert draw(store, lines).holes == 0


def test_in_flight_is_what_was_said_and_not_acknowledged_then(store: Path) -> None:
    keep(store, 1, 2, 3)
    lines: list[Line] = [
        said(1, 1),
        said(2, 2),
        said(3, 4),
        said(4, 4.5),
        Acknowledged(3 * S, BOOT, 0, ((2, 2),)),
        Acknowledged(6 * S, BOOT, 3, ()),
    ]
    with contextlib.closing(Ledger(store.with_name("ledger"), store, {"box": lines}, [("box", 5 * S)])) as ledger:
        found = [ledger.in_flight("box", int(at * S)) for at in (0.5, 1.5, 2.5, 3.5, 4.6, 5, 5.5, 7)]
        assert ledger.in_flight("another", 5 * S) == 0
    assert found == [0, 1, 2, 1, 3, 3, 2, 0]


def test_a_journal_is_read_as_it_was_written(tmp_path: Path) -> None:
    lines: list[Line] = [Opened(1, BOOT, 0), said(1, 1), Committed(2, BOOT, 1), Acknowledged(3, BOOT, 0, ((2, 3),))]
    journal = Journal(tmp_path / "journal")
    for line in lines:
        journal.write(line)
    journal.close()
    assert list(read(tmp_path / "journal")) == lines
    assert list(read(tmp_path / "none")) == []
