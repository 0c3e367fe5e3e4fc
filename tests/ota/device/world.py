"""A box on a disk in memory, with a signed repository around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ota.device.disk import Disk
from simulator.faults.forgetful import NOTHING_WRONG, ForgetfulDisk, Plan
from simulator.updates.box import SimulatedBox, World
from simulator.updates.bundles import files_of, write_to
from simulator.updates.repository import Repository
from simulator.updates.transport import MemoryTransport
from simulator.updates.trial import Behaviour

READER, FINDER = "plate-reader", "person-finder"


class Town:
    """Makes boxes; their installation has release 0 of two bundles, the repository whatever is added."""

    def __init__(self, folder: Path, plan: Plan = NOTHING_WRONG, keys: int = 0) -> None:
        self.folder = folder
        self.repository = Repository(keys=keys)
        self.behaviours: dict[str, Behaviour] = {}
        installed = {name: write_to(folder / "installed" / name, files_of(name, 0)) for name in (READER, FINDER)}
        self.transport = MemoryTransport({"first": self.repository.files})
        self.world = World(self.transport, self.repository.first_root, installed, folder / "scratch", self.behaviours)
        self.disk: Disk = ForgetfulDisk(folder / "disk", plan)
        self.counter = 0

    def publish(self, *releases: int, bundle: str = READER, **said: Any) -> None:
        for release in releases:
            self.repository.add(files_of(bundle, release), release, **said)
        self.repository.publish()

    def start(self, system: str = "first", *, watchdog: bool = False) -> SimulatedBox:
        box = SimulatedBox(self.disk, self.world, system, watchdog=watchdog)
        box.start()
        return box

    def order(self, box: SimulatedBox, *releases: tuple[str, int]) -> None:
        self.counter += 1
        box.order(self.counter, *releases)

    def runs(self, box: SimulatedBox, release: int, bundle: str = READER) -> SimulatedBox:
        """Have it run a release."""
        self.publish(release, bundle=bundle)
        self.order(box, (bundle, release))
        box.run()
        assert box.machine.state.running[bundle] == release
        self.world.said.clear()
        return box

    @property
    def said(self) -> list[tuple[int, str, str]]:
        """Release, step and reason of each report."""
        return [(r.release, r.step.value, "" if r.reason is None else r.reason.code) for r in self.world.said]


def until(box: SimulatedBox, phase: str, steps: int = 500) -> None:
    """Step until it is in a phase."""
    for _ in range(steps):
        if box.machine.state.phase == phase:
            return
        box.world.clock.pass_by(max(box.machine.step(), 0.01))
    raise AssertionError(phase)


def trouble(box: SimulatedBox) -> str:
    """Code of what it says of itself; empty when it is well."""
    return "" if box.machine.trouble is None else box.machine.trouble.code
