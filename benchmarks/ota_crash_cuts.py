"""Power cuts on a disk that forgets, and disks that break: one box, one order, and what it comes to.

What is looked at:

- at every start, what is to be loaded is loaded as the agent does it: whole, every byte hashed, or it is half a bundle; and it
  is a release that may run there: the one before, or the ordered one after it has passed golden vectors and shadow run;
- at every start, nothing is gone that a write of the state, or of the metadata, had said was kept; and no byte is fetched again
  of what had been kept of a file;
- in the end the box has come to the same as without a fault, and nothing is left over on its disk.
"""

from __future__ import annotations

import contextlib
import errno
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from benchmarks.ota_crash_cases import BUNDLE, NONCE, RECOVERY, Case, Cases, Ending, ending
from ota.device.objects import FOLDER as OBJECTS
from ota.device.slots import Slots
from ota.device.state import State
from simulator.faults.forgetful import ForgetfulDisk, Plan, PowerCut
from simulator.faults.memory_of_disk import Survival
from simulator.updates.box import NeverIdleError, SimulatedBox, World
from simulator.updates.transport import MemoryTransport
from simulator.updates.trial import Behaviour, Died

_MOST_CUTS = 3
"""Of one order: more would add up to a crash loop, of which the release would be held guilty; rightly, but it is not the end
that is compared."""
_MOST_STARTS = 20
_DONE = 1 << 40
_EARLY = 25
"""Calls to the disk within which a start is still putting things in order."""


@dataclass
class Found:
    """What was wrong, and where the power went."""

    hits: Counter[str] = field(default_factory=Counter)
    """Cuts, by phase."""
    bricks: list[str] = field(default_factory=list)
    """A box that does not come to an end, or has nothing to run."""
    wrong_models: list[str] = field(default_factory=list)
    half_bundles: list[str] = field(default_factory=list)
    lost_writes: list[str] = field(default_factory=list)
    """Said to be kept, and gone."""
    left_over: list[str] = field(default_factory=list)
    """Files that nobody needs any more."""

    @property
    def faults(self) -> list[str]:
        """Everything that was wrong."""
        return [*self.bricks, *self.wrong_models, *self.half_bundles, *self.lost_writes, *self.left_over]

    def add(self, other: Found) -> None:
        """Sum up."""
        self.hits += other.hits
        for mine, its in zip(self._lists(), other._lists(), strict=True):
            mine.extend(its)

    def _lists(self) -> tuple[list[str], ...]:
        return self.bricks, self.wrong_models, self.half_bundles, self.lost_writes, self.left_over


class Run:
    """One box and one order, with cuts.

    Args:
        cases: makes boxes.
        case: which.
        draw: everything random.
        what: names the run, to play it again.
    """

    def __init__(self, cases: Cases, case: Case, draw: random.Random, what: str) -> None:
        self._cases, self._case, self._draw, self._what = cases, case, draw, what
        self._world: World = cases.world(case, draw.getrandbits(32))
        assert isinstance(self._world.transport, MemoryTransport)
        self._transport = self._world.transport
        self._box: SimulatedBox | None = None
        self._promised = (0, 0.0, 0)
        self._fetched: dict[str, int] = {}
        self._asked = 0
        self._tried = False
        self.found = Found()

    def cut(
        self, call: int, deaf: Callable[[str, str], bool] = lambda _kind, _path: False, survival: Survival | None = None
    ) -> Found:
        """Cut the power at a call, then a few times more, mostly while the start after it puts things in order.

        Args:
            call: to the disk, from 1.
            deaf: which syncs do nothing.
            survival: how much is left of what was not synced; drawn where nothing is said.
        """
        total = self._cases.total(self._case)
        later = [
            self._draw.randint(1, _EARLY if self._draw.random() < 0.7 else total)
            for _ in range(self._draw.randint(0, _MOST_CUTS - 1))
        ]
        plans = [Plan(cut_at=at, cut_within=self._draw.uniform(-0.5, 1.0), deaf=deaf) for at in (call, *later)]
        self._live(self._cases.disk(self._case, plans[0]), [*plans[1:], Plan(deaf=deaf)], survival)
        return self.found

    def fail(self, call: int) -> Found:
        """Let the disk break at a call, for a while or until the next start, and try again with a sound one."""
        length = self._draw.choice((1, 1, 3, 20, 1 << 30))
        plan = Plan(fail_at=call, fail_for=length, fail_with=self._draw.choice((errno.EIO, errno.ENOSPC, errno.EROFS)))
        if self._draw.random() < 0.3:
            plan = Plan(capacity=self._draw.randint(20_000, 45_000))
        disk = self._cases.disk(self._case, plan)
        # It cannot even be read, and the agent runs what came with the installation; or what runs cannot be committed to.
        with contextlib.suppress(OSError, NeverIdleError):
            self._alive(disk, again=True)
        self._look(disk)
        sound = disk.copied(self._cases.folder / "disk")
        try:
            self._alive(sound, again=True)
        except OSError as error:
            self.found.bricks.append(f"{self._what}: {error!r}")
            return self.found
        self._compare(ordered_again=True)
        return self.found

    def _live(self, disk: ForgetfulDisk, plans: list[Plan], survival: Survival | None) -> None:
        """Start again after each cut, until the order has come to its end."""
        try:
            while True:
                try:
                    self._alive(disk)
                    break
                except PowerCut:
                    self._note()
                    disk = disk.restart(self._draw, plans.pop(0), survival)
        except NeverIdleError as error:
            self.found.bricks.append(f"{self._what}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever leaves the machine has stopped the box
            self.found.bricks.append(f"{self._what}: {error!r}")
        else:
            self._check_fetched()
            self._compare()

    def _alive(self, disk: ForgetfulDisk, *, again: bool = False) -> None:
        """Start, and start again where the model takes the process with it, until there is nothing to do."""
        for _ in range(_MOST_STARTS):
            if self._box is not None:
                self._tried = self._tried or self._has_been_tried(self._box)
                self._box = None
            box = SimulatedBox(disk, self._world, f"start {sum(self.found.hits.values())} of the system")
            self._check_kept(box)
            self._box = box
            try:
                box.start()
                self._check_runs(box)
                if box.machine.state.counter < self._case.release or (again and not self._is_done(box)):
                    nonce = "" if again and box.machine.state.done else NONCE
                    box.order(box.machine.state.counter + 1, (BUNDLE, self._case.release), nonce=nonce)
                box.run()
            except Died:
                continue
            else:
                return
        msg = "it dies again and again"
        raise NeverIdleError(msg)

    def _is_done(self, box: SimulatedBox) -> bool:
        state = box.machine.state
        return state.job is not None or state.is_quarantined(BUNDLE, self._case.release)

    def _note(self) -> None:
        """Where the power went, and what was promised by then."""
        box = self._box
        self.found.hits[RECOVERY if box is None else box.machine.state.phase] += 1
        self._check_fetched()
        if box is not None:
            self._promised = (box.store.state.sequence, box.trust.floor.timestamp(), len(box.trust.files))

    def _check_kept(self, box: SimulatedBox) -> None:
        kept = (box.store.state.sequence, box.trust.floor.timestamp(), len(box.trust.files))
        if any(now < before for now, before in zip(kept, self._promised, strict=True)):
            self.found.lost_writes.append(f"{self._what}: {self._promised} were kept, and {kept} are there")

    def _check_fetched(self) -> None:
        """What was asked for in this life must begin where the lives before it had come to; what was gone on from is done."""
        asked = self._transport.asked[self._asked :]
        asked = [(path, at) for path, at in asked if path.startswith("targets/")]
        self._asked = len(self._transport.asked)
        for path, at in asked:
            if at < self._fetched.get(path, 0):
                self.found.lost_writes.append(
                    f"{self._what}: {path[-20:]} was kept up to {self._fetched[path]}, asked from {at}"
                )
        for path, at in asked:
            self._fetched[path] = at if path == asked[-1][0] else _DONE

    def _check_runs(self, box: SimulatedBox) -> None:
        if box.trial.broken:
            self.found.half_bundles.append(f"{self._what}: {box.trial.broken[0]}")
        running = box.machine.state.running.get(BUNDLE, 0)
        if running != self._case.release - 1 and not (running == self._case.release and self._tried):
            self.found.wrong_models.append(f"{self._what}: release {running} at a start, untried")

    def _has_been_tried(self, box: SimulatedBox) -> bool:
        """Whether what is ordered was tried in this life, and passed."""
        version = f"1.{self._case.release}.0"
        passes = self._case.behaviour not in {Behaviour.WRONG, Behaviour.DISAGREES}
        return passes and bool({("golden", version), ("shadow", version)} & set(box.trial.calls))

    def _look(self, disk: ForgetfulDisk) -> None:
        """What a start would find now, with a disk that works."""
        state: State = Slots(disk.copied(self._cases.folder / "looked-at")).load()[0]
        release = state.running.get(BUNDLE, 0)
        if release not in {self._case.release - 1, self._case.release}:
            self.found.wrong_models.append(f"{self._what}: release {release} after a fault of the disk")

    def _compare(self, *, ordered_again: bool = False) -> None:
        box = self._box
        assert box is not None
        expected, found = self._cases.expected[self._case], ending(box)
        if ordered_again:  # what a broken disk has refused may have been said several times, and last
            expected, found = _silent(expected), _silent(found)
        if found != expected:
            self.found.wrong_models.append(f"{self._what}: {found}, not {expected}")
        if box.trial.broken:
            self.found.half_bundles.append(f"{self._what}: {box.trial.broken[0]}")
        self._check_files(box)

    def _check_files(self, box: SimulatedBox) -> None:
        state = box.machine.state
        kept = {part.sha256 for staged in state.staged for part in staged.parts}
        folder = box.store.disk.at(OBJECTS)
        found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        self.found.left_over.extend(f"{self._what}: {name}" for name in found - kept)


def _silent(what: Ending) -> Ending:
    return replace(what, final="")
