"""A box with a runtime on the puppet accelerator, a signed repository behind a web server, and the fleet's authority."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.updates.outside import Outside, Place
from edge.updates.settings import Settings
from edge.updates.sources import Sources, Ways
from edge.updates.updates import Updates
from fleet.identity.authority import Authority
from fleet.rollouts.signer import OrderSigner
from ota.device.judge import Criteria
from protocol.config import Microphone, Source
from protocol.events import OtaReport, UpdateStep
from protocol.orders import Order, Orders, SignedOrders, Window, report_bytes
from simulator.updates.repository import ROLES, Repository
from tests.edge.infer import puppet
from tests.edge.runtime.box import Box, source
from tests.ota.server import honest, serving

FLEET, DEVICE = "harbour", "lamp-1"
FINAL = {UpdateStep.SUCCEEDED, UpdateStep.REFUSED, UpdateStep.ROLLED_BACK}
QUICK = Criteria(
    shadow_s=0.5,
    shadow_looks=2,
    probation_s=0.5,
    probation_looks=10,
    stall_s=3.0,
    alive_s=0.5,
    look_s=0.1,
    latency_ratio=50.0,  # the puppet's looks take microseconds
)
PATIENCE_S = 60.0


class Site:
    """Everything around one box, and one start of it after the other."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self.folder, self._clip = folder, clip
        self.repository = Repository(now=dt.datetime.now(dt.timezone.utc))
        self.root = folder / "root.json"
        self.root.write_bytes(self.repository.first_root)
        authority = Authority(folder / "authority", FLEET)
        (folder / "ca.crt").write_text(authority.pem)
        self._signer = OrderSigner(folder / "authority", authority)
        self.key = Ed25519PrivateKey.generate()
        self.said: list[OtaReport] = []
        self.spent: list[int] = []
        self.lines: list[str] = []
        self.counter = 0
        puppet.make_bundle(folder / "models")

    def release(self, number: int, does: str = "see", *, golden: float = 0.9) -> Path:
        """Publish a release of the puppet; returns the file that controls it."""
        control = puppet.make_bundle(self.folder / f"made-{number}", golden=golden)
        control.write_text(does)
        folder = control.parent
        manifest = msgspec.json.decode((folder / "manifest.json").read_bytes())
        manifest["version"] = f"9.{number}.0"
        (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "control"}
        self.repository.add(files, number)
        self.repository.publish(ROLES[1:])
        return control

    def orders(
        self, *releases: int, bundle: str = puppet.NAME, device: str = DEVICE, windows: tuple[Window, ...] = ()
    ) -> SignedOrders:
        """Orders for a bundle, signed by the manager."""
        self.counter += 1
        orders = tuple(Order(bundle, number, f"{self.counter:032x}", windows=windows) for number in releases)
        return self._signer.sign(Orders(FLEET, device, self.counter, orders), dt.datetime.now(dt.timezone.utc))

    def steps(self) -> list[str]:
        """What was said of the last order."""
        return [report.step.value for report in self.said if report.counter == self.counter]

    @contextmanager
    def mirror(self) -> Iterator[str]:
        """Serve the repository."""
        with serving(honest(self.repository.files)) as server:
            yield server.url

    @contextmanager
    def started(
        self,
        mirror: str = "",
        *,
        criteria: Criteria = QUICK,
        stick: Path | None = None,
        bytes_left: bool = True,
        looks: tuple[Box, Source | Microphone | None] | None = None,
    ) -> Iterator[Start]:
        """One start of the box; ``looks`` is what looks at what, or listens to what, in place of the puppet."""
        box, watched = looks or (Box(self.folder / "models"), None)
        if looks is None:
            watched = source("gate", self._clip, pace="real-time", fps=30, repeat=True)
        wall = lambda: dt.datetime.now(dt.timezone.utc)  # noqa: E731 - a clock
        ways = Ways(
            root=self.root,
            mirrors=(mirror,) if mirror else (),
            ca=None,
            authority=self.folder / "ca.crt",
            bytes_s=0,
            quiet=Settings().quiet(),
            folder=self.folder / "updates",
            agent="lamplighter/0.1.0",
            wall=wall,
            spend=self.spent.append,
            wait_s=lambda: 0.0 if bytes_left else 3600.0,
        )
        outside = Outside(self.said.append, self.key.sign, wall, self.lines.append, self.spent.append, lambda: 0.0)
        place = Place(self.folder / "updates", FLEET, DEVICE, "0.1.0")
        updates = Updates(place, Sources(ways), criteria, box.runtime, box.planner, outside, stick)
        start = Start(box, updates)
        try:
            updates.start()
            box.run(*(() if watched is None else (watched,)))
            updates.run()
            yield start
        finally:
            updates.stop()
            box.runtime.stop()


class Start:
    """The box while it runs."""

    def __init__(self, box: Box, updates: Updates) -> None:
        self.box, self.updates = box, updates

    def until(self, condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Let it live until something holds."""
        deadline = time.monotonic() + within_s
        while not condition():
            self.box.runtime.poll(0.05)
            self.updates.errands.work()
            assert time.monotonic() < deadline, f"{self.updates.state} {self.updates.reasons} {self.box.health}"

    @property
    def versions(self) -> list[str]:
        """Versions that looked, in order."""
        found = [result.model.version for result in self.box.results if result.model is not None]
        return [version for i, version in enumerate(found) if i == 0 or found[i - 1] != version]


def signed_by(key: Ed25519PrivateKey, report: OtaReport) -> bool:
    """Whether the box has signed a report."""
    import base64

    key.public_key().verify(base64.urlsafe_b64decode(report.signature + "=="), report_bytes(FLEET, DEVICE, report))
    return True


def threads_named(name: str) -> int:
    """How many threads of that name live."""
    return sum(thread.name == name for thread in threading.enumerate())
