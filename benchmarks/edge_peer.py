"""How many cameras at ten pictures a second one core carries: the agent against what most people put together.

The peer (:mod:`benchmarks.peer_stack`) is OpenCV, ONNX Runtime, ``trackers`` with ByteTrack, and ``supervision`` with a zone
and a line, in one process, with the same file of the same model. It is tuned: for each stride its thresholds are those that
count best on frames 1-200 of the square, and its best stride is the one that counts best there. Ours is what is shipped. Both
are told on frames 201-400; the other strides are told beside it, with what they count. Counts are means over every picture that
could be looked at first: which one a stride happens to hit moves its error by a fifth.

The peer's cameras are what its processor time for each picture allows; ours are real agents with all their processes, pinned
to one core, with cameras in real time, of which no picture may be lost. With two cameras and with four, both run in real time
(:mod:`benchmarks.peer_turns`).

It needs a Python of its own for the peer, named in LAMPLIGHTER_PEER; docs/developer.md says how it is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

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
"""Pictures on which the peer is tuned."""
STRIDES = (1, 2, 3, 4, 5, 6, 8, 10)
TOLD = (2, 3)
"""Strides that are told beside the best."""
BEGINNINGS = 6
"""Pictures with which ours begins, in turn."""
SETTLED = 12
"""Pictures after which counts are judged."""
FPS = peer_turns.PACE
PEER = "LAMPLIGHTER_PEER"


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
    strides = (2, 4) if options.quick else STRIDES
    options.progress("tuning the peer")
    peers = peer_turns.ask_peer(python, core, {"people": people, "tuned": TUNED, "settled": SETTLED, "strides": strides})
    off = {peer["stride"]: errors(peer["counts"], people) for peer in peers}
    best = min(peers, key=lambda peer: off[peer["stride"]][0])
    ours = []
    for skipped in range(1 if options.quick else BEGINNINGS):
        options.progress(f"what ours counts, beginning with picture {skipped + 1}")
        told = watch(islice(clip(CLIP, until=LAST), skipped, None), Gate(), CLIP_FPS).told
        ours.append([0.0] * skipped + [told[frame].count for frame in range(1, LAST - skipped + 1)])
    our_tuned, our_off = errors(ours, people)
    number, seconds = (4, 8.0) if options.quick else (12, 20.0)
    options.progress(f"{number} cameras")
    cost = cost_s(number, core, seconds)
    judge = not options.quick
    whom = "supervision and trackers at a stride of {}, both on one core, the same model" + ("" if judge else ", short form")
    against = whom.format(best["stride"])
    yield Figure(
        name="cameras_ratio",
        value=best["cpu_s"] / cost,
        unit="",
        n=LAST,
        against=f"{against}; the stride that counts best on frames 1-{TUNED}",
        target=RATIO_AT_LEAST if judge else None,
        sense=Sense.AT_LEAST,
    )
    yield Figure(name="cameras", value=1 / (cost * FPS), unit="", n=LAST, against=f"of which {number} were run")
    yield Figure(name="peer_cameras", value=1 / (best["cpu_s"] * FPS), unit="", n=LAST)
    yield Figure(
        name="picture_ms", value=cost * 1000, unit="ms", n=LAST, against="processor time for each picture, all processes"
    )
    yield Figure(name="peer_picture_ms", value=best["cpu_s"] * 1000, unit="ms", n=LAST)
    frames = f"frames {TUNED + 1}-{LAST}, mean over what is looked at first; {{:.2f}} on frames 1-{TUNED}"
    yield Figure(
        name="count_mae",
        value=our_off,
        unit="people",
        n=LAST - TUNED,
        against=frames.format(our_tuned),
        target=off[best["stride"]][1] if judge else None,
    )
    for peer in peers:
        stride = peer["stride"]
        named = "" if peer is best else f"_stride_{stride}"
        if peer is not best and stride in TOLD:
            yield Figure(name=f"cameras_ratio{named}", value=peer["cpu_s"] / cost, unit="", n=LAST, against=whom.format(stride))
        if peer is best or stride in TOLD:
            yield Figure(
                name=f"peer_count_mae{named}",
                value=off[stride][1],
                unit="people",
                n=LAST - TUNED,
                against=frames.format(off[stride][0]),
            )
    sides = peer_turns.Sides(box_file, python, best, core, against)
    yield from peer_turns.several(sides, RATIO_AT_LEAST, options)


def errors(counts: list[list[float]], people: list[int]) -> tuple[float, float]:
    """Mean absolute error of counts on the pictures that the peer is tuned on, and on the others: mean over several runs."""
    off = np.abs(np.array(counts, np.float64) - np.array(people))
    return float(off[:, SETTLED:TUNED].mean()), float(off[:, TUNED:].mean())


def cost_s(number: int, core: int, seconds: float) -> float:
    """Processor time of an agent on one core for each picture of one of its cameras, seconds.

    Raises:
        RuntimeError: when pictures were lost, or did not come at their pace: the core does not carry so many.
    """
    turn, _ = peer_turns.agent_turn(box_file(number), number, core, seconds)
    rate = turn.pace(number)
    if turn.late or abs(rate / FPS - 1) > 1 - peer_turns.PACE_KEPT:
        msg = f"{number} cameras on one core: {turn.late} pictures were lost, {rate:.1f} of {FPS} a second were looked after"
        raise RuntimeError(msg)
    return turn.each_s


def box_file(number: int) -> str:
    """Configuration of an agent with so many cameras at ten pictures a second, without a link."""
    cameras = "".join(
        f"""
[[sources]]
id = "square-{camera}"
uri = "{CLIP}"
repeat = true
fps = {FPS}

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
