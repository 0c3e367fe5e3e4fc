"""From start to first event, of an installation that nobody can write to.

What is measured: ``lamplighter edge run`` as a process, from just before it is started to the moment at which the first alert
of a new boot can be read in its outbox: fsynced, as a power cut would leave it. That takes in Python, all imports, the state
folder, the decoder, loading and checking the model, tracking and the commit.

Each start follows a cut: everything was killed, and the outbox of the last boot is there with its write-ahead log. Modules are
compiled beforehand, as an image is built; bytecode is not written, and afterwards nothing in the installation may have changed.
Files are in the page cache: how long a card takes to read them belongs to the card.
"""

from __future__ import annotations

import compileall
import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, Options
from benchmarks.real_box import CLIP, RealBox

DESCRIPTION = "From the start of the agent's process to its first event on disk, from a read-only installation"

TARGET_S = 5.0
_LIMIT_S = 60.0
_PACKAGES = ("protocol", "hardware", "models", "ota", "edge")

_BOX = f"""
[box]
fleet = "city"
device = "square-north"
state = "state"

[broker]                 # nobody answers: at power-on the modem is slower than the box
host = "127.0.0.1"
port = 9
tls = false

[[sources]]
id = "square"
uri = "{CLIP}"
repeat = true

[[sources.zones]]
id = "all"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
alarm = {{ enter_at = 1, leave_at = 0, min_duration_s = 0 }}
"""


def run(options: Options) -> Iterator[Figure]:
    """Start and cut again and again."""
    starts = 3 if options.quick else 15
    with tempfile.TemporaryDirectory(prefix="boot-") as name:
        installation = Path(name) / "installation"
        install(installation)
        for figure_name, environment, target, what in (
            ("start_to_first_event_s", {}, TARGET_S, "modules compiled"),
            ("start_uncompiled_s", {"PYTHONPYCACHEPREFIX": str(installation / "none")}, None, "nothing compiled, ours or not"),
        ):
            environment |= {"PYTHONPATH": str(installation), "PYTHONDONTWRITEBYTECODE": "1"}
            folder = Path(name) / figure_name
            folder.mkdir()
            before = _listing(installation)
            with contextlib.closing(RealBox(folder, _BOX, environment)) as box:
                begun = []
                for i in range(starts):
                    options.progress(f"{what}, start {i + 1} of {starts}")
                    begun.append(first_event(box))
            if _listing(installation) != before:
                msg = "the agent wrote into its installation"
                raise RuntimeError(msg)
            against = f"first alert on disk, each start after a cut, {what}, warm page cache; median, least and most"
            against += ", short form" if options.quick else ""
            yield _figure(figure_name, [start.wall_s for start in begun], against, target)
            yield _figure(figure_name.removesuffix("_s") + "_cpu_s", [start.cpu_s for start in begun], against, None)


def _figure(name: str, values: list[float], against: str, target: float | None) -> Figure:
    return Figure(
        name=name,
        value=statistics.median(values),
        unit="s",
        n=len(values),
        low=min(values),
        high=max(values),
        target=target,
        against=against,
    )


class Start(NamedTuple):
    """What one start took until its first event."""

    wall_s: float
    cpu_s: float
    """Processor time of all of the agent's processes."""


def first_event(box: RealBox) -> Start:
    """Start the box, wait for an alert of the new boot on its disk, and cut the power."""
    known = {boot for boot, _ in box.stored()}
    began_s = box.start()
    for _ in box.polls(0.02, _LIMIT_S):
        if any(kind == "crowd.alert" and boot not in known for boot, kind in box.stored()):
            start = Start(time.monotonic() - began_s, box.cpu_s())
            break
    box.cut()
    return start


def install(folder: Path) -> None:
    """Copy what a box has into a folder, compile it, and take the right to write away.

    Raises:
        RuntimeError: when Python would not use the copy.
    """
    source = Path(__file__).resolve().parents[1]
    folder.mkdir()
    for name in _PACKAGES:
        if (source / name).is_dir():
            shutil.copytree(source / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(source / "lamplighter.py", folder)
    compileall.compile_dir(folder, quiet=2)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import edge; print(edge.__file__)"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    if not where.stdout.startswith(str(folder)):
        msg = f"Python takes the agent from {where.stdout.strip()}, not from the copy that is to be measured"
        raise RuntimeError(msg)


def _listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*"))
