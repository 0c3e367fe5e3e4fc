"""What a power cut may take: nothing that was committed, of statistics at most the stated window (FAULTS.md, row 32)."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.outbox.store import Store
from protocol.acks import SeqSet
from protocol.codec import decode_event
from protocol.events import EventType
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, BODY, COUNT, HEALTH, count
from tests.edge.outbox.reading import crash_image
from tests.edge.outbox.writer import DEVICE, FLEET, LIMITS

KILLS = 60
REPORT = EventType.OUTBOX_EVICTED
PATIENCE_S = 100.0


def reopen(path: Path, limits: Limits = LIMITS) -> Outbox:
    return Outbox.open(path, limits, HandClock(), FLEET, DEVICE)


def held(outbox: Outbox) -> dict[tuple[str, int], EventType]:
    """All that would be sent, decoded as the manager does."""
    events = [decode_event(m.topic, m.payload, m.properties) for _, m in outbox.pending(1_000_000)]
    return {(event.boot, event.seq): event.type for event in events}


def reported_lost(outbox: Outbox, boot: str) -> SeqSet:
    found = SeqSet()
    for _, m in outbox.pending(1_000_000):
        event = decode_event(m.topic, m.payload, m.properties)
        if event.type is REPORT and event.body.observed.boot == boot:
            assert event.body.observed.reason == "power-cut"
            for first, last in event.body.observed.ranges:
                found.add(first, last)
    return found


def test_what_was_said_to_be_committed_outlives_sigkill(tmp_path: Path) -> None:
    """Row 32: at any moment of the kill, for many seeds."""
    command = [sys.executable, "-m", "tests.edge.outbox.writer", str(tmp_path), "--seeds", "0", str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    cuts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(cuts) == KILLS
    lost_statistics = committed = 0
    for cut in cuts:
        outbox = reopen(Path(cut["path"]))
        assert outbox.faults() == ()
        kept = held(outbox)
        for word, boot, seq, said_s in cut["lines"]:
            if (boot, int(seq)) in kept:
                committed += word == "committed"
                continue
            assert word == "taken", f"seq {seq} was said to be committed and is gone"
            assert cut["died_s"] - float(said_s) < LIMITS.group_s, f"the statistic {seq} is gone although its window was over"
            lost_statistics += 1
        if cut["lines"]:
            boot = cut["lines"][0][1]
            highest = max((seq for name, seq in kept if name == boot), default=0)
            lost = reported_lost(outbox, boot)
            holes = {seq for seq in range(1, highest + 1) if (boot, seq) not in kept}
            assert {seq for seq in range(1, highest + 1) if seq in lost} == holes, "every hole is reported, and nothing else"
        outbox.close()
    assert committed > KILLS, "the kills came too early to show anything"
    assert lost_statistics > 0, "the kills came too late to show anything"


def test_an_alert_is_synchronised_before_append_returns(tmp_path: Path) -> None:
    """Row 32: the file is fsynced between taking an alert in and saying so, and not for a statistic."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    command = [strace, "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,write,pwrite64"]
    command += [sys.executable, "-m", "tests.edge.outbox.writer", str(tmp_path / "outbox.sqlite"), "60"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    if "Operation not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    synced, written = False, False
    seen = {"committed": 0, "taken": 0}
    for line in trace.read_text().splitlines():
        if re.search(r"(fsync|fdatasync)\(\d+<[^>]*outbox\.sqlite-wal>", line):
            synced = written
        elif re.search(r"write\w*\(\d+<[^>]*outbox\.sqlite-wal>", line):
            written, synced = True, False
        elif match := re.search(r'write\(1<[^>]*>, "(committed|taken) ', line):
            assert synced or match[1] == "taken", f"said before it was synchronised: {line}"
            assert not written or match[1] == "committed", f"a statistic must not cost the card a write: {line}"
            seen[match[1]] += 1
            written = synced = False
    assert min(seen.values()) > 5


def test_the_file_is_opened_with_full_synchronisation(tmp_path: Path) -> None:
    store = Store(tmp_path / "outbox.sqlite")
    assert store.synchronous() >= 2
    store.close()
    assert sqlite3.connect(tmp_path / "outbox.sqlite").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_torn_log_takes_nothing_that_was_committed(tmp_path: Path) -> None:
    """Row 32: the power goes while the log is written; its tail is cut anywhere or is rubbish."""
    path = tmp_path / "outbox.sqlite"
    outbox = reopen(path)
    wal = Path(f"{path}-wal")
    rng = random.Random("torn")
    at: list[tuple[int, int]] = []
    for number in range(60):
        event = outbox.append(ALERT if number % 3 else HEALTH, BODY[ALERT if number % 3 else HEALTH]())
        at.append((event.seq, wal.stat().st_size))
    whole, main = wal.read_bytes(), path.read_bytes()
    for case in range(60):
        seq, size = rng.choice(at)
        end = rng.randrange(size, len(whole) + 1)
        tail = whole[size:end] if case % 2 else rng.randbytes(end - size)
        folder = tmp_path / str(case)
        folder.mkdir()
        (folder / path.name).write_bytes(main)
        (folder / wal.name).write_bytes(whole[:size] + tail)
        found = reopen(folder / path.name)
        assert found.faults() == ()
        kept = held(found)
        assert [s for s in range(1, seq + 1) if (outbox.boot, s) not in kept] == []
        found.close()
    outbox.close()


def test_statistics_are_on_disk_within_their_window(tmp_path: Path) -> None:
    """Row 32: a tick each second is enough; at none of them does memory hold what is as old as the window."""
    clock = HandClock()
    limits = Limits(group_s=30.0)
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox.open(path, limits, clock, FLEET, DEVICE)
    made: dict[int, float] = {}
    commits = 0
    for second in range(200):
        clock.advance(0.7)
        if second % 3 == 0:
            made[outbox.append(COUNT, BODY[COUNT]()).seq] = clock.monotonic()
        clock.advance(0.3)
        before = outbox.uncommitted()
        outbox.tick()
        commits += outbox.uncommitted() < before
        with sqlite3.connect(crash_image(path, tmp_path / f"cut-{second}")) as reader:
            stored = {seq for (seq,) in reader.execute("SELECT seq FROM event")}
        reader.close()
        next_tick_s = clock.monotonic() + 1.0
        late = [seq for seq, made_s in made.items() if seq not in stored and next_tick_s - made_s > limits.group_s]
        assert late == [], f"at second {second}"
    assert 3 <= commits <= 8, "in groups: one write for about ten statistics"
    outbox.close()


def test_what_is_acknowledged_before_its_group_never_touches_the_disk(tmp_path: Path) -> None:
    clock = HandClock()
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox.open(path, Limits(), clock, FLEET, DEVICE)
    outbox.append(ALERT, BODY[ALERT]())
    wal = Path(f"{path}-wal")
    size = wal.stat().st_size
    for second in range(100):
        event = outbox.append(COUNT, count(float(second + 2)))
        outbox.acknowledge(SeqSet(event.seq).to_ack(outbox.boot))
        clock.advance(1.0)
        outbox.tick()
    assert (outbox.uncommitted(), wal.stat().st_size) == (0, size)
    outbox.close()
