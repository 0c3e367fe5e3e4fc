"""A box without cameras, in a process of its own: the real outbox on disk, the real uplink, and events at a steady pace.

``python -m benchmarks.uplink_driver ORDERS`` with the orders as JSON. It ends with its parent, may be killed at any line,
ends in order on SIGTERM, and tells where it stands on SIGABRT.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import faulthandler
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.uplink_journal import Acknowledged, Committed, Journal, Opened, Panel, Reading, Said, now_ns
from edge.clock import SystemClock
from edge.identity.files import IdentityFiles
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import TlsFiles, UplinkConfig
from edge.uplink.uplink import Uplink
from protocol.acks import Ack
from protocol.basis import Estimate
from protocol.commands import Command, Reply
from protocol.events import (
    PRIORITY,
    Assessed,
    Clock,
    ClockSource,
    CrowdAlert,
    CrowdCount,
    Cue,
    EventBody,
    EventType,
    Phase,
    Priority,
)
from protocol.identifiers import uuid7
from protocol.state import State, Status

TICK_S = 0.2
_PR_SET_PDEATHSIG = 1
_STOP_S = 2.0


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is to do.

    Attributes:
        folder: of the box: its identity is there, its outbox, journal and panel will be.
        host: where its uplink connects, instead of where enrolment said: a link that can be broken.
        port: likewise.
        per_s: events per second, on average; the time between two is drawn from a half to one and a half of the mean.
        alerts: share of them that are alerts, which are on disk when the outbox has taken them.
        group_s: longest time that a statistic stays in memory only.
        keepalive_s: of MQTT.
        longest_wait_s: between two attempts to connect.
        seed: of the pace.
    """

    folder: str
    fleet: str
    device: str
    host: str
    port: int
    per_s: float
    alerts: float
    group_s: float
    keepalive_s: int
    longest_wait_s: float
    seed: int


class WitnessedOutbox(Outbox):
    """The outbox, with a journal of what it is told."""

    journal: Journal
    panel: Panel
    opened = 0
    acknowledged = 0
    link: Uplink | None = None

    def acknowledge(self, ack: Ack) -> int:
        """Let go of what the manager accounts for, and note it."""
        count = super().acknowledge(ack)
        if count:
            self.acknowledged += count
            # In this order: who stops this process and looks never finds the panel promising more than the journal.
            self.show()
            self.journal.write(Acknowledged(now_ns(), ack.boot, ack.seq, ack.ranges))
        return count

    def show(self) -> None:
        """Bring the panel up to date."""
        with self._lock:
            up = self.link is not None and self.link.connected
            self.panel.show(Reading(len(self._queue), self.acknowledged, up, self.opened))


class Driver:
    """One box.

    Args:
        orders: what to do.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._random = random.Random(orders.seed)
        self._ending = threading.Event()
        folder, clock = Path(orders.folder), SystemClock()
        self._journal, self._panel = Journal(folder / "journal"), Panel(folder / "panel")
        limits = Limits(group_s=orders.group_s)
        outbox = WitnessedOutbox.open(folder / "outbox.sqlite", limits, clock, orders.fleet, orders.device)
        assert isinstance(outbox, WitnessedOutbox)
        outbox.journal, outbox.panel, outbox.opened = self._journal, self._panel, now_ns()
        self._journal.write(Opened(outbox.opened, outbox.boot, outbox.last_seq))
        identity = IdentityFiles(folder).load()
        assert identity is not None, "this box was not enrolled"
        config = UplinkConfig(
            orders.fleet,
            orders.device,
            orders.host,
            orders.port,
            TlsFiles(identity.ca, identity.certificate, identity.key),
            keepalive_s=orders.keepalive_s,
            longest_wait_s=orders.longest_wait_s,
        )
        self._outbox = outbox
        self._uplink = Uplink(config, outbox, self._birth, lambda _desired: None, _answer, clock)
        outbox.link = self._uplink
        self._committed = 0
        self._noted = ""

    def run(self) -> None:
        """Make events until told to be quiet, and keep the link until told to end."""
        self._uplink.start()
        due_s = tick_s = time.monotonic()
        while not self._ending.is_set():
            now_s = time.monotonic()
            if now_s >= tick_s:
                tick_s = now_s + TICK_S
                self._tick()
            quiet = self._panel.silenced
            while not quiet and now_s >= due_s:
                self._say()
                due_s += self._random.uniform(0.5, 1.5) / self._orders.per_s
            self._ending.wait(max(0.0, min(tick_s, tick_s if quiet else due_s) - time.monotonic()))
        self._uplink.stop(_STOP_S)
        self._outbox.close()
        self._journal.close()

    def end(self, *_: object) -> None:
        """End in order."""
        self._ending.set()

    def _say(self) -> None:
        kind = EventType.CROWD_ALERT if self._random.random() < self._orders.alerts else EventType.CROWD_COUNT
        event = self._outbox.append(kind, _body(kind))
        committed = PRIORITY[kind] > Priority.STATISTIC and not self._outbox.faults()
        self._journal.write(Said(now_ns(), event.boot, event.seq, event.id, kind.value, committed))
        self._uplink.notify()
        self._outbox.show()

    def _tick(self) -> None:
        self._outbox.tick()
        # Only this thread hands numbers out: when nothing waits to be written, all of them are on disk or acknowledged.
        if self._outbox.last_seq > self._committed and self._outbox.uncommitted() == 0 and not self._outbox.faults():
            self._committed = self._outbox.last_seq
            self._journal.write(Committed(now_ns(), self._outbox.boot, self._committed))
        self._outbox.show()
        self._note()

    def _note(self) -> None:
        faults = (*self._outbox.faults(), *self._uplink.faults())
        link = self._uplink.status()
        words = "; ".join((link.last_error, *(f"{fault.code}: {fault.detail}" for fault in faults)))
        if words != self._noted:
            self._noted = words
            sys.stderr.write(f"{time.monotonic():.3f} {self._outbox.boot} connection {link.connections}: {words}\n")
            sys.stderr.flush()

    def _birth(self) -> State:
        return State(Status.ONLINE, self._outbox.boot, dt.datetime.now(dt.timezone.utc))


def main(argument: str) -> None:
    """Run a driver."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    faulthandler.enable()
    driver = Driver(msgspec.json.decode(argument, type=Orders))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, driver.end)
    driver.run()


def _answer(name: str, _command: Command) -> Reply:
    return Reply(name, ok=True)


def _body(kind: EventType) -> EventBody[Any]:
    now = dt.datetime.now(dt.timezone.utc)
    quality = Clock(ClockSource.NTP, synchronised=True)
    if kind is EventType.CROWD_COUNT:
        return EventBody(now, quality, CrowdCount("square", Estimate(3, 2, 4), 1.0, 10, 1, 5))
    observed = CrowdAlert("square", Estimate(12, 10, 14), 13, 10, 7, 4)
    assessed = Assessed("crowding", 0.9, (Cue("people", 12, "people"),))
    incident = uuid7(time.time_ns() // 1_000_000)
    return EventBody(now, quality, observed, incident=incident, phase=Phase.NEW, assessed=assessed)


if __name__ == "__main__":
    main(sys.argv[1])
