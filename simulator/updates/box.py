"""A box that follows orders: the real machine, store and trust, on whichever disk, with models that are only played.

Rules: time passes as the machine asks for it, at once; all randomness comes from a seed; what the box says is kept. A start is
the agent's: recovery first, then the model is loaded, then the machine gets on step by step.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.bundle.choose import Offer
from ota.device.disk import Disk
from ota.device.errors import TrialError
from ota.device.fetch import Fetch
from ota.device.judge import Criteria
from ota.device.limits import Bucket
from ota.device.machine import Machine
from ota.device.mirror import Mirror
from ota.device.mirrors import MetadataFetcher, Mirrors
from ota.device.moment import Moment, moment
from ota.device.ports import Ports, Site
from ota.device.resolve import Box
from ota.device.store import Store
from ota.device.transport import Pace, Transport
from ota.device.trust import Trust
from protocol.events import OtaReport
from protocol.orders import Order, Orders
from simulator.faults.clocks import EPOCH
from simulator.updates.trial import Behaviour, SimulatedTrial

FLEET, DEVICE = "harbour", "lamp-1"
BUILT = EPOCH - dt.timedelta(days=200)
OFFERS = (Offer("cpu", "onnxruntime", ("int8", "fp32"), available=True),)
_LONGEST_RUN = 2000
"""Steps; a run that needs more will never end."""


class NeverIdleError(Exception):
    """The machine does not come to an end."""


@dataclass
class Clock:
    """Time of a box, which passes when it is told to."""

    monotonic_s: float = 0.0
    start: dt.datetime = EPOCH
    known: bool = True

    def monotonic(self) -> float:
        """Seconds."""
        return self.monotonic_s

    def wall(self) -> dt.datetime | None:
        """The time, if the clock is set."""
        return self.start + dt.timedelta(seconds=self.monotonic_s) if self.known else None

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.monotonic_s += seconds


@dataclass
class World:
    """What outlives a start: the mirrors, what came with the installation, the clock, and what was said.

    Attributes:
        transport: to the mirrors.
        root: as the installation has it.
        installed: folders of its bundles.
        scratch: for metadata.
        behaviours: of releases, by version.
        said: reports, in order.
    """

    transport: Transport
    root: bytes
    installed: Mapping[str, Path]
    scratch: Path
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ("memory://first",)
    clock: Clock = field(default_factory=Clock)
    said: list[OtaReport] = field(default_factory=list)
    board: str = "Raspberry Pi 5 Model B"
    criteria: Criteria = field(default_factory=Criteria)
    budget: int = 1 << 30
    pace: Pace = field(default_factory=Pace)
    seed: int = 1


class SimulatedBox:
    """One start of a box.

    Args:
        disk: what it lives on.
        world: what is around it.
        system: names this start of the operating system.
        watchdog: whether a watchdog has brought it about.
    """

    def __init__(self, disk: Disk, world: World, system: str = "first", *, watchdog: bool = False) -> None:
        self.world = world
        clock = world.clock
        draw = random.Random(f"{world.seed} {system}").randbytes
        self.store = Store(disk)
        self.trust = Trust(disk, world.root, BUILT, world.scratch)
        self.trial = SimulatedTrial(world.behaviours, world.installed, clock.monotonic)
        pace = world.pace
        fetch = Fetch(
            world.transport,
            pace,
            Bucket(None, clock.monotonic, clock.pass_by),
            lambda: 0.0,
            lambda: True,
            clock.monotonic,
        )
        fetcher = MetadataFetcher(world.transport, pace, clock.monotonic)

        def repository(source: str) -> Mirrors:
            return self._sources.setdefault(
                source,
                Mirrors(
                    [Mirror.under(base) for base in ((source,) if source else world.mirrors)],
                    self.trust,
                    fetch,
                    fetcher,
                    self.moment,
                ),
            )

        self._sources: dict[str, Mirrors] = {}
        site = Site(FLEET, DEVICE, Box(world.board, "0.1.0", OFFERS), world.installed, system, watchdog, world.budget)
        ports = Ports(repository, self.trial, world.said.append, lambda _data: bytes(64), clock.monotonic, clock.wall, draw)
        self.machine = Machine(self.store, site, ports, world.criteria)

    def moment(self) -> Moment:
        """What it knows of the time."""
        return moment(self.world.clock.wall(), self.trust.floor)

    def start(self) -> None:
        """Put the disk in order, and load what is to run, as the agent does."""
        self.machine.start()
        for bundle in {*self.world.installed, *self.machine.state.running}:
            while True:
                found = self.machine.folder(bundle)
                folder, file = found or (self.world.installed[bundle], "")
                try:
                    self.trial.running[bundle] = self.trial.load(folder, file)
                except TrialError as error:
                    if found is None:
                        raise
                    self.machine.damaged(bundle, str(error))
                else:
                    break

    def order(self, counter: int, *releases: tuple[str, int], nonce: str = "") -> None:
        """Give it orders."""
        orders = tuple(Order(bundle, release, nonce or f"{counter:032x}") for bundle, release in releases)
        self.machine.take(Orders(FLEET, DEVICE, counter, orders))

    def run(self) -> None:
        """Get on until there is nothing to do.

        Raises:
            NeverIdleError: that does not come.
        """
        for _ in range(_LONGEST_RUN):
            wait_s = self.machine.step()
            state = self.machine.state
            if state.job is None and not state.waiting and not state.reports:
                self.machine.step()  # tidies
                return
            self.world.clock.pass_by(max(wait_s, 0.01))
        msg = f"still {self.machine.state.phase} after {_LONGEST_RUN} steps: {self.machine.trouble}"
        raise NeverIdleError(msg)
