"""A disk that is full, gone, read-only or spoilt is named and takes nothing away (FAULTS.md, rows 18, 32 and 57)."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.outbox.store import Store, StoreError
from protocol.acks import Ack
from protocol.limits import TEXT_CHARACTERS
from simulator.faults.clocks import HandClock
from simulator.faults.disk import SmallDisk, small_disk
from simulator.faults.errors import FaultUnavailableError
from tests.edge.bodies import ALERT, BODY, COUNT, HEALTH
from tests.edge.outbox.reading import crash_image, events, held, opened, put, reports

RETRY_S = 6.0


def codes(outbox: Outbox) -> list[str]:
    return [reason.code for reason in outbox.faults()]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path / "disk", 1) as made:
            yield made
    except FaultUnavailableError as error:
        pytest.skip(str(error))


def test_a_full_disk_names_itself_loses_nothing_and_is_used_again_when_there_is_room(disk: SmallDisk, tmp_path: Path) -> None:
    """Rows 18 and 57, on a real file system."""
    clock = HandClock()
    path = disk.folder / "outbox.sqlite"
    outbox = opened(path, clock=clock)
    before = put(outbox, *[ALERT] * 20)
    disk.fill()
    while not outbox.faults():
        put(outbox, ALERT)
        assert outbox.last_seq < 5_000
    (reason,) = outbox.faults()
    assert reason.code == "outbox-disk"
    assert "full" in reason.detail
    assert reason.detail.endswith("free some space, or mend the disk"), "the remedy stands, however long the path"
    assert len(reason.detail) <= TEXT_CHARACTERS
    put(outbox, HEALTH, COUNT, ALERT)
    assert held(outbox, outbox.boot) == [*range(1, outbox.last_seq + 1)], "all of it is still to be sent"
    assert outbox.uncommitted() == 4
    cut = opened(crash_image(path, tmp_path / "cut"))
    assert set(before) <= set(held(cut, outbox.boot)), "what was committed stays"
    cut.close()

    disk.free()
    clock.advance(RETRY_S)
    outbox.tick()
    assert (codes(outbox), outbox.uncommitted()) == ([], 0)
    outbox.close()
    again = opened(path)
    assert held(again, outbox.boot) == [*range(1, outbox.last_seq + 1)]
    again.close()


def page_limit(outbox: Outbox, pages: int) -> None:
    assert outbox._store is not None
    outbox._store._db.execute(f"PRAGMA max_page_count={pages}")


def test_the_first_alert_that_fits_again_takes_the_earlier_ones_along(tmp_path: Path) -> None:
    """Row 32: when the disk is well again no alert is left in memory behind the one that found it well."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, *[ALERT] * 3)
    page_limit(outbox, 1)  # SQLite takes what the file has already as the least
    while not outbox.faults():
        put(outbox, ALERT)
    put(outbox, *[ALERT] * 5, HEALTH)
    assert outbox.uncommitted() > 5
    page_limit(outbox, 1_000_000)
    put(outbox, ALERT)
    assert (codes(outbox), outbox.uncommitted()) == ([], 0)
    cut = opened(crash_image(path, tmp_path / "cut"))
    assert held(cut, outbox.boot) == [*range(1, outbox.last_seq + 1)]
    cut.close()
    outbox.close()


def test_a_full_disk_at_the_start_keeps_what_is_there(tmp_path: Path, disk: SmallDisk) -> None:
    path = disk.folder / "outbox.sqlite"
    first = opened(path)
    put(first, *[ALERT] * 30)
    image = crash_image(path, disk.folder / "cut")
    first.close()
    disk.fill()
    clock = HandClock()
    outbox = opened(image, clock=clock)
    assert held(outbox, first.boot) in ([*range(1, 31)], []), "at once, or when the file can be opened"
    put(outbox, *[ALERT] * 30)
    disk.free()
    clock.advance(RETRY_S)
    outbox.tick()
    assert codes(outbox) == []
    assert held(outbox, first.boot) == [*range(1, 31)]
    assert held(outbox, outbox.boot) == [*range(1, 31)]
    outbox.close()


def test_a_read_only_disk_at_the_start_is_named_and_used_when_it_can_be_written(disk: SmallDisk) -> None:
    """Row 18: what an earlier boot left on it is taken over then."""
    path, clock = disk.folder / "outbox.sqlite", HandClock()
    first = opened(path)
    put(first, ALERT, COUNT)
    first.close()
    subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
    outbox = opened(path, clock=clock)
    (reason,) = outbox.faults()
    assert (reason.code, reason.subject) == ("outbox-unwritable", "outbox")
    assert "Read-only file system" in reason.detail
    put(outbox, ALERT)
    subprocess.run(["mount", "-o", "remount,rw", str(disk.folder)], check=True)
    clock.advance(RETRY_S)
    outbox.tick()
    assert (codes(outbox), outbox.uncommitted()) == ([], 0)
    assert (held(outbox, first.boot), held(outbox, outbox.boot)) == ([1, 2], [1])
    outbox.close()


def test_a_folder_that_is_not_there_is_named_and_tried_again(tmp_path: Path) -> None:
    """Row 18: without a file the box goes on in memory; when there is one, all of it is written at once."""
    clock = HandClock()
    path = tmp_path / "gone" / "outbox.sqlite"
    outbox = opened(path, clock=clock)
    assert codes(outbox) == ["outbox-unwritable"]
    assert "No such file or directory" in outbox.faults()[0].detail
    assert put(outbox, COUNT, ALERT, ALERT) == [1, 2, 3]
    outbox.acknowledge(Ack(outbox.boot, 2))
    assert held(outbox, outbox.boot) == [3]
    assert outbox.uncommitted() == 1, "a power cut would take it"
    clock.advance(RETRY_S)
    outbox.tick()
    assert codes(outbox) == ["outbox-unwritable"]

    path.parent.mkdir()
    outbox.tick()
    assert codes(outbox) == ["outbox-unwritable"], "not at every tick"
    clock.advance(RETRY_S)
    outbox.tick()
    assert (codes(outbox), outbox.uncommitted()) == ([], 0)
    cut = opened(crash_image(path, tmp_path / "cut"))
    assert held(cut, outbox.boot) == [3]
    assert reports(cut) == []
    cut.close()
    outbox.close()
    assert path.exists()


def test_closing_without_a_file_is_no_error_and_opens_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    outbox = opened(tmp_path / "gone" / "outbox.sqlite", clock=clock)
    put(outbox, ALERT)
    outbox.close()
    (tmp_path / "gone").mkdir()
    clock.advance(RETRY_S)
    outbox.tick()
    assert [*(tmp_path / "gone").iterdir()] == []


@pytest.mark.parametrize("rubbish", [b"this is no database" * 100, b"\0" * 5000, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_set_aside_by_name_and_the_box_goes_on(tmp_path: Path, rubbish: bytes) -> None:
    """Row 17's rule for the outbox: never repaired, never a reason not to start."""
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(rubbish)
    outbox = opened(path)
    (reason,) = outbox.faults()
    assert reason.code == "outbox-broken"
    assert "outbox.sqlite.broken-1" in reason.detail
    assert (tmp_path / "outbox.sqlite.broken-1").read_bytes() == rubbish
    put(outbox, ALERT)
    outbox.close()
    again = opened(path)
    assert held(again, outbox.boot) == [1]
    assert again.faults() == ()
    again.close()


def test_bits_that_flip_anywhere_never_keep_the_box_from_starting(tmp_path: Path) -> None:
    """Row 57, a worn card: each start finds everything, or sets the file aside, or reports what it lost;
    no number that it sends is another than was measured."""
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path)
    put(outbox, *[ALERT, HEALTH] * 15)
    outbox.acknowledge(Ack(outbox.boot, 4))
    outbox.close()
    whole = path.read_bytes()
    outcomes = {"sound": 0, "set aside": 0, "reported": 0}
    for seed in range(120):
        rng = random.Random(f"flips/{seed}")
        spoilt = bytearray(whole)
        for _ in range(rng.choice((1, 1, 4, 40))):
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
        if seed % 10 == 9:
            del spoilt[rng.randrange(len(spoilt)) :]
        here = tmp_path / f"{seed}.sqlite"
        here.write_bytes(spoilt)
        found = opened(here)
        kept = {event.seq: event.body for event in events(found) if event.boot == outbox.boot}
        assert all(body == BODY[ALERT if seq % 2 else HEALTH]() or seq % 2 for seq, body in kept.items())
        assert all(body.observed == BODY[ALERT]().observed for seq, body in kept.items() if seq % 2)
        put(found, ALERT)
        found.flush()
        if codes(found) == ["outbox-broken"]:
            outcomes["set aside"] += 1
            assert Path(f"{here}.broken-1").read_bytes() == spoilt
        elif lost := [report.body.observed for report in reports(found)]:
            outcomes["reported"] += 1
            told = {seq for o in lost for first, last in o.ranges for seq in range(first, last + 1) if o.boot == outbox.boot}
            assert told | set(kept) >= set(range(5, 31))
        else:
            outcomes["sound"] += 1
            assert [*kept] == [*range(5, 31, 2), *range(6, 31, 2)]
        found.close()
    assert min(outcomes.values()) > 10, outcomes


def spoil(path: Path, statement: str, *values: object) -> None:
    with sqlite3.connect(path) as writer:
        assert writer.execute(statement, values).rowcount == 1
    writer.close()


def left_behind(path: Path) -> Outbox:
    outbox = opened(path)
    put(outbox, *[ALERT] * 5)
    outbox.close()
    return outbox


@pytest.mark.parametrize("message", [b"\xc1rubbish", b"", "text", b"\x93\xa1t\xc4\x01"])
def test_a_message_that_the_disk_has_spoilt_is_reported_as_lost(tmp_path: Path, message: object) -> None:
    """Row 57: it keeps neither the others nor the manager's watermark waiting."""
    path = tmp_path / "outbox.sqlite"
    before = left_behind(path)
    spoil(path, "UPDATE event SET message = ? WHERE seq = 3", message)
    outbox = opened(path)
    assert held(outbox, before.boot) == [1, 2, 4, 5]
    (report,) = reports(outbox)
    observed = report.body.observed
    assert (observed.boot, observed.reason, observed.ranges) == (before.boot, "disk", ((3, 3),))
    outbox.close()
    again = opened(path)
    assert [r.seq for r in reports(again)] == [1]
    again.close()


def test_a_message_that_is_spoilt_while_the_box_runs_is_reported_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = opened(path, Limits(in_memory=0))
    put(outbox, *[ALERT] * 5)
    assert outbox._store is not None
    outbox._store._db.execute("UPDATE event SET message = zeroblob(300) WHERE seq = 3")
    assert held(outbox, outbox.boot) == [1, 2, 4, 5]
    outbox.tick()
    (report,) = reports(outbox)
    observed = report.body.observed
    assert (observed.boot, observed.reason, observed.ranges) == (outbox.boot, "disk", ((3, 3),))
    assert observed.by_type == {"crowd.alert": 1}
    assert outbox.faults() == ()
    outbox.close()


@pytest.mark.parametrize("blob", [b"\xc1", b"", b"\x92\xa1x\x90", b"\x92\x00\x91\x92\x05\x03"])
def test_what_is_known_of_a_boot_may_be_spoilt_too(tmp_path: Path, blob: bytes) -> None:
    path = tmp_path / "outbox.sqlite"
    left_behind(path)
    spoil(path, "UPDATE boot SET settled = ?", blob)
    outbox = opened(path)
    assert codes(outbox) == ["outbox-broken"]
    assert put(outbox, ALERT) == [1]
    outbox.close()


def test_an_event_type_of_a_later_version_is_given_up_and_reported(tmp_path: Path) -> None:
    """After a step back to an older agent."""
    path = tmp_path / "outbox.sqlite"
    before = left_behind(path)
    with sqlite3.connect(path) as reader:
        boot, size, blob = reader.execute("SELECT boot, size, message FROM event WHERE seq = 2").fetchone()
    reader.close()
    crc = zlib.crc32(repr((boot, 2, "lamp.dance", size)).encode(), zlib.crc32(blob[4:]))
    spoil(path, "UPDATE event SET type = 'lamp.dance', message = ? WHERE seq = 2", crc.to_bytes(4, "big") + blob[4:])
    outbox = opened(path)
    assert held(outbox, before.boot) == [1, 3, 4, 5]
    (report,) = reports(outbox)
    assert report.body.observed.ranges == ((2, 2),)
    outbox.close()
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT COUNT(*) FROM event WHERE type = 'lamp.dance'").fetchone() == (0,)
    reader.close()


def test_broken_files_do_not_fill_the_disk(tmp_path: Path) -> None:
    """Row 57: bounded, whatever the card does."""
    path = tmp_path / "outbox.sqlite"
    for number in range(8):
        path.write_bytes(f"broken {number}".encode() * 100)
        opened(path).close()
    asides = sorted(p.name for p in tmp_path.iterdir() if "broken" in p.name)
    assert asides == ["outbox.sqlite.broken-1", "outbox.sqlite.broken-2", "outbox.sqlite.broken-3"]
    assert (tmp_path / asides[-1]).read_bytes().startswith(b"broken 7")


def test_a_broken_file_that_cannot_be_set_aside_is_named(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    path.write_bytes(b"broken" * 200)
    for number in (1, 2, 3):
        (tmp_path / f"outbox.sqlite.broken-{number}").mkdir()
    with pytest.raises(StoreError, match="cannot be set aside"):
        Store(path)
    outbox = opened(path)
    assert codes(outbox) == ["outbox-unwritable"]
    assert put(outbox, ALERT) == [1]
    outbox.close()
