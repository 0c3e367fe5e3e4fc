"""How many cameras at ten pictures a second one core carries: the agent against what most people put together.

The peer (:mod:`benchmarks.peer_stack`) is OpenCV, ONNX Runtime, ``trackers`` with ByteTrack, and ``supervision`` with a zone
and a line, in one process, with the same file of the same model. It is tuned: for each stride its thresholds are those that
count best on frames 1-200 of the square; its best stride is the largest that counts there within a tenth of the best of all.
Ours is tuned by the same rule on the same frames: the longest time between looks that counts there as well as the peer. Both
are told on frames 201-400. The peer's cameras are what its processor time for each picture allows; ours are real agents with
all their processes, pinned to one core, with cameras in real time, of which no picture may be lost.

It needs a Python of its own for the peer: ``python -m venv PEER && PEER/bin/pip install supervision trackers onnxruntime``,
and its path in LAMPLIGHTER_PEER.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.crowd_accuracy import LAST, read_truth
from benchmarks.eye import CLIP_FPS, clip, watch
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.real_box import CLIP, RealBox
from models.bundle.bundle import load_bundle, zoo
from protocol.config import FOR_PEOPLE, Gate

DESCRIPTION = "Cameras at ten pictures a second that one core carries, against supervision and trackers"

RATIO_AT_LEAST = 2.0
TUNED = 200
"""Pictures on which both sides are tuned."""
STRIDES = (1, 2, 3, 4, 5, 6, 8, 10)
LOOKS_S = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Seconds between looks that are tried."""
AS_GOOD = 1.1
FPS = 10
PEER = "LAMPLIGHTER_PEER"
_CAMERAS = (4, 12)
"""Cameras of the two agents from whose difference the cost of one camera is told beside the whole."""
_TURN_S = 20.0
_LIMIT_S = 90.0


def run(options: Options) -> Iterator[Figure]:
    """Tune both, then measure both."""
    python, truth_file = os.environ.get(PEER, ""), options.data / "pets" / "gt_001_400.txt"
    if not python:
        msg = f"{PEER} is not set: give the Python of an environment with supervision, trackers and onnxruntime"
        raise Skipped(msg)
    if not truth_file.exists():
        msg = f"{truth_file} is not there: the truth of PETS 2009 is not part of the repository; give its folder with --data"
        raise Skipped(msg)
    truth = read_truth(truth_file)
    people = [len(truth[frame].people) for frame in range(1, LAST + 1)]
    core = min(os.sched_getaffinity(0))
    strides, looks = ((2, 4), (0.75,)) if options.quick else (STRIDES, LOOKS_S)
    options.progress("tuning the peer")
    peers = ask_peer(python, people, strides, core)
    off = {peer["stride"]: (mae(peer["counts"], people, 0, TUNED), mae(peer["counts"], people, TUNED, LAST)) for peer in peers}
    best = min(tuned for tuned, _ in off.values())
    peer = max((peer for peer in peers if off[peer["stride"]][0] <= best * AS_GOOD), key=lambda peer: peer["stride"])
    stride = peer["stride"]
    ours: list[tuple[float, float, float]] = []
    for look_s in looks:
        options.progress(f"tuning ours: a look every {look_s:g} s")
        told = watch(clip(CLIP, until=LAST), Gate(look_every_s=look_s), CLIP_FPS).told
        counts = [told[frame].count for frame in range(1, LAST + 1)]
        ours.append((look_s, mae(counts, people, 0, TUNED), mae(counts, people, TUNED, LAST)))
    good = [each for each in ours if each[1] <= off[stride][0]]
    look_s, _, our_mae = max(good) if good else min(ours, key=lambda each: each[1])
    costs = []
    for number in _CAMERAS if not options.quick else _CAMERAS[:1]:
        options.progress(f"{number} cameras, a look every {look_s:g} s")
        costs.append(cost_s(number, look_s, core, 3.0 if options.quick else _TURN_S))
    cost = costs[-1]
    cameras, theirs = 1 / (cost * FPS), 1 / (peer["cpu_s"] * FPS)
    against = f"supervision and trackers at a stride of {stride}, both on one core, the same model"
    judge = not options.quick
    yield Figure(
        name="cameras_ratio",
        value=cameras / theirs,
        unit="",
        n=LAST,
        against=f"{against}; a look every {look_s:g} s, {_CAMERAS[-1]} cameras" + ("" if judge else ", short form"),
        target=RATIO_AT_LEAST if judge else None,
        sense=Sense.AT_LEAST,
    )
    yield Figure(name="cameras", value=cameras, unit="", n=LAST)
    yield Figure(name="peer_cameras", value=theirs, unit="", n=LAST)
    yield Figure(
        name="picture_ms", value=cost * 1000, unit="ms", n=LAST, against="processor time for each picture, all processes"
    )
    yield Figure(name="peer_picture_ms", value=peer["cpu_s"] * 1000, unit="ms", n=LAST)
    yield Figure(name="count_mae", value=our_mae, unit="people", n=LAST - TUNED, against=f"frames {TUNED + 1}-{LAST}")
    yield Figure(
        name="peer_count_mae", value=off[stride][1], unit="people", n=LAST - TUNED, against=f"frames {TUNED + 1}-{LAST}"
    )


def mae(counts: list[float], people: list[int], first: int, last: int) -> float:
    """Mean absolute error of counts."""
    return float(np.abs(np.array(counts[first:last], np.float64) - np.array(people[first:last])).mean())


def ask_peer(python: str, people: list[int], strides: tuple[int, ...], core: int) -> list[dict[str, Any]]:
    """What the peer comes to, for each stride."""
    bundle = load_bundle(zoo() / FOR_PEOPLE)
    file = next(variant.file for variant in bundle.manifest.variants if variant.precision == "int8")
    task = {
        "clip": str(CLIP),
        "model": str(bundle.folder / file),
        "fps": CLIP_FPS,
        "people": people,
        "tuned": TUNED,
        "strides": strides,
        "core": core,
    }
    script = Path(__file__).with_name("peer_stack.py")
    done = subprocess.run([python, str(script)], input=json.dumps(task), capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"the peer cannot run ({done.stderr.strip()[-300:]}); install supervision, trackers and onnxruntime for {python}"
        raise Skipped(msg)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def cost_s(number: int, look_s: float, core: int, seconds: float) -> float:
    """Processor time of an agent on one core for each picture of one of its cameras, seconds.

    Raises:
        RuntimeError: when pictures were lost, or did not come at their pace: the core does not carry so many.
    """
    before = os.sched_getaffinity(0)
    with (
        tempfile.TemporaryDirectory(prefix="peer-") as name,
        contextlib.closing(RealBox(Path(name), _box(number, look_s))) as box,
    ):
        os.sched_setaffinity(0, {core})
        try:
            box.start()
        finally:
            os.sched_setaffinity(0, before)
        for _ in box.polls(0.2, _LIMIT_S):
            if _seen(box)[1] >= number * 2:
                break
        time.sleep(2.0)
        (pictures, _, drops), cpu_s, at_s = _seen(box), box.cpu_s(), time.monotonic()
        time.sleep(seconds)
        (later, _, lost), spent_s, now_s = _seen(box), box.cpu_s(), time.monotonic()
        rate = (later - pictures) / (now_s - at_s) / number
    if lost > drops or abs(rate / FPS - 1) > 0.05:
        msg = f"{number} cameras on one core: {lost - drops} pictures were lost, {rate:.1f} of {FPS} a second were looked after"
        raise RuntimeError(msg)
    return (spent_s - cpu_s) / (later - pictures)


def _seen(box: RealBox) -> tuple[int, int, int]:
    """Pictures, inferences and losses since the boot, of all cameras."""
    status = box.status()
    sources = [] if status is None else list(status.telemetry.sources.values())
    return (
        sum(source.pictures for source in sources),
        sum(source.inferences for source in sources),
        sum(sum(source.drops.values()) for source in sources),
    )


def _box(number: int, look_s: float) -> str:
    cameras = "".join(
        f"""
[[sources]]
id = "square-{camera}"
uri = "{CLIP}"
repeat = true
fps = {FPS}
gate = {{ look_every_s = {look_s} }}

[[sources.zones]]
id = "all"
polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]

[[sources.lines]]
id = "crossing"
start = [0.5, 0.2]
end = [0.5, 1.0]
"""
        for camera in range(number)
    )
    return f"""
[box]
fleet = "city"
device = "square-north"
state = "state"

[broker]                 # nobody answers: what the link costs is measured elsewhere
host = "127.0.0.1"
port = 9
tls = false
{cameras}"""
