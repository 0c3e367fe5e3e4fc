"""Senses that fail: how long until the box says why, and how long until all is well again.

What is measured: a real agent with a camera over RTSP (GStreamer's server, with a password) and a recording in the place of a
microphone. A fault begins; ``told_s`` is the time until a reason for it stands in the box's status. It lasts for a while and
ends; ``recovery_s`` is the time from there until no reason stands and a model has looked at new pictures. Nothing but the fault
is touched: the agent is the same process from the beginning to the end.

Rows of the table of faults: 51 and 53 by the camera and the accelerator; 52 by the recording, whose sound falls silent and
clips; 54 by a wall clock that steps under the agent (libfaketime; the monotonic clock goes on).
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.figure import Figure, Options, Skipped
from benchmarks.real_box import RealBox
from benchmarks.sources_faults import PASSWORD, USER, Fault, StuckAccelerator, as_it_was, camera_faults
from edge.credentials import FOLDER, Credential, write_credential
from simulator.faults.walls import SteppedWall
from simulator.faults.walls import missing as no_steps
from simulator.ipcamera.camera import IpCamera
from simulator.ipcamera.camera import missing as no_camera

DESCRIPTION = "Cameras, microphones, accelerator and clock that fail: time until it is said, and until all is well again"

TARGET_S = 5.0
_LOOK_S = 0.03
_LIMIT_S = 120.0
_OUTAGES_S = (4.0, 15.0, 60.0)
"""How long a fault lasts after it was said; the last is long enough for every wait to have reached its cap."""
_AT_ONCE = 3
"""Times of one that is over as soon as it has begun."""
_STEPS_S = (5 * 3600.0, -9 * 3600.0)

_HEAD = """
[box]
fleet = "city"
device = "square-north"
state = "state"

[broker]                 # nobody answers
host = "127.0.0.1"
port = 9
tls = false
"""
_CAMERA = """
[[sources]]
id = "gate"
kind = "rtsp"
uri = "{uri}"
credential = "gate"
gate = {{ enabled = false }}
zones = [{{ id = "all", polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] }}]
"""
_MICROPHONE = """
[[microphones]]
id = "roof"
uri = "roof.wav"
repeat = true
"""

RATE_HZ = 16_000
_LEVEL, _CLIPPED = 300, 1.4
"""Of the street's noise, in steps of 16 bits; and of the tone that is too loud, in full scales."""
SECTIONS = (("quiet street", 5.0), ("silent", 5.0), ("quiet street", 5.0), ("clipped", 5.0))
"""What the recording has, one after the other, seconds."""
_SAID_OF = {"silent": "microphone-silent", "clipped": "microphone-clipped"}


class Look(NamedTuple):
    """The box at one moment."""

    at_s: float
    """Monotonic."""
    codes: frozenset[str]
    pictures: int
    inferences: int
    samples: int
    synchronised: bool


def run(options: Options) -> Iterator[Figure]:
    """Break one thing after the other."""
    if missing := no_camera():
        msg = f"a real RTSP server needs Debian's {missing}: make system"
        raise Skipped(msg)
    with tempfile.TemporaryDirectory(prefix="sources-") as name:
        folder = Path(name)
        yield from _senses(folder, options)
        if not options.quick:
            yield from _clock(folder, options)


def _senses(folder: Path, options: Options) -> Iterator[Figure]:
    """Rows 51 to 53."""
    kept = folder / "box" / "state" / FOLDER / "gate"
    write_credential(kept, Credential(USER, PASSWORD))
    with IpCamera(folder / "camera") as camera:
        camera.protect(USER, PASSWORD)
        write_recording(folder / "box" / "roof.wav")
        box = RealBox(folder / "box", _HEAD + _CAMERA.format(uri=camera.uri) + _MICROPHONE)
        stuck = StuckAccelerator(lambda: box.pid)
        faults = (*camera_faults(camera, kept), stuck.fault)
        if options.quick:
            faults = tuple(fault for fault in faults if fault.name in {"gone", "credentials"})
        with watched(box) as watcher:
            for fault in faults:
                spans = []
                for outage_s in (1.0,) if options.quick else _OUTAGES_S if fault.end else (1.0,) * _AT_ONCE:
                    options.progress(f"{fault.name}: {fault.what}")
                    spans.append(suffer(watcher, fault, outage_s))
                    if not fault.end:
                        suffer(watcher, as_it_was(camera), 0.0)
                yield from _figures(fault.name, spans, fault.what, options)
            if not options.quick:
                yield from _sound(watcher, options)


def _sound(watcher: Watcher, options: Options) -> Iterator[Figure]:
    heard = watcher.looks
    for name, spans in hearings(heard).items():
        yield from _figures(
            f"microphone_{name}", spans, f"the sound is {name} for {SECTIONS[1][1]:g} s, again and again", options
        )


def _clock(folder: Path, options: Options) -> Iterator[Figure]:
    """Row 54."""
    if missing := no_steps():
        options.progress(f"the clock is not stepped: {missing} is not there")
        return
    wall = SteppedWall(folder / "wall")
    (folder / "stepped").mkdir()
    with IpCamera(folder / "camera") as camera:
        file = _HEAD + _CAMERA.format(uri=camera.uri).replace('credential = "gate"\n', "")
        agent = (sys.executable, "-c", "import sys; from simulator.agent import run; run(sys.argv[1])")
        with watched(RealBox(folder / "stepped", file, wall.environment, agent)) as watcher:
            watcher.until(lambda look: look.synchronised, "a clock that is believed")
            spans = []
            for step_s in _STEPS_S:
                options.progress(f"the wall clock steps by {step_s / 3600:g} hours")
                begun_s = time.monotonic()
                wall.step(step_s)
                told = watcher.until(lambda look: not look.synchronised, "the step is noticed")
                well = watcher.until(_is_well(watcher.at(begun_s)), "pictures go on")
                spans.append(Span(told.at_s - begun_s, well.at_s - begun_s))
                watcher.until(lambda look: look.synchronised, "a clock that is believed again")
            yield from _figures(
                "clock", spans, "the wall clock steps by hours; told: events are marked unsynchronised", options
            )


class Span(NamedTuple):
    """What one fault took, seconds."""

    told_s: float | None
    recovery_s: float


def suffer(watcher: Watcher, fault: Fault, outage_s: float) -> Span:
    """Let a fault begin, last and end.

    Args:
        watcher: of the box.
        fault: what befalls it.
        outage_s: how long it lasts after it was said.
    """
    begun_s = time.monotonic()
    fault.begin()
    told_s = None
    if fault.codes:
        told_s = watcher.until(lambda look: bool(look.codes & fault.codes), f"{fault.name} is said").at_s - begun_s
    if fault.end is not None:
        time.sleep(outage_s)
        begun_s = time.monotonic()
        fault.end()
    well = watcher.until(_is_well(watcher.at(begun_s)), f"all is well after {fault.name}")
    return Span(told_s, well.at_s - begun_s)


def _is_well(since: Look) -> Callable[[Look], bool]:
    """Nothing stands against camera and accelerator, and two new pictures were looked at."""

    def judge(look: Look) -> bool:
        against = [code for code in look.codes if code.startswith(("source-", "accelerator-"))]
        return not against and look.inferences >= since.inferences + 2

    return judge


def hearings(looks: list[Look]) -> dict[str, list[Span]]:
    """What was said of the recording, by section, for each time that it was heard whole."""
    sounding = [look for look in looks if look.samples]
    begun_s = min(look.at_s - look.samples / RATE_HZ for look in sounding)
    length_s = sum(seconds for _, seconds in SECTIONS)
    found: dict[str, list[Span]] = {name: [] for name in _SAID_OF}
    for turn in range(int((looks[-1].at_s - begun_s) / length_s)):
        at_s = begun_s + turn * length_s
        for name, seconds in SECTIONS:
            end_s = at_s + seconds
            if code := _SAID_OF.get(name):
                said_s = next((look.at_s for look in looks if at_s <= look.at_s and code in look.codes), float("inf"))
                over_s = next((look.at_s for look in looks if end_s <= look.at_s and code not in look.codes), float("inf"))
                found[name].append(Span(said_s - at_s, over_s - end_s))
            at_s = end_s
    return {name: spans[:-1] for name, spans in found.items()}  # the last may not have been heard to its end


def write_recording(path: Path) -> None:
    """Write what the microphone hears: :data:`SECTIONS`, one channel, 16 bits."""
    random = np.random.default_rng(1)
    parts = []
    for name, seconds in SECTIONS:
        count = round(seconds * RATE_HZ)
        match name:
            case "silent":
                part = np.zeros(count)
            case "clipped":
                part = np.sin(np.arange(count) * 2 * np.pi * 440 / RATE_HZ) * _CLIPPED * 32768
            case _:
                part = random.normal(0, _LEVEL, count)
        parts.append(np.clip(part, -32768, 32767).astype("<i2"))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(np.concatenate(parts).tobytes())


class Watcher:
    """Looks at a running box all the time.

    Args:
        box: it.

    Attributes:
        looks: all so far.
    """

    def __init__(self, box: RealBox) -> None:
        self._box = box
        self.looks: list[Look] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def last(self) -> Look:
        """The last look."""
        return self.looks[-1]

    def at(self, moment_s: float) -> Look:
        """The last look before a moment."""
        return next(look for look in reversed(self.looks) if look.at_s <= moment_s)

    def until(self, condition: Callable[[Look], bool], what: str) -> Look:
        """The first look from now on at which something holds.

        Raises:
            TimeoutError: it does not.
        """
        seen = len(self.looks)
        try:
            for _ in self._box.polls(_LOOK_S / 3, _LIMIT_S):
                while seen < len(self.looks):
                    if condition(self.looks[seen]):
                        return self.looks[seen]
                    seen += 1
        except TimeoutError as error:
            msg = f"waited for: {what}; the box is at {self.looks[-1:]}: {error}"
            raise TimeoutError(msg) from None
        raise AssertionError  # they end with an error

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_S):
            status = self._box.status()
            if status is None:
                continue
            telemetry = status.telemetry
            source, ear = telemetry.sources.get("gate"), telemetry.microphones.get("roof")
            self.looks.append(
                Look(
                    time.monotonic(),
                    frozenset(reason.code for reason in status.reasons),
                    source.pictures if source else 0,
                    source.inferences if source else 0,
                    ear.samples if ear else 0,
                    telemetry.clock is not None and telemetry.clock.synchronised,
                )
            )


@contextlib.contextmanager
def watched(box: RealBox) -> Iterator[Watcher]:
    """A box that runs and is well at the beginning, and ends at the end."""
    with contextlib.closing(box):
        box.start()
        watcher = Watcher(box)
        try:
            watcher.until(lambda look: look.inferences >= 2, "the first pictures")
            yield watcher
        finally:
            watcher.stop()


def _figures(name: str, spans: list[Span], what: str, options: Options) -> Iterator[Figure]:
    note = "; the longest, and from the shortest" + (", short form" if options.quick else "")
    told = [span.told_s for span in spans if span.told_s is not None]
    for kind, values in (("told_s", told), ("recovery_s", [span.recovery_s for span in spans])):
        if values:
            yield Figure(
                name=f"{kind}_{name}",
                value=max(values),
                unit="s",
                n=len(values),
                low=min(values),
                high=max(values),
                target=TARGET_S,
                against=f"{what}{note}",
            )
