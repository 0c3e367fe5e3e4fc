"""How many cameras at ten pictures a second one core carries: the agent against what most people put together.

The peer (:mod:`benchmarks.peer_stack`) is OpenCV, ONNX Runtime, ``trackers`` with ByteTrack, and ``supervision`` with a zone
and a line, in one process, with the same file of the same model. It is tuned: for each stride its thresholds are those that
count best on frames 1-200 of the square; its best stride is the largest that counts there within a tenth of the best of all.
Ours is tuned by the same rule on the same frames: the longest time between looks that counts there as well as the peer. Both
are told on frames 201-400. The peer's cameras are what its processor time for each picture allows; ours are real agents with
all their processes, pinned to one core, with cameras in real time, of which no picture may be lost. With two cameras and with
four, both run in real time (:mod:`benchmarks.peer_turns`).

It needs a Python of its own for the peer, named in LAMPLIGHTER_PEER; docs/developer.md says how it is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from benchmarks import peer_turns
from benchmarks.crowd_accuracy import LAST, read_truth
from benchmarks.eye import CLIP_FPS, clip, watch
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.real_box import CLIP
from protocol.config import Gate

DESCRIPTION = "Cameras at ten pictures a second that one core carries, against supervision and trackers"

RATIO_AT_LEAST = 2.0
TUNED = 200
"""Pictures on which both sides are tuned."""
STRIDES = (1, 2, 3, 4, 5, 6, 8, 10)
LOOKS_S = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Seconds between looks that are tried."""
AS_GOOD = 1.1
FPS = peer_turns.PACE
PEER = "LAMPLIGHTER_PEER"
_CAMERAS = (4, 12)
"""Cameras of the two agents from whose difference the cost of one camera is told beside the whole."""
_TURN_S = 20.0


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
    peers = peer_turns.ask_peer(python, core, {"people": people, "tuned": TUNED, "strides": strides})
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
    sides = peer_turns.Sides(
        lambda number: box_file(number, look_s), python, peer, core, f"{against}; a look every {look_s:g} s"
    )
    yield from peer_turns.several(sides, RATIO_AT_LEAST, options)


def mae(counts: list[float], people: list[int], first: int, last: int) -> float:
    """Mean absolute error of counts."""
    return float(np.abs(np.array(counts[first:last], np.float64) - np.array(people[first:last])).mean())


def cost_s(number: int, look_s: float, core: int, seconds: float) -> float:
    """Processor time of an agent on one core for each picture of one of its cameras, seconds.

    Raises:
        RuntimeError: when pictures were lost, or did not come at their pace: the core does not carry so many.
    """
    turn, _ = peer_turns.agent_turn(box_file(number, look_s), number, core, seconds)
    rate = turn.pace(number)
    if turn.late or abs(rate / FPS - 1) > 1 - peer_turns.PACE_KEPT:
        msg = f"{number} cameras on one core: {turn.late} pictures were lost, {rate:.1f} of {FPS} a second were looked after"
        raise RuntimeError(msg)
    return turn.each_s


def box_file(number: int, look_s: float) -> str:
    """Configuration of an agent with so many cameras at ten pictures a second, without a link."""
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
