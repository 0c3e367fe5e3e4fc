"""Updates of models on this box: the machine of :mod:`ota.device`, its ways outside, and the thread that it lives in.

Rules:

- What a start begins with is decided before any model is loaded (:meth:`Updates.start`), without the network and whatever the
  clock says. A release that cannot be read gives way to the one before.
- The thread may wait for mirrors as long as they take; the agent never waits for the thread, except at its end, and not long.
- Orders are believed by what signed them; those that came already come again with every connection, which is nothing to tell.
- An error of ours is told and the thread goes on later: models run all the same.
"""

from __future__ import annotations

import queue
import secrets
import sys
import threading
import time
from pathlib import Path

from edge.runtime.planner import BundlePlanner
from edge.runtime.runtime import Runtime
from edge.updates.errands import Errands
from edge.updates.outside import SUBJECT, Outside, Place
from edge.updates.sources import Sources
from edge.updates.trial import RuntimeTrial
from hardware.system import board, start_of_system
from hardware.watchdog import caused_start
from models.bundle.bundle import MANIFEST, BundleError, load_bundle
from ota.device.disk import RealDisk
from ota.device.errors import UpdateError
from ota.device.judge import Criteria
from ota.device.machine import Machine
from ota.device.ports import Ports, Repository, Site
from ota.device.resolve import Box
from ota.device.state import State
from ota.device.store import Store
from protocol.events import OtaReport, Reason
from protocol.limits import TEXT_CHARACTERS
from protocol.orders import OrdersError, SignedOrders, read_orders

_STICK_S = 5.0
"""Between two looks for a stick."""
_AGAIN_S = 60.0
"""After an error of ours."""
_END_S = 3.0
"""How long the agent waits for the thread at its end: a write of the state, not a mirror."""


class Updates:
    """Use :meth:`start`, :meth:`run`, :meth:`stop`, in that order.

    Args:
        place: this box.
        sources: repositories.
        criteria: by what a new model is judged.
        runtime: runs models; nothing is configured yet.
        planner: as the runtime has it.
        outside: what the agent does for it.
        stick: folder in which a stick appears; ``None`` = nowhere.

    Raises:
        OSError: the disk does not tell how things stand.
    """

    def __init__(  # noqa: PLR0913 - a box, and its ways outside
        self,
        place: Place,
        sources: Sources,
        criteria: Criteria,
        runtime: Runtime,
        planner: BundlePlanner,
        outside: Outside,
        stick: Path | None = None,
    ) -> None:
        self._place, self._sources, self._outside, self._stick = place, sources, outside, stick
        self.errands = Errands(runtime.wake)
        self._trial = RuntimeTrial(self.errands, runtime, planner)
        installed = {path.parent.name: path.parent for path in sorted(planner.folder.glob(f"*/{MANIFEST}"))}
        site = Site(
            place.fleet,
            place.device,
            Box(board(), place.agent, planner.offers, planner.standby),
            installed,
            start_of_system(),
            watchdog=caused_start(),
        )
        self._machine = Machine(Store(RealDisk(place.folder)), site, self._ports(), criteria)
        self._orders: queue.SimpleQueue[SignedOrders] = queue.SimpleQueue()
        self._awake, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name="updates", daemon=True)
        self._refused: Reason | None = None
        self._defect: Reason | None = None
        self._plugged = False

    @property
    def state(self) -> State:
        """How things stand. Any thread may ask."""
        return self._machine.state

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against it. Any thread may ask."""
        found = (self._machine.trouble, self._refused, self._defect)
        return tuple(Reason(f"update-{reason.code}", SUBJECT, reason.detail) for reason in found if reason is not None)

    def start(self) -> None:
        """Decide what runs, and have the runtime run it; nothing is configured yet."""
        self._machine.start()
        for bundle in tuple(self._machine.state.running):
            while (found := self._machine.folder(bundle)) is not None:
                fault = _fault(*found)
                if not fault:
                    self._trial.begin_with(bundle, found[0])
                    break
                self._machine.damaged(bundle, fault)

    def run(self) -> None:
        """Begin to live."""
        self._thread.start()

    def take(self, orders: SignedOrders) -> None:
        """Take orders that came with the twin. Any thread may."""
        self._orders.put(orders)
        self._awake.set()

    def stop(self) -> None:
        """End, by the thread that does the errands."""
        self._ending.set()
        self._sources.stop()
        self.errands.close()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    # the thread

    def _live(self) -> None:
        while not self._ending.is_set():
            try:
                self._take_orders()
                self._look_for_stick()
                wait_s = self._machine.step()
                self._defect = None
            except Exception as error:  # noqa: BLE001 - see the rules above
                detail = f"begins again in {_AGAIN_S:.0f} s after {type(error).__name__}: {error}"
                self._defect = Reason("defect", SUBJECT, detail[:TEXT_CHARACTERS])
                sys.excepthook(type(error), error, error.__traceback__)
                wait_s = _AGAIN_S
            self._awake.wait(wait_s if self._stick is None else min(wait_s, _STICK_S))
            self._awake.clear()
        self._machine.stop()

    def _take_orders(self) -> None:
        while not self._orders.empty():
            signed = self._orders.get()
            try:
                if read_orders(signed).counter == self._machine.state.counter:  # the same ones come with every connection
                    continue
                self._machine.take(self._sources.verify(signed, self._place.fleet, self._place.device))
                self._refused = None
            except OrdersError as error:
                self._refused = Reason("orders", SUBJECT, str(error)[:TEXT_CHARACTERS])
            except OSError as error:
                self._orders.put(signed)
                detail = f"orders cannot be written down ({error.strerror}); they are tried again"
                self._refused = Reason("disk", SUBJECT, detail[:TEXT_CHARACTERS])
                return

    def _look_for_stick(self) -> None:
        if self._stick is None:
            return
        there = (self._stick / "metadata" / "timestamp.json").is_file()
        if there and not self._plugged:
            try:
                found = self._machine.plug(str(self._stick))
                self._outside.say(f"stick: {found} newer {'release' if found == 1 else 'releases'} for this box")
            except (UpdateError, OSError) as error:
                self._outside.say(f"stick: {error}")
        self._plugged = there

    def _ports(self) -> Ports:
        def repository(source: str) -> Repository:
            return self._sources.repository(source)

        def tell(report: OtaReport) -> None:
            self.errands.do(lambda: self._outside.tell(report))

        return Ports(
            repository=repository,
            trial=self._trial,
            tell=tell,
            sign=self._outside.sign,
            monotonic=time.monotonic,
            wall=self._outside.wall,
            draw=secrets.token_bytes,
        )


def _fault(folder: Path, file: str) -> str:
    """Why a release cannot be loaded; its files are hashed as they are read."""
    try:
        bundle = load_bundle(folder)
        bundle.read(bundle.manifest.golden)
        for variant in bundle.manifest.variants:
            if variant.file == file:
                bundle.read(variant)
    except BundleError as error:
        return str(error).replace(f"{folder}/", "")
    return ""
