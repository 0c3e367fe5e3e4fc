"""What one microphone costs that is listened to all the time: processor and memory of its process.

What is measured: a real agent with one microphone at 16 kHz, whose recording is played as the clock goes. The microphone's
process captures, looks for onsets, asks the network and picks; nobody else has its sound. The kernel counts its processor time
over windows of ten seconds, and its memory.

How much the network is asked depends on how much happens in the street: so there are three streets, and which onsets the box
itself counted in each is told. The one that counts is that with a blow (a door, a tool, a step) every two seconds.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.edge_overhead import median_interval
from benchmarks.figure import Figure, Options, Skipped
from benchmarks.gunshot_recording import everyday
from benchmarks.real_box import RealBox, cpu_s
from hardware.system import memory_mb
from models.bundle.bundle import zoo

DESCRIPTION = "Processor time and memory of the process of one microphone at 16 kHz, in streets where less and more happens"

MODEL = "gunshot"
CORE_SHARE, PSS_MB = 0.05, 100.0
ORDINARY = "ordinary"
STREETS = {ORDINARY: 30.0, "quiet": 0.0, "busy": 120.0}
"""Blows a minute."""
LENGTH_S, QUICK_S = 60.0, 6.0
"""The box counts onsets of the last minute."""
_WINDOW_S = 10.0
_RECORDING_S = 60.0
_LIMIT_S = 90.0
_EAR = "street"

_BOX = f"""
[box]
fleet = "city"
device = "roof-north"
state = "state"

[broker]                 # nobody answers: the link is not the microphone's
host = "127.0.0.1"
port = 9
tls = false

[[microphones]]
id = "{_EAR}"
uri = "street.wav"
repeat = true
pace = "real-time"
model = "{MODEL}"
"""


class Spent(NamedTuple):
    """Shares of a core, one a window; memory, MB; onsets a minute, as the box counts them."""

    shares: list[float]
    pss_mb: list[float]
    onsets: int


def run(options: Options) -> Iterator[Figure]:
    """Measure each street.

    Raises:
        Skipped: the bundle is not there, or the kernel does not tell memory.
    """
    if not (zoo() / MODEL).is_dir():
        msg = f"{zoo() / MODEL}: not there; `lamplighter models build {MODEL}`"
        raise Skipped(msg)
    for name, a_minute in STREETS.items():
        seconds = QUICK_S if options.quick else options.seconds or LENGTH_S
        options.progress(f"{name} street")
        spent = _street(np.random.default_rng(options.seed), a_minute, seconds)
        yield from figures(name, a_minute, seconds, spent, quick=options.quick)


def figures(name: str, a_minute: float, seconds: float, spent: Spent, *, quick: bool) -> Iterator[Figure]:
    """Of one street."""
    against = (
        f"{a_minute:g} blows a minute, in which the box counted {spent.onsets} onsets a minute; {seconds:g} s as the clock goes"
    )
    against += ", short form" if quick else ""
    ordinary = name == ORDINARY
    low, high = median_interval(spent.shares)
    yield Figure(
        name="core_share" if ordinary else f"core_share_{name}",
        value=statistics.mean(spent.shares),
        unit="cores",
        n=len(spent.shares),
        low=low,
        high=high,
        against=f"{against}; mean; interval of the windows' median",
        target=CORE_SHARE if ordinary else None,
    )
    if ordinary:
        yield Figure(
            name="pss_mb",
            value=max(spent.pss_mb),
            unit="MB",
            n=len(spent.pss_mb),
            low=min(spent.pss_mb),
            high=max(spent.pss_mb),
            against=f"{against}; most and least; libraries are divided among all on the machine that use them",
            target=PSS_MB,
        )


def _street(random: np.random.Generator, a_minute: float, seconds: float) -> Spent:
    with tempfile.TemporaryDirectory(prefix="ear-") as name:
        folder = Path(name)
        everyday(random, _RECORDING_S, a_minute).write(folder / "street.wav")
        with contextlib.closing(RealBox(folder, _BOX)) as box:
            box.start()
            for _ in box.polls(0.2, _LIMIT_S):
                if _samples(box):
                    break
            pid = _listening(box)
            return _watch(box, pid, seconds)


def _watch(box: RealBox, pid: int, seconds: float) -> Spent:
    shares: list[float] = []
    pss: list[float] = []
    begun = _samples(box)
    window_s = min(_WINDOW_S, seconds / 3)
    before = time.monotonic(), cpu_s(pid)
    begun_s = before[0]
    while before[0] - begun_s < seconds - window_s / 2:
        time.sleep(window_s)
        now = time.monotonic(), cpu_s(pid)
        shares.append((now[1] - before[1]) / (now[0] - before[0]))
        before = now
        memory = memory_mb([pid])
        if memory is None:
            msg = "the kernel does not tell the memory of a process (smaps_rollup); run the bench as the agent's user"
            raise Skipped(msg)
        pss.append(memory)
    status = box.status()
    ear = None if status is None else status.telemetry.microphones.get(_EAR)
    if ear is None or ear.samples <= begun or ear.overruns:
        msg = f"the microphone did not listen meanwhile: {ear}"
        raise RuntimeError(msg)
    return Spent(shares, pss, ear.onsets_a_minute)


def _samples(box: RealBox) -> int:
    status = box.status()
    ear = None if status is None else status.telemetry.microphones.get(_EAR)
    return 0 if ear is None else ear.samples


def _listening(box: RealBox) -> int:
    """The microphone's process."""
    found = [pid for pid in box.pids() if f"microphone {_EAR}".encode() in _command(pid)]
    if len(found) != 1:
        msg = f"{len(found)} processes listen, not one"
        raise RuntimeError(msg)
    return found[0]


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    return b""
