"""What replacing a model costs the pictures: none may be lost, and none may wait longer than for another picture.

What is measured: the agent's runtime with its real processes, two cameras in real time, every picture looked at whole; beside
it what an update does, in its own thread and through the port that it uses: golden vectors in a second process, a shadow run
on the live pictures, the switch, again and again. A picture counts as lost when nobody has looked at it, whatever the reason,
from before the golden vectors until after the switch. The same time without an update, in the same run, is what it is held
against. On a rented machine the host takes processors away for whole frame times; what it took just before a loss is said too,
because no program can do anything about that.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Options, Sense
from benchmarks.real_box import CLIP
from edge.clock import SystemClock
from edge.infer.outcome import NothingSeen, Seen
from edge.runtime.planner import BundlePlanner
from edge.runtime.result import FrameResult
from edge.runtime.runtime import Runtime
from edge.updates.errands import Errands
from edge.updates.trial import RuntimeTrial
from hardware.accelerators import detect
from models.bundle.bundle import MANIFEST, zoo
from protocol.config import Gate, Source
from protocol.events import Reason

DESCRIPTION = "Pictures that are lost while a model is replaced under load, and the longest gap between two"

MODEL = "person-vehicle-fast"
FPS = 12.0
"""Of each camera: two of them keep one core at two fifths with the old model alone, which leaves a board of two cores room for
the second process."""
QUICK_FPS = 6.0
CAMERAS = ("gate", "yard")
_FIRST_S = 60.0
_SETTLE_S = 2.0
"""Before and after each, which belongs to it."""
_SHADOW_LOOKS = 5
_LIMIT_S = 120.0
_HOST_S = 0.5
"""A picture that is lost so soon after the host took a processor was lost to that."""
_HOST_MS = 30.0
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


class Watched:
    """A runtime, and all that came out of it."""

    def __init__(self, models: Path, fps: float) -> None:
        self._fps = fps
        self.results: list[tuple[float, FrameResult]] = []
        self.stolen: list[tuple[float, float]] = []
        """Monotonic second, and milliseconds of all processors that the host has taken since boot."""
        self.planner = BundlePlanner(models, detect())
        self.runtime = Runtime(self.planner, SystemClock(), self._take, _ignore)
        self.errands = Errands(self.runtime.wake)
        self.trial = RuntimeTrial(self.errands, self.runtime, self.planner)

    def begin(self) -> None:
        """Look with every camera, until each has been looked at for a while."""
        gate = Gate(enabled=False)
        self.runtime.configure(
            tuple(Source(name, str(CLIP), model=MODEL, gate=gate, repeat=True, fps=self._fps) for name in CAMERAS)
        )
        self.until(lambda: sum(looked(result) for _, result in self.results) >= len(CAMERAS) * self._fps, _FIRST_S)

    def until(self, condition: Callable[[], bool], within_s: float) -> None:
        """Let it run until something holds.

        Raises:
            TimeoutError: it does not.
        """
        end = time.monotonic() + within_s
        while not condition():
            self.runtime.poll(0.25)
            self.errands.work()
            self.stolen.append((time.monotonic(), stolen_ms()))
            if time.monotonic() > end:
                msg = f"the runtime does not get on: {self.runtime.sources()} {self.runtime.accelerators()}"
                raise TimeoutError(msg)

    def rest(self, seconds: float) -> None:
        """Let it run for a while."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, seconds + _LIMIT_S)

    def replace(self, folder: Path | None, release: Path) -> None:
        """What an update does, from golden vectors to switch.

        Raises:
            RuntimeError: it went wrong.
        """
        faults: list[BaseException] = []

        def update() -> None:
            try:
                golden = self.trial.golden(release, "")
                if not golden.passed:
                    raise RuntimeError(golden.detail)  # noqa: TRY301 - the other thread tells it
                while (found := self.trial.shadow(MODEL, release, "")).looks < _SHADOW_LOOKS and not found.unable:
                    time.sleep(0.1)
                self.trial.end_shadow(MODEL)
                self.trial.switch(MODEL, folder, "")
            except BaseException as error:  # noqa: BLE001 - told by the thread that waits
                faults.append(error)

        thread = threading.Thread(target=update, name="update", daemon=True)
        thread.start()
        self.until(lambda: not thread.is_alive(), _LIMIT_S)
        if faults:
            msg = f"the update went wrong: {faults[0]}"
            raise RuntimeError(msg) from faults[0]

    def _take(self, result: FrameResult) -> None:
        self.results.append((time.monotonic(), result))


def run(options: Options) -> Iterator[Figure]:
    """Replace a model by another release and back, again and again."""
    times, fps = (2, QUICK_FPS) if options.quick else (20, FPS)
    with tempfile.TemporaryDirectory(prefix="switch-") as name:
        release = another(Path(name) / MODEL)
        watched = Watched(zoo(), fps)
        try:
            watched.begin()
            spans: list[list[tuple[float, FrameResult]]] = []
            for number in range(times):
                options.progress(f"{number} of {times} replaced")
                first = len(watched.results)
                watched.rest(_SETTLE_S)
                forth = number % 2 == 0
                watched.replace(release if forth else None, release if forth else zoo() / MODEL)
                watched.rest(_SETTLE_S)
                spans.append(watched.results[first:])
            seconds = sum(span[-1][0] - span[0][0] for span in spans)
            options.progress(f"{seconds:.0f} s without an update")
            first = len(watched.results)
            watched.rest(seconds)
            quiet = watched.results[first:]
        finally:
            watched.runtime.stop()
    yield from _figures(spans, quiet, watched.stolen, fps)


def looked(result: FrameResult) -> bool:
    """Whether a model has looked."""
    return isinstance(result.outcome, Seen | NothingSeen)


def lost(results: Sequence[tuple[float, FrameResult]]) -> int:
    """Pictures at which nobody looked."""
    return sum(not looked(result) for _, result in results)


def lost_to_host(results: Sequence[tuple[float, FrameResult]], stolen: Sequence[tuple[float, float]]) -> int:
    """Those of them before which the host took a processor.

    Args:
        results: what came out, and when.
        stolen: milliseconds that the host has taken since boot, by monotonic second.
    """
    return sum(_stolen_before(at, stolen) >= _HOST_MS for at, result in results if not looked(result))


def stolen_ms() -> float:
    """Milliseconds of all processors that the host of a virtual machine has taken since boot (proc(5), ``steal``)."""
    with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123 - read with every picture
        return int(file.readline().split()[8]) * _TICK_MS


def handovers(results: Sequence[tuple[float, FrameResult]]) -> list[float]:
    """Milliseconds of recording between the last picture that one release looked at and the first of the other, by camera."""
    gaps = []
    for camera in CAMERAS:
        mine = [result for _, result in results if result.source == camera and looked(result)]
        for before, after in itertools.pairwise(mine):
            if before.model != after.model:
                gaps.append((after.media_s - before.media_s) * 1000)
    return gaps


def waits(results: Sequence[tuple[float, FrameResult]]) -> float:
    """Longest time between two answers of one camera, milliseconds."""
    longest = 0.0
    for camera in CAMERAS:
        at = [came for came, result in results if result.source == camera and looked(result)]
        longest = max([longest, *((after - before) * 1000 for before, after in itertools.pairwise(at))])
    return longest


def another(folder: Path) -> Path:
    """The installed bundle under a higher version: what is replaced by it is the same work."""
    shutil.copytree(zoo() / MODEL, folder)
    path = folder / MANIFEST
    manifest = msgspec.json.decode(path.read_bytes())
    manifest["version"] = "99.0.0"
    path.write_bytes(msgspec.json.encode(manifest))
    return folder


def _stolen_before(at: float, stolen: Sequence[tuple[float, float]]) -> float:
    near = [taken for moment, taken in stolen if at - _HOST_S <= moment <= at + _HOST_S / 10]
    return max(near) - min(near) if near else 0.0


def _figures(
    spans: Sequence[Sequence[tuple[float, FrameResult]]],
    quiet: Sequence[tuple[float, FrameResult]],
    stolen: Sequence[tuple[float, float]],
    fps: float,
) -> Iterator[Figure]:
    gaps = [gap for span in spans for gap in handovers(span)]
    frame_ms = 1000 / fps
    count = sum(len(span) for span in spans)
    load = f"{len(CAMERAS)} cameras of {fps:g} pictures a second, all looked at; {len(spans)} times golden, shadow, switch"
    yield Figure(
        name="frames_lost",
        value=sum(lost(span) for span in spans),
        unit="pictures",
        n=count,
        target=0,
        sense=Sense.EXACTLY,
        against=f"{load}; {lost(quiet)} of {len(quiet)} lost without an update, in the same run",
    )
    yield Figure(
        name="frames_lost_to_host",
        value=sum(lost_to_host(span, stolen) for span in spans),
        unit="pictures",
        n=count,
        against=f"of those lost: the host took {_HOST_MS:g} ms of a processor or more within {_HOST_S:g} s before; "
        f"{lost_to_host(quiet, stolen)} without an update, in the same run",
    )
    yield Figure(
        name="frames_lost_without",
        value=lost(quiet),
        unit="pictures",
        n=len(quiet),
        against="without an update: what else the machine does",
    )
    yield Figure(
        name="gap_ms",
        value=max(gaps, default=float("inf")),
        unit="ms",
        n=len(gaps),
        low=min(gaps, default=None),
        high=max(gaps, default=None),
        target=round(frame_ms + 0.1, 1),
        against=f"from the last picture of one release to the first of the other; one comes every {frame_ms:.1f} ms; {load}",
    )
    yield Figure(
        name="longest_wait_ms",
        value=max(waits(span) for span in spans),
        unit="ms",
        n=count,
        against=f"between two answers of one camera; {waits(quiet):.0f} ms without an update, in the same run; {load}",
    )


def _ignore(subject: str, reasons: tuple[Reason, ...]) -> None:
    del subject, reasons
