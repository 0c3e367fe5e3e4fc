"""Boxes in processes of their own that are really killed: ``python -m benchmarks.ota_crash_kills ORDERS``, orders as JSON.

One line of JSON on standard output for each run. A box is killed with SIGKILL as soon as it says that it is where it is to be
killed, and dies a little later, wherever it is then: that is noted. It is killed once more while it puts in order what it finds
then, in most runs; after that it may come to its end.

Rules: only children of this process are killed, by their process id. What a killed process had handed to the system is not lost
with it; that is the other half of the bench.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.ota_crash_cases import BUNDLE, NONCE, PHASES, RECOVERY, Case, Cases, ending
from ota.device.disk import RealDisk
from protocol.events import OtaReport
from simulator.faults.forgetful import Plan
from simulator.faults.watched import WatchedDisk
from simulator.updates.box import SimulatedBox, World
from simulator.updates.trial import Died

_DIED, _FAILED = 3, 4
_EARLY = 20
"""Calls to the disk within which a start still puts things in order."""
_MOST_LIVES = 12


class Orders(msgspec.Struct, frozen=True):
    """What is to be done."""

    folder: str
    seed: int
    runs: int


class Killed(msgspec.Struct):
    """What became of one run."""

    hits: list[str]
    """Phases in which it was killed."""
    faults: list[str]


class _Said(list[OtaReport]):
    """Reports, kept over a kill by the system, as an outbox would."""

    def __init__(self, path: Path) -> None:
        super().__init__(_lines(path))
        self._path = path

    def append(self, report: OtaReport) -> None:
        """Keep one."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(report) + b"\n")


def _lines(path: Path) -> Iterator[OtaReport]:
    if path.exists():
        for line in path.read_bytes().splitlines():
            yield msgspec.json.decode(line, type=OtaReport)


@dataclass(frozen=True)
class _Target:
    """Where a life is to be ended: at a call to the disk in a phase, counted within it."""

    phase: str
    number: int


class _Run:
    def __init__(self, cases: Cases, case: Case, draw: random.Random, what: str) -> None:
        self._cases, self._case, self._draw, self._what = cases, case, draw, what
        self._seed = draw.getrandbits(32)
        cases.disk(case, Plan())
        self._said = cases.folder / "said"
        self._said.unlink(missing_ok=True)
        self._where = mmap.mmap(-1, 1)
        self.found = Killed([], [])

    def live(self, first: _Target) -> Killed:
        """Kill it, kill it again, let it live."""
        targets: list[_Target | None] = [first]
        if self._draw.random() < 0.8:
            targets.append(_Target(RECOVERY, self._draw.randint(1, _EARLY)))
        targets.append(None)
        for _ in range(_MOST_LIVES):
            status = self._life(targets[0])
            if os.WIFSIGNALED(status):
                self.found.hits.append(PHASES[self._where[0]])
                targets.pop(0)
            elif os.WEXITSTATUS(status) == 0:
                self._compare()
                return self.found
            elif os.WEXITSTATUS(status) != _DIED:
                break
        self.found.faults.append(f"{self._what}: it does not come to an end")
        return self.found

    def _life(self, target: _Target | None) -> int:
        """One process; returns how it ended."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os._exit(self._child(target, writer))
        os.close(writer)
        if os.read(reader, 1):
            os.kill(child, signal.SIGKILL)
        os.close(reader)
        return os.waitpid(child, 0)[1]

    def _child(self, target: _Target | None, writer: int) -> int:
        seen, told = 0, False
        box: SimulatedBox | None = None
        started = False

        def watch() -> None:
            nonlocal seen, told
            phase = box.machine.state.phase if box is not None and started else RECOVERY
            self._where[0] = PHASES.index(phase)
            seen += target is not None and phase == target.phase
            if not told and target is not None and seen == target.number and phase == target.phase:
                told = True
                os.write(writer, b"!")

        try:
            box = SimulatedBox(WatchedDisk(RealDisk(self._cases.folder / "disk"), watch), self._world(), "the same")
            box.start()
            started = True
            if box.machine.state.counter < self._case.release:
                box.order(self._case.release, (BUNDLE, self._case.release), nonce=NONCE)
            box.run()
        except Died:
            status = _DIED
        except BaseException:  # noqa: BLE001 - it must not go on as a second driver
            traceback.print_exc()
            status = _FAILED
        else:
            status = 0
        if told:
            signal.pause()  # it was quicker than who kills it
        return status

    def _world(self) -> World:
        world = self._cases.world(self._case, self._seed)
        world.said = _Said(self._said)
        return world

    def _compare(self) -> None:
        box = SimulatedBox(RealDisk(self._cases.folder / "disk"), self._world(), "the same")
        box.start()
        found, expected = ending(box), self._cases.expected[self._case]
        if found != expected or box.trial.broken:
            self.found.faults.append(f"{self._what}: {found}, not {expected}; {box.trial.broken}")


def plan(cases: Cases, seed: int, number: int) -> tuple[Case, _Target, random.Random]:
    """What is killed where, in one of the runs."""
    draw = random.Random(f"kill {seed} {number}")
    phase = PHASES[number % len(PHASES)]
    case = draw.choice(sorted(cases.calls[phase], key=str))
    return case, _Target(phase, draw.randint(1, len(cases.calls[phase][case]))), draw


def main() -> None:
    """Do as ordered."""
    orders = msgspec.json.decode(sys.argv[1], type=Orders)
    cases = Cases(Path(orders.folder))
    for number in range(orders.runs):
        case, target, draw = plan(cases, orders.seed, number)
        what = f"kill {number} of seed {orders.seed}, {case.behaviour.value}, {target.phase} {target.number}"
        found = _Run(cases, case, draw, what).live(target)
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
