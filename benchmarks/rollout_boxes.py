"""Many boxes in one process: ``python -m benchmarks.rollout_boxes WORK_FILE``. Each has a client id, key and outbox of its own.

Rules: no camera and no events but reports; everything from the guard to the wire is the real one; the process says on standard
output how many are connected, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
import sys
from pathlib import Path

import msgspec
from cryptography import x509

from edge.clock import SystemClock
from edge.guard.builder import EventBuilder, Origin
from edge.identity.files import IdentityFiles
from edge.observation import Observation
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from edge.uplink.config import TlsFiles, UplinkConfig
from edge.uplink.tls import client_context
from protocol.commands import Command, Reply
from protocol.config import Config
from protocol.events import Clock, ClockSource, EventType, ModelRef, UpdateStep
from protocol.state import State, Status, Versions
from protocol.topics import Channel
from protocol.twin import Desired, Reported
from simulator.devices.link import VirtualLink
from simulator.devices.updates import Happened, UpdateModel, Updater

HARDWARE = "bench"
_TICK_S = 0.1
_SPACING_S = 0.004
"""Between two first connections: all at once, those at the end of the line would run into their time-out."""
_QUALITY = Clock(ClockSource.NTP, synchronised=True)
_KEPT = Limits(bytes=100_000, count=100)


class Work(msgspec.Struct, frozen=True):
    """What the process is to do.

    Attributes:
        folder: of the boxes: one each, with its identity.
        host: of the broker.
        bundle: of which they report a version from the beginning.
        bad: boxes on which every release goes wrong.
    """

    folder: str
    fleet: str
    devices: tuple[str, ...]
    host: str
    port: int
    bundle: str
    model: UpdateModel
    seed: int
    bad: tuple[str, ...] = ()


class Box:
    """One box."""

    def __init__(self, work: Work, name: str, authority: x509.Certificate) -> None:
        folder, self._work = Path(work.folder) / name, work
        self._clock = SystemClock()
        files = TlsFiles(Path(work.folder) / "ca.crt", folder / "device.crt", folder / "device.key")
        self._config = UplinkConfig(work.fleet, name, work.host, work.port, files, connect_timeout_s=60.0)
        key = IdentityFiles(folder).key()
        model = msgspec.structs.replace(work.model, bad_boxes=1.0) if name in work.bad else work.model
        self._updates = Updater(work.fleet, name, key, authority, model, work.seed)
        self._outbox = Outbox.open(None, _KEPT, self._clock, work.fleet, name)
        self._builder = EventBuilder(evaluation=False)
        self._version = 0
        self.link = VirtualLink(
            self._config,
            client_context(files),
            self._outbox,
            self._birth,
            lambda: Reported(self._version, Config()),
            self._on_desired,
            _answer,
            self._clock,
            random.Random(f"{work.seed}/{name}"),
        )

    def live(self) -> None:
        """Go on with what is due."""
        due_s = self._updates.next_s()
        if due_s is not None and self._clock.monotonic() >= due_s:
            now = self._clock.now()
            self._say(self._updates.live(now.monotonic_s, now.wall))
        self._outbox.tick()

    def _on_desired(self, desired: Desired) -> None:
        self._version = max(self._version, desired.version)
        if desired.orders is not None:
            now = self._clock.now()
            self._say(self._updates.take(desired.orders, now.monotonic_s, now.wall))

    def _say(self, happened: Happened) -> None:
        for report in happened.reports:
            observation = Observation(EventType.OTA_REPORT, self._clock.now(), report)
            self._outbox.append(EventType.OTA_REPORT, self._builder.build(observation, _QUALITY, Origin()))
            if report.step is UpdateStep.SUCCEEDED:
                self.link.publish(Channel.STATE, self._birth())
        if happened.reports:
            self.link.notify()

    def _birth(self) -> State:
        release = self._updates.releases.get(self._work.bundle, 1)
        model = ModelRef(self._work.bundle, f"1.{release}.0", "0" * 64, "default")
        now = dt.datetime.now(dt.timezone.utc)
        versions = Versions("0.1.0", hardware=HARDWARE)
        return State(Status.ONLINE, self._outbox.boot, now, versions=versions, models=(model,))


def _answer(name: str, _command: Command) -> Reply:
    return Reply(name, ok=True)


async def _run(work: Work) -> None:
    authority = x509.load_pem_x509_certificate((Path(work.folder) / "ca.crt").read_bytes())
    boxes = [Box(work, name, authority) for name in work.devices]
    tasks = []
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    said = -1
    waiting = iter(boxes)
    while not ended.done():
        tasks += [asyncio.create_task(box.link.run()) for box in itertools.islice(waiting, int(_TICK_S / _SPACING_S))]
        for box in boxes:
            box.live()
        connected = sum(box.link.connected for box in boxes)
        if connected != said:
            said = connected
            sys.stdout.write(f"{connected}\n")
            sys.stdout.flush()
        failed = [task for task in tasks if task.done()]
        for task in failed:
            task.result()
        await asyncio.sleep(_TICK_S)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Work)))
