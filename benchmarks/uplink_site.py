"""A fleet that can be cut anywhere: boxes behind links of their own, a broker, ingest, and the store that outlives them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_box import DrivenBox
from benchmarks.uplink_cuts import KEEPALIVE_S, Cut, Kind
from benchmarks.uplink_driver import Orders
from benchmarks.uplink_ingest import KillableIngest
from benchmarks.uplink_journal import Reading
from fleet.broker.embedded import BrokerError
from fleet.broker.mosquitto import find
from fleet.manager import BrokerKind
from simulator.faults.processes import freeze, thaw
from simulator.faults.proxy import Proxy
from simulator.loopback import HOST

GROUP_S = 2.0
"""Window of statistics on these boxes, instead of 30 s: so that groups are committed, and cut, often."""
ALERTS = 0.2
LONGEST_WAIT_S = 2.0
"""Between attempts to connect, instead of two minutes: so that a hundred cuts fit into ten minutes."""
LEAST_IN_FLIGHT = 2
"""A cut waits for so many unacknowledged events; one of them may be known to the outbox only."""
_PATIENCE_S = 90.0
_LOOK_S = 0.002


@dataclass(frozen=True)
class Done:
    """A cut that was made.

    Attributes:
        cut: as planned.
        at: nanosecond of the shared clock just before.
        boxes: names of those that met it.
    """

    cut: Cut
    at: int
    boxes: tuple[str, ...]


class Site:
    """Use :func:`open_site`.

    Args:
        manager: enrols, and has broker and store.
        boxes: with their links.
        ingest: of that manager.
    """

    def __init__(self, manager: RealManager, boxes: list[tuple[DrivenBox, Proxy]], ingest: KillableIngest) -> None:
        self.store = manager.config.data / "fleet.sqlite"
        self._broker = manager.manager.broker
        self._links = boxes
        self.boxes = [box for box, _ in boxes]
        self._ingest = ingest
        self._marks: dict[str, tuple[int, int]] = {}

    def start(self) -> None:
        """Start ingest and boxes, and wait until every box has been heard."""
        self._ingest.start()
        for box in self.boxes:
            box.start()
        self._until(lambda: all(map(self._heard, self.boxes)), "every box is heard")

    def make(self, cut: Cut) -> Done:
        """Wait until what is to be cut works and there is something to lose, cut it, and mend it again.

        Raises:
            TimeoutError: it does not work, with what is the matter.
        """
        box, link = self._links[cut.box]
        concerned = self.boxes if cut.shared else [box]
        self._until(lambda: any(map(self._heard, concerned)), f"{'the fleet' if cut.shared else box.name} is heard")
        time.sleep(cut.pause_s)
        match cut.kind:
            case Kind.AGENT:
                at = self._at_risk(concerned, box.kill)
                time.sleep(cut.away_s)
                box.start()
            case Kind.AGENT_OFFLINE:
                link.silence()
                time.sleep(cut.away_s)
                at = self._at_risk(concerned, box.kill)
                box.start()
                link.restore()
            case Kind.BROKER:
                at = self._at_risk(concerned, _timed(self._broker.kill))
                time.sleep(cut.away_s)
                self._broker.start()
            case Kind.BROKER_FROZEN:
                at = self._at_risk(concerned, _timed(lambda: freeze(self._broker_pid())))
                time.sleep(cut.away_s)
                thaw(self._broker_pid())
            case Kind.INGEST | Kind.COMMIT:
                kill = self._ingest.kill_at_commit if cut.kind is Kind.COMMIT else self._ingest.kill
                at = kill() if cut.kind is Kind.COMMIT else self._at_risk(concerned, kill)
                time.sleep(cut.away_s)
                self._ingest.start()
            case Kind.LINK | Kind.SILENCE:
                at = self._at_risk(concerned, _timed(link.cut if cut.kind is Kind.LINK else link.silence))
                time.sleep(cut.away_s)
                link.restore()
        self._mark(concerned)
        return Done(cut, at, tuple(box.name for box in concerned))

    def drain(self, patience_s: float) -> None:
        """No more events; wait until all are acknowledged, and end the boxes in order.

        Raises:
            TimeoutError: some are not.
            RuntimeError: a box met an error of ours, though it went on.
        """
        for box in self.boxes:
            box.silence()
        self._until(lambda: self._pending(self.boxes) == 0, "every event is acknowledged", patience_s)
        for box in self.boxes:
            box.stop()
            if "Traceback" in box.log():
                msg = f"{box.name}: {box.log()[-4000:]}"
                raise RuntimeError(msg)

    def _broker_pid(self) -> int:
        pid = self._broker.pid
        if pid is None:
            msg = "the broker does not run"
            raise RuntimeError(msg)
        return pid

    def _heard(self, box: DrivenBox) -> bool:
        # Connected, and something was acknowledged since the last cut that this box met.
        reading = box.reading()
        if reading is None or not reading.connected:
            return False
        return reading.acknowledged > 0 and _mark(reading) != self._marks.get(box.name)

    def _mark(self, boxes: list[DrivenBox]) -> None:
        for box in boxes:
            if (reading := box.reading()) is not None:
                self._marks[box.name] = _mark(reading)

    def _at_risk(self, boxes: list[DrivenBox], strike: Callable[[], int]) -> int:
        """Cut while events are unacknowledged: the boxes stand still between the look and the blow."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if self._pending(boxes) >= LEAST_IN_FLIGHT:
                for box in boxes:
                    box.freeze()
                try:
                    if self._pending(boxes) >= LEAST_IN_FLIGHT:
                        return strike()
                finally:
                    for box in boxes:
                        box.thaw()
            time.sleep(_LOOK_S)
        msg = f"not within {_PATIENCE_S:g} s: {LEAST_IN_FLIGHT} unacknowledged events at {[box.name for box in boxes]}"
        raise TimeoutError(msg)

    @staticmethod
    def _pending(boxes: list[DrivenBox]) -> int:
        # Of a box that is still starting: at least one, nobody knows better.
        return sum(1 if (reading := box.reading()) is None else reading.pending for box in boxes)

    def _until(self, condition: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not condition():
            self._ingest.check()
            if time.monotonic() > deadline:
                state = {box.name: box.reading() for box in self.boxes}
                stuck = [box.dump() for box in self.boxes if (shown := state[box.name]) is None or not shown.connected]
                msg = "\n".join((f"not within {patience_s:g} s: {what}; {state}", *stuck))
                raise TimeoutError(msg)
            time.sleep(_LOOK_S)


@contextlib.contextmanager
def open_site(folder: Path, boxes: int, per_s: float, seed: int) -> Iterator[Site]:
    """A fleet that ends with the block.

    Args:
        folder: for everything.
        boxes: how many.
        per_s: events per second of all of them together.
        seed: of their pace.
    """
    with real_manager(folder, broker_kind()) as manager, contextlib.ExitStack() as stack:
        folders = manager.enrol([f"box-{number}" for number in range(1, boxes + 1)])
        manager.leave_to_caller()
        driven = []
        for number, (name, home) in enumerate(folders.items()):
            link = stack.enter_context(Proxy(manager.config.mqtt_port))
            orders = Orders(
                folder=str(home),
                fleet=FLEET,
                device=name,
                host=HOST,
                port=link.port,
                per_s=per_s / boxes,
                alerts=ALERTS,
                group_s=GROUP_S,
                keepalive_s=KEEPALIVE_S,
                longest_wait_s=LONGEST_WAIT_S,
                seed=seed * 100 + number,
            )
            driven.append((stack.enter_context(contextlib.closing(DrivenBox(orders))), link))
        ingest = stack.enter_context(contextlib.closing(KillableIngest(manager.config)))
        site = Site(manager, driven, ingest)
        site.start()
        yield site


def broker_kind() -> BrokerKind:
    """Mosquitto where it is installed."""
    try:
        find()
    except BrokerError:
        return BrokerKind.EMBEDDED
    return BrokerKind.MOSQUITTO


def _mark(reading: Reading) -> tuple[int, int]:
    return reading.opened, reading.acknowledged


def _timed(strike: Callable[[], None]) -> Callable[[], int]:
    def timed() -> int:
        at = time.monotonic_ns()
        strike()
        return at

    return timed
