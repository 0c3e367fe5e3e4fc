"""What a box is doing when its power goes: the cases of the crash bench, and the end that each must come to.

Every case is an order on a box, which is followed once without a fault: that tells at which call to the disk the box is in
which phase, and what the end is. The box has either nothing but its installation, or runs an earlier release and gets the next
one by deltas. Releases are good, or bad in one of the ways that are found at different phases.
"""

from __future__ import annotations

import functools
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.ota_crash_syncs import Places
from ota.device.state import IDLE, Phase
from simulator.faults.forgetful import ForgetfulDisk, Plan
from simulator.updates.box import SimulatedBox, World
from simulator.updates.bundles import files_of, write_to
from simulator.updates.repository import Repository
from simulator.updates.transport import MemoryTransport
from simulator.updates.trial import Behaviour, Died

BUNDLE = "plate-reader"
RECOVERY = "recovery"
"""While a start puts the disk in order."""
PHASES = (IDLE, *(phase.value for phase in Phase), RECOVERY)
_MODEL_BYTES = 6_000
"""Twelve sectors: enough to be torn."""
NONCE = "c0" * 16


@dataclass(frozen=True)
class Ending:
    """What a box has come to."""

    running: int
    version: str
    """Of the manifest that is loaded."""
    committed: int
    quarantine: tuple[int, ...]
    final: str
    """Last word on the order."""


@dataclass(frozen=True)
class Case:
    """One order on one box.

    Attributes:
        earlier: whether it runs an earlier release.
        behaviour: of the release that is ordered.
    """

    earlier: bool
    behaviour: Behaviour

    @property
    def release(self) -> int:
        """That is ordered."""
        return 2 if self.earlier else 1


CASES = tuple(Case(earlier, behaviour) for earlier in (False, True) for behaviour in Behaviour)


class Cases:
    """Makes boxes.

    Args:
        folder: for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places = Places()
        """At which something is synced, once :attr:`expected` is known."""
        self._installed = {BUNDLE: write_to(folder / "installed", _files(0))}
        self._repository = Repository()
        for release in (1, 2):
            self._repository.add(_files(release), release)
            self._repository.add_deltas(BUNDLE, release, _files(release - 1))
        self._repository.publish()
        self._templates = {earlier: self._template(earlier=earlier) for earlier in (False, True)}

    def world(self, case: Case, seed: int) -> World:
        """What is around a box; the connection breaks now and then."""
        draw = random.Random(seed)
        return World(
            MemoryTransport(
                {"first": self._repository.files},
                lambda path, size: draw.randint(0, size) if path.startswith("targets/") and draw.random() < 0.4 else size,
            ),
            self._repository.first_root,
            self._installed,
            self.folder / "scratch",
            {f"1.{case.release}.0": case.behaviour},
            seed=seed,
        )

    def disk(self, case: Case, plan: Plan) -> ForgetfulDisk:
        """A box's disk before the order."""
        return self._templates[case.earlier].copied(self.folder / "disk", plan)

    def files(self, release: int) -> dict[str, bytes]:
        """Files of a release."""
        return _files(release)

    @functools.cached_property
    def expected(self) -> dict[Case, Ending]:
        """The end of each case, without a fault."""
        return {case: ending for case, (ending, _) in self._undisturbed.items()}

    @functools.cached_property
    def calls(self) -> dict[str, dict[Case, list[int]]]:
        """Calls to the disk at which a box is in a phase, by phase and case."""
        found: dict[str, dict[Case, list[int]]] = {phase: defaultdict(list) for phase in PHASES}
        for case, (_, phases) in self._undisturbed.items():
            for call, phase in enumerate(phases, 1):
                found[phase][case].append(call)
        return found

    def total(self, case: Case) -> int:
        """Calls to the disk of a case, without a fault."""
        return len(self._undisturbed[case][1])

    @functools.cached_property
    def _undisturbed(self) -> dict[Case, tuple[Ending, list[str]]]:
        return {case: self._follow(case) for case in CASES}

    def _follow(self, case: Case) -> tuple[Ending, list[str]]:
        phases: list[str] = []
        box: SimulatedBox | None = None
        started = False

        note = self.places.watching(case)

        def watch(kind: str, path: str) -> None:
            note(kind, path)
            phases.append(box.machine.state.phase if box is not None and started else RECOVERY)

        world = self.world(case, 1)
        disk = self.disk(case, Plan(watch=watch))
        for start in range(20):
            box, started = SimulatedBox(disk, world, "the same"), False
            try:
                box.start()
                started = True
                if not start:
                    box.order(case.release, (BUNDLE, case.release), nonce=NONCE)
                box.run()
                break
            except Died:
                continue
        assert box is not None
        return ending(box), phases

    def _template(self, *, earlier: bool) -> ForgetfulDisk:
        disk = ForgetfulDisk(self.folder / f"template-{earlier}")
        box = SimulatedBox(disk, replace(self.world(CASES[0], 1), behaviours={}))
        box.start()
        if earlier:
            box.order(1, (BUNDLE, 1))
            box.run()
            assert box.machine.state.running == {BUNDLE: 1}
        return disk


def ending(box: SimulatedBox) -> Ending:
    """What a box has come to."""
    state = box.machine.state
    final = [report for report in box.world.said if report.nonce == NONCE]
    return Ending(
        state.running.get(BUNDLE, 0),
        box.trial.running[BUNDLE],
        state.committed.get(BUNDLE, 0),
        tuple(entry.release for entry in state.quarantine),
        final[-1].step.value if final else "",
    )


def _files(release: int) -> dict[str, bytes]:
    return files_of(BUNDLE, release, model_bytes=_MODEL_BYTES)
