"""What a box has left when its power goes in the middle of an update, or its disk breaks, or its process is killed.

Every run is one order on one box: the real machine, store, metadata and deltas, with models that are only played. The order's
release is good or bad, and what must come of it is what comes of it without a fault (:mod:`benchmarks.ota_crash_cases`).

- Cuts: the power goes at a call to the disk, and again while the start after it puts things in order. The disk forgets what was
  not synced, in whole, in part, in order or not (:mod:`simulator.faults.forgetful`).
- Breaks: the disk is full, gives errors or cannot be written, for one call or until somebody changes it; then the order comes
  again.
- Kills: a process of its own on a real file system is killed with SIGKILL, and again at its next start.

Where they fall is spread evenly over the machine's phases, and drawn within them. ``bricks`` are boxes that do not come to an
end; ``wrong_models`` those that run, or would start with, another release than they should; ``half_bundles`` those that were to
load something that is not whole. ``lost_writes`` counts what a write had said was kept and a cut took all the same,
``left_over`` files that nobody needs in the end.

That the disk does forget, and the bench does notice, ``unnoticed_syncs`` shows: each place at which something is synced is
taken out, one after the other, until a run goes wrong. A place that nobody misses counts.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Options, Sense
from benchmarks.ota_crash_cases import PHASES, Case, Cases
from benchmarks.ota_crash_cuts import Found, Run
from benchmarks.ota_crash_kills import Killed, Orders
from benchmarks.ota_crash_syncs import deaf_at
from simulator.faults.memory_of_disk import Survival

DESCRIPTION = "Boxes that are cut off, broken or killed in the middle of an update"

_MEMORY = Path("/dev/shm")
"""A file system in memory: what is forgotten is forgotten by ourselves, and a kill takes nothing from any file system."""
_MOST_TRIES = 400
"""Cuts after which nobody will miss a sync any more; the rarest to be missed was found within 201."""


@dataclass(frozen=True)
class Form:
    """How many runs of each kind."""

    cuts: int
    breaks: int
    kills: int

    @property
    def runs(self) -> int:
        """In all."""
        return self.cuts + self.breaks + self.kills


QUICK = Form(cuts=230, breaks=42, kills=28)
FULL = Form(cuts=8000, breaks=1500, kills=500)


def run(options: Options) -> Iterator[Figure]:
    """Cut, break and kill, then take the syncs out one by one."""
    form = QUICK if options.quick else FULL
    with tempfile.TemporaryDirectory(prefix="ota-crash-", dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        cases = Cases(Path(name))
        found = Found()
        for number in range(form.cuts + form.breaks):
            if number % 50 == 0:
                options.progress(f"{number} of {form.cuts + form.breaks} cuts and breaks, seed {options.seed}")
            found.add(one(cases, options.seed, number, breaks=number >= form.cuts))
        options.progress(f"{form.kills} kills")
        found.add(kills(Path(name) / "kills", options.seed, form.kills))
        yield from _figures(found, form, options)
        yield unnoticed(cases, options)


def one(cases: Cases, seed: int, number: int, *, breaks: bool) -> Found:
    """One run on a disk that forgets or breaks."""
    draw = random.Random(f"cut {seed} {number}")
    phase = PHASES[number % len(PHASES)]
    case = draw.choice(sorted(cases.calls[phase], key=str))
    call = draw.choice(cases.calls[phase][case])
    what = f"{'break' if breaks else 'cut'} {number} of seed {seed}, {case.behaviour.value}, {phase}, call {call}"
    life = Run(cases, case, draw, what)
    return life.fail(call) if breaks else life.cut(call)


def kills(folder: Path, seed: int, count: int) -> Found:
    """Runs in processes that are killed.

    Raises:
        RuntimeError: they did not come to an end.
    """
    folder.mkdir()
    orders = Orders(str(folder), seed, count)
    command = [sys.executable, "-m", "benchmarks.ota_crash_kills", msgspec.json.encode(orders).decode()]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60 + 20 * count)
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    found = Found()
    for line in done.stdout.splitlines():
        killed = msgspec.json.decode(line, type=Killed)
        found.hits.update(killed.hits)
        found.wrong_models.extend(killed.faults)
    return found


def unnoticed(cases: Cases, options: Options) -> Figure:
    """Take out one place at which something is synced, and cut until a run goes wrong."""
    assert cases.expected, "the places are known once every case was followed"
    tries: dict[str, int] = {}
    for place, calls in sorted(cases.places.calls.items()):
        options.progress(f"without {place}")
        tries[place] = next(
            (
                number + 1
                for number in range(_MOST_TRIES)
                if without(cases, place, sorted(calls.items(), key=str), random.Random(f"{options.seed} {number} {place}"))
            ),
            0,
        )
    missed = [place for place, count in tries.items() if not count]
    hardest = max(tries, key=lambda place: tries[place])
    return Figure(
        name="unnoticed_syncs",
        value=len(missed),
        unit="places",
        n=len(tries),
        target=0,
        against=f"each taken out alone; unnoticed: {', '.join(missed) or 'none'}; the rarest noticed in {tries[hardest]} cuts",
    )


def without(cases: Cases, place: str, calls: list[tuple[Case, list[int]]], draw: random.Random) -> bool:
    """One cut without that place: soon after it in most, for what it keeps is soon kept by another; whether it went wrong."""
    case, at = draw.choice(calls)
    call = draw.choice(at) + 1
    call = call + draw.randint(0, 8) if draw.random() < 0.7 else draw.randint(call, max(call, cases.total(case)))
    survival = Survival.ANYTHING if draw.random() < 0.7 else None
    return bool(Run(cases, case, draw, place).cut(call, deaf_at(place), survival).faults)


def _figures(found: Found, form: Form, options: Options) -> Iterator[Figure]:
    kinds = f"{form.cuts} cuts, {form.breaks} breaks, {form.kills} kills, seed {options.seed}"
    least = min(PHASES, key=lambda phase: found.hits[phase])
    yield Figure(name="runs", value=form.runs, unit="runs", n=form.runs, against=kinds)
    yield Figure(
        name="hits_per_state",
        value=found.hits[least],
        unit="hits",
        n=sum(found.hits.values()),
        target=form.runs // 50,
        sense=Sense.AT_LEAST,
        against=f"cuts and kills, the fewest in {least}; {', '.join(f'{phase} {found.hits[phase]}' for phase in PHASES)}",
    )
    for name, faults in (
        ("bricks", found.bricks),
        ("wrong_models", found.wrong_models),
        ("half_bundles", found.half_bundles),
        ("lost_writes", found.lost_writes),
        ("left_over", found.left_over),
    ):
        for fault in faults[:3]:
            options.progress(f"{name}: {fault}")
        yield Figure(
            name=name, value=len(faults), unit="faults", n=form.runs, target=0, against="; ".join([kinds, *faults[:2]])
        )
