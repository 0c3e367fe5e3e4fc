"""Broker, ingest, store and box each die or stop at the worst moment: nothing is lost, nothing is doubled."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from edge.clock import Instant, SystemClock
from edge.outbox.entry import Limits
from fleet.accounts.accounts import Person, Role
from fleet.broker.embedded import BrokerError
from fleet.broker.mosquitto import find
from fleet.ingest import service
from fleet.ingest.report import read_report
from fleet.ingest.rows import load
from fleet.manager import BrokerKind
from fleet.processes import ManagerConfig, build_ingest
from fleet.store import database
from fleet.store.database import writing
from fleet.store.tables import event, watermark
from protocol.config import Config
from protocol.events import EventType
from tests.fleet.site import Box, Site, box_of, ingest_of, open_site, until, web_of

BOTH = pytest.mark.parametrize("site", list(BrokerKind), ids=lambda kind: kind.value, indirect=True)

TECHNICIAN = Person("tessa", Role.TECHNICIAN)


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site of the test's own, without ingest; boxes repeat after a quarter of a second, not after ten."""
    kind = getattr(request, "param", BrokerKind.EMBEDDED)
    if kind is BrokerKind.MOSQUITTO:
        try:
            find()
        except BrokerError as error:
            pytest.skip(str(error))
    monkeypatch.setattr("edge.uplink.session.FIRST_RETRY_S", 0.25)
    with open_site(tmp_path, kind) as made:
        yield made


def ingest_that_dies(config: ManagerConfig) -> None:
    """Ingest, killed between the third commit and its acknowledgement."""
    import asyncio

    def die(batches: int) -> None:
        if batches == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(build_ingest(config, die).run())


def _acknowledged(box: Box, seq: int) -> None:
    """Wait until the box is told so."""
    until(lambda: box.outbox.settled(box.outbox.boot).watermark == seq, f"{seq} are acknowledged")


def _once_each(site: Site, name: str, count: int) -> None:
    """Every number of every boot once, none missing."""
    with site.engine.connect() as connection:
        query = select(event.c.boot, func.count(), func.count(event.c.seq.distinct()), func.max(event.c.seq))
        rows = list(connection.execute(query.where(event.c.device == name).group_by(event.c.boot)))
    assert [tuple(row[1:]) for row in rows] == [(count, count, count)]


def test_ingest_killed_between_commit_and_acknowledgement(site: Site) -> None:
    """Row 31: the box hears nothing, sends again, and is stored once."""
    with web_of(site.app) as url:
        identity = site.enrol("box", url)
    dying = site.spawn_ingest(ingest_that_dies)
    until(lambda: (told := read_report(site.engine)) is not None and told.connected, "ingest is connected")
    with box_of(site, "box", identity) as box:
        said = 0
        while dying.is_alive():
            box.say(10)
            said += 10
            dying.join(0.05)
        assert dying.exitcode == -signal.SIGKILL
        assert site.stored("box") > box.outbox.settled(box.outbox.boot).watermark, "stored, and not acknowledged"
        with ingest_of(site) as ingest:
            _acknowledged(box, said)
            assert ingest.report().quarantined == 0
    _once_each(site, "box", said)


@BOTH
def test_a_broker_killed_and_started_empty(site: Site) -> None:
    """Row 30: what was said meanwhile arrives, in order; twin and birth are known again although the broker forgot them."""
    with web_of(site.app) as url, ingest_of(site) as ingest:
        with box_of(site, "box", site.enrol("box", url)) as box:
            box.say(20)
            _acknowledged(box, 20)
            site.services.want(TECHNICIAN, "box", Config())
            until(lambda: box.desired, "the box has its twin")
            for said in (40, 60):
                site.broker.kill()
                until(lambda: not box.uplink.connected and not ingest.report().connected, "both notice")
                assert ingest.report().fault
                box.desired.clear()
                box.say(20)
                site.broker.start()
                _acknowledged(box, said)
                until(lambda: {twin.version for twin in box.desired} == {1}, "the twin stands again, told once or twice")
        assert site.seqs("box") == list(range(1, 61))
        until(lambda: b'"offline"' in (site.device("box").state or b""), "its farewell is known")


def test_ingest_away_while_boxes_speak(site: Site) -> None:
    """Row 31: a broker takes what nobody stores; only the manager's acknowledgement empties an outbox."""
    with web_of(site.app) as url:
        identity = site.enrol("box", url)
    with box_of(site, "box", identity) as box:
        box.say(30)
        incident = box.ring()
        until(lambda: box.uplink._session.sent >= 31, "the broker has them all")
        assert box.outbox.status().pending == 31
        with ingest_of(site):
            until(lambda: box.outbox.status().pending == 0, "all is acknowledged")
    _once_each(site, "box", 31)
    assert [e.seq for e in site.services.events(incident=incident)] == [31]


def _steady(count: Callable[[], int]) -> bool:
    before = count()
    time.sleep(0.5)
    return count() == before


def test_a_store_that_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 30: ingest says so, stops reading before its memory fills, acknowledges nothing, and goes on when it can."""
    monkeypatch.setattr(database, "_BUSY_MS", 100)
    monkeypatch.setattr(service, "HIGH_MESSAGES", 30)
    monkeypatch.setattr(service, "LOW_MESSAGES", 10)
    with web_of(site.app) as url, ingest_of(site) as ingest, box_of(site, "box", site.enrol("box", url)) as box:
        until(lambda: site.device("box").state, "its birth is known")
        with writing(site.engine):
            box.say(1000)
            until(lambda: "the store cannot be written" in ingest.report().fault, "ingest says so")
            until(lambda: ingest._link._paused, "ingest stops reading")
            until(lambda: _steady(lambda: ingest.report().backlog), "what was read in one go is counted")
            backlog, sent = ingest.report().backlog, box.uplink._session.sent
            box.say(256)
            until(lambda: box.uplink._session.sent >= sent + 256, "the box goes on")
            assert ingest.report().backlog == backlog
            assert backlog < 700, "the rest waits at the broker"
            assert box.outbox.status().pending == 1256
        until(lambda: box.outbox.status().pending == 0, "all is acknowledged")
        # What the box said twice meanwhile may fill the queue once more after the last acknowledgement.
        until(lambda: ingest.report().fault == "", "the store is well")
        until(lambda: not ingest._link._paused, "ingest reads again")
    _once_each(site, "box", 1256)


def test_a_city_comes_back_at_once(site: Site) -> None:
    """Row 35: boxes come back at moments of chance, and the manager takes them all without a backlog that grows."""
    count, names = 12, [f"box-{n}" for n in range(12)]
    with web_of(site.app) as url, ingest_of(site) as ingest, contextlib.ExitStack() as stack:
        boxes = [stack.enter_context(box_of(site, name, site.enrol(name, url))) for name in names]
        site.broker.kill()
        until(lambda: not any(box.uplink.connected for box in boxes), "all notice")
        for box in boxes:
            box.say(10)
        site.broker.start()
        came: dict[str, float] = {}

        def all_back() -> bool:
            came.update({box.name: time.monotonic() for box in boxes if box.uplink.connected and box.name not in came})
            assert ingest.report().backlog < service.LOW_MESSAGES
            return len(came) == count

        until(all_back, "all are back")
        until(lambda: not any(box.outbox.status().pending for box in boxes), "all is acknowledged")
        assert {box.uplink.status().connections for box in boxes} == {2}, "nobody had to try a connection twice"
        assert max(came.values()) - min(came.values()) > 0.1, "they do not come in one moment"
    for name in names:
        _once_each(site, name, 10)


class _SteppedClock(SystemClock):
    step = dt.timedelta()

    def now(self) -> Instant:
        found = super().now()
        return Instant(found.monotonic_s, found.wall + self.step)


def test_the_clock_of_a_box_steps_by_hours(site: Site) -> None:
    """Row 54: nothing waits, nothing is lost; order is the manager's, the time told is the box's."""
    clock = _SteppedClock()
    with web_of(site.app) as url, ingest_of(site), box_of(site, "box", site.enrol("box", url), clock) as box:
        for n, hours in enumerate((0, 6, -6), start=1):
            clock.step = dt.timedelta(hours=hours)
            box.say(5)
            _acknowledged(box, 5 * n)
    assert site.seqs("box") == list(range(1, 16))
    found = site.services.events(name="box")[::-1]
    away = [round((e.time / 1000 - e.received) / 3_600_000) for e in found]
    assert away == [0] * 5 + [6] * 5 + [-6] * 5
    assert [e.received for e in found] == sorted(e.received for e in found)


def test_an_outbox_that_was_full_leaves_no_hole(site: Site) -> None:
    """Row 33: counts go first, what went is reported, the watermark passes over it, alerts outlive counts."""
    with web_of(site.app) as url:
        identity = site.enrol("box", url)
    box = Box("box", identity, site.folder / "box", limits=Limits(count=100))
    incidents = [box.ring()]
    box.say(300)
    incidents.append(box.ring())
    box.outbox.tick()
    evicted, last = box.outbox.status().evicted, box.outbox.last_seq
    assert evicted > 200
    box.uplink.start()
    with ingest_of(site):
        _acknowledged(box, last)
    box.uplink.stop(0)
    box.outbox.close()
    assert site.stored("box") == last - evicted
    assert _boot(site.engine, box.outbox.boot) == (last, (), evicted)
    assert all(site.services.events(incident=incident) for incident in incidents)
    assert len(site.services.events(kind=EventType.OUTBOX_EVICTED.value)) >= 1


def _boot(engine: Engine, boot: str) -> tuple[int, tuple[tuple[int, int], ...], int]:
    with engine.connect() as connection:
        row = connection.execute(select(watermark).where(watermark.c.boot == boot)).one()
    settled = load(row.settled)
    return settled.watermark, tuple(settled.ranges), row.missing


_CUT = """
import os, signal, sys
from pathlib import Path
from edge.clock import Instant, SystemClock
from tests.fleet.site import Box, Identity
none = Path()
box = Box("box", Identity(none, none, none, "", "", 1), Path(sys.argv[1]))
for _ in range(2):
    box.say(10)
    box.ring()
box.say(5)
print(box.outbox.boot, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_box_that_lost_power_leaves_no_hole(site: Site) -> None:
    """Row 32: alerts are there, counts of the last seconds are stated as lost, and the manager waits for none of them."""
    with web_of(site.app) as url:
        identity = site.enrol("box", url)
    folder = site.folder / "box"
    cut = subprocess.run([sys.executable, "-c", _CUT, str(folder)], capture_output=True, text=True, check=False, timeout=60)
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    before = cut.stdout.strip()
    with ingest_of(site), box_of(site, "box", identity) as box:
        until(lambda: box.outbox.status().pending == 0, "all is accounted for")
    assert _boot(site.engine, before) == (22, (), 20)
    found = [(e.boot == before, e.seq, e.type) for e in site.services.events(name="box")[::-1]]
    assert sorted(found) == [(False, 1, "outbox.evicted"), (True, 11, "crowd.alert"), (True, 22, "crowd.alert")]
