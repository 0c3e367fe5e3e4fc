"""A box's trust, with a repository in memory."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ota.device.disk import Disk, RealDisk
from ota.device.mirrors import MetadataFetcher
from ota.device.moment import Moment
from ota.device.transport import Pace
from ota.device.trust import Signed, Trust
from simulator.faults.clocks import EPOCH
from simulator.updates.repository import Repository, read
from simulator.updates.transport import MemoryTransport

BUILT = EPOCH - dt.timedelta(days=200)


DAY = dt.timedelta(days=1)


NOW = Moment(EPOCH, known=True)


URL = "memory://first/metadata/"


class Client:
    """A box's trust, with a repository in memory."""

    def __init__(self, folder: Path, repository: Repository, disk: Disk | None = None) -> None:
        self.folder, self.repository = folder, repository
        self.disk = disk or RealDisk(folder / "disk")
        self.transport = MemoryTransport({"first": repository.files})
        self.trust = self.opened()

    def opened(self) -> Trust:
        return Trust(self.disk, self.repository.first_root, BUILT, self.folder / "scratch")

    def refresh(self, time: Moment = NOW) -> Signed:
        return self.trust.refresh(URL, MetadataFetcher(self.transport, Pace(), lambda: 0.0), time)

    def versions(self) -> dict[str, int]:
        return {name: read(data).signed.version for name, data in self.trust.files.items() if ".root." not in name}

    @property
    def roots(self) -> list[str]:
        return [name for name in self.trust.files if name.endswith(".root.json")]


def refuse() -> None:
    raise AssertionError
