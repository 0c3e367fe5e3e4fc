"""A camera for plates with all that is real: manager, broker, a hit list with two people behind it, keys, and a box's process.

Rules: the list goes the way that every list goes (drafted, approved, signed, fetched), keys go to the lock that the box offers;
what is said by whom is heard by a client of the broker's own that may read everything, and kept as it came; what the manager's
processes print goes into a file of its folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from benchmarks.auditor import NAME as AUDITOR
from benchmarks.auditor import Auditor
from benchmarks.figure import Skipped
from benchmarks.list_people import People
from benchmarks.real_box import RealBox
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_site import broker_kind
from fleet.manager import BrokerKind
from models.bundle.bundle import zoo
from protocol.config import Anpr, Config, Gate, Report, Source
from simulator.enrolment import make_codes

BOX, LIST, PURPOSE = "gate-north", "stolen", "travel-times"
MODELS = ("person-vehicle-fast", "plate-detector", "plate-reader")
"""That a camera for plates looks with."""
_KEYS = 2
"""Of the list, and of pseudonyms."""
_LIMIT_S = 120.0
_LOOK_S = 0.1
_ROOM = '[box]\nfleet = "{fleet}"\ndevice = "{device}"\nstate = "state"\n[manager]\nurl = "{url}"\ncode = "{code}"\n'


def check_models() -> None:
    """See that the models are there.

    Raises:
        Skipped: one is not.
    """
    missing = [name for name in MODELS if not (zoo() / name).is_dir()]
    if missing:
        msg = f"{', '.join(missing)}: not in the zoo; `lamplighter models build NAME`"
        raise Skipped(msg)


@dataclass
class PlateSite:
    """What is there. Use :func:`plate_site`."""

    manager: RealManager
    auditor: Auditor
    people: People
    box: RealBox
    log: Path

    def film(self, path: Path, *, repeat: bool = False, pace: str = "fastest") -> None:
        """Have the box look at a recording."""
        anpr = Anpr(lists=(LIST,), others="pseudonym", purpose=PURPOSE)
        source = Source("cam", str(path), pace=pace, repeat=repeat, gate=Gate(region_px=512), anpr=anpr)  # type: ignore[arg-type]
        self._want(Config((source,), Report(telemetry_interval_s=5.0)))

    def empty(self) -> None:
        """Have it look at nothing; it forgets lists and keys."""
        self._want(Config())

    def until(self, condition: Callable[[], object], what: str, limit_s: float = _LIMIT_S) -> None:
        """Wait for something, while the box lives.

        Raises:
            TimeoutError: it does not come.
            RuntimeError: the box has ended.
        """
        try:
            for _ in self.box.polls(_LOOK_S, limit_s):
                if condition():
                    return
        except TimeoutError as error:
            msg = f"{what}: {error}"
            raise TimeoutError(msg) from error

    @property
    def held(self) -> bool:
        """Whether the box has its list and both keys."""
        status = self.box.status()
        plates = None if status is None else status.plates
        return plates is not None and len(plates.keys) == _KEYS and bool(plates.lists)

    def _want(self, config: Config) -> None:
        url = f"{self.manager.config.url}/api/v1/devices/{BOX}/twin"
        answer = httpx.put(url, json=msgspec.to_builtins(config), headers=self.manager.headers, timeout=30, trust_env=False)
        answer.raise_for_status()


@contextlib.contextmanager
def plate_site(folder: Path, listed: Sequence[str], least: float = 0.5) -> Iterator[PlateSite]:
    """Everything, ready to look; it ends with the block.

    Args:
        folder: for everything.
        listed: what is on the list.
        least: probability from which the list takes a reading for a hit.
    """
    log = folder / "manager.log"
    with contextlib.ExitStack() as stack:
        with _printed_to(log):
            manager = stack.enter_context(real_manager(folder, broker_kind(), lists=True))
        if broker_kind() is BrokerKind.MOSQUITTO:
            let_read(manager)
        auditor = stack.enter_context(contextlib.closing(Auditor(manager)))
        code = make_codes(manager.config.url, manager.token, {BOX: ""})[BOX]
        room = _ROOM.format(fleet=FLEET, device=BOX, url=manager.config.url, code=code)
        (folder / "box").mkdir()
        box = stack.enter_context(contextlib.closing(RealBox(folder / "box", room)))
        people = People(manager)
        people.publish(LIST, listed, least)
        yield PlateSite(manager, auditor, people, box, log)


def let_read(manager: RealManager) -> None:
    """Give the auditor leave, which mosquitto reads anew when it is told to."""
    broker = manager.manager.broker
    (acl,) = manager.config.data.rglob("acl")
    acl.write_text(f"user {AUDITOR}\ntopic read #\n\n{acl.read_text('utf-8')}", "utf-8")
    if broker.pid is not None:
        os.kill(broker.pid, signal.SIGHUP)


@contextlib.contextmanager
def _printed_to(path: Path) -> Iterator[None]:
    """What is started meanwhile prints into a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    with path.open("ab") as file:
        for number, _ in kept:
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        for number, own in kept:
            os.dup2(own, number)
            os.close(own)
