"""What the gate spares where nobody is there half of the time, and what it costs in counts and delays.

The clip of the square, followed by as long a film of the empty square with a sensor's noise and drifting exposure; played with
the gate and without it (a look at every picture), in one process with the model that boxes use. Both sides decode, follow and
count. Somebody new is known from the first picture that counts a track on them; who they are is told by PETS 2009 S2.L1,
frames 1-400.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.crowd_accuracy import Picture, read_truth
from benchmarks.crowd_metrics import IOU, Told
from benchmarks.empty_square import film
from benchmarks.eye import CLIP_FPS, Watched, clip, watch
from benchmarks.figure import Figure, Options, Sense, Skipped
from benchmarks.real_box import CLIP
from models.bundle.detections import pairwise_iou
from protocol.config import Gate

DESCRIPTION = "Speed, counts and delays with the gate, on the clip followed by an empty square"

SPEEDUP_AT_LEAST, DIFFERENCE_AT_MOST, DELAY_AT_MOST = 1.8, 0.02, 1.0
_QUICK, _WHOLE = 80, 795


def run(options: Options) -> Iterator[Figure]:
    """Play both films with the gate and without."""
    path = options.data / "pets" / "gt_001_400.txt"
    if not path.exists():
        msg = f"{path} is not there: the truth of PETS 2009 S2.L1 is not part of the repository; give its folder with --data"
        raise Skipped(msg)
    n = _QUICK if options.quick else _WHOLE
    with tempfile.TemporaryDirectory(prefix="gate-") as name:
        empty = Path(name) / "empty.mp4"
        options.progress("filming an empty square")
        film(empty, n, options.seed)
        options.progress("with the gate")
        gated = watch(itertools.chain(clip(CLIP, until=n), clip(empty)), Gate())
        options.progress("without it")
        every = watch(itertools.chain(clip(CLIP, until=n), clip(empty)), Gate(enabled=False))
    yield from figures(gated, every, read_truth(path), n, judge=not options.quick)


def figures(gated: Watched, every: Watched, truth: Mapping[int, Picture], n: int, *, judge: bool) -> Iterator[Figure]:
    """Compare the two.

    Args:
        gated: with the gate.
        every: without.
        truth: by picture.
        n: pictures of the clip.
        judge: whether there are targets.
    """
    against = f"a look at each of {every.pictures} pictures, half of them empty" + ("" if judge else ", short form")

    def figure(name: str, value: float, unit: str, count: int, more: str = "", **limits: float) -> Figure:
        target = limits.get("at_most", limits.get("at_least")) if judge else None
        sense = Sense.AT_LEAST if "at_least" in limits else Sense.AT_MOST
        return Figure(name=name, value=value, unit=unit, n=count, against=against + more, target=target, sense=sense)

    looked = f"; {gated.looks} looks, {gated.inferences} inferences"
    yield figure("speedup", every.cpu_s / gated.cpu_s, "", every.pictures, looked, at_least=SPEEDUP_AT_LEAST)
    ours, theirs = (np.array([side.told[frame].count for frame in range(1, n + 1)]) for side in (gated, every))
    difference = abs(float(ours.mean() - theirs.mean())) / float(theirs.mean())
    yield figure("count_difference", difference, "", n, "; of the mean count on the clip", at_most=DIFFERENCE_AT_MOST)
    empty = [gated.told[frame].count for frame in gated.told if frame > n + _AFTER]
    yield figure("empty_count", float(np.mean(empty)), "people", len(empty), "; mean count of the empty square with the gate")
    known = {frame: picture for frame, picture in truth.items() if frame <= n}
    delays = [
        (first - before) / CLIP_FPS
        for person, before in first_known(known, every.told).items()
        if (first := first_known(known, gated.told).get(person)) is not None
    ]
    unknown = len(first_known(known, every.told)) - len(delays)
    more = f"; 95th percentile of {len(delays)} who come in, {unknown} never known with it who are without"
    yield figure(
        "entrant_delay_s", float(np.percentile(delays, 95)) if delays else 0.0, "s", len(delays), more, at_most=DELAY_AT_MOST
    )
    yield figure("entrant_delay_mean_s", float(np.mean(delays)) if delays else 0.0, "s", len(delays))


_AFTER = 20
"""Pictures of the empty square in which tracks of the last people may end."""


def first_known(truth: Mapping[int, Picture], told: Mapping[int, Told]) -> dict[int, int]:
    """For each person who comes in after the first picture: the first picture that counts a track on them."""
    there = set(truth[min(truth)].people)
    found: dict[int, int] = {}
    for frame, picture in sorted(truth.items()):
        new = {person: box for person, box in picture.people.items() if person not in found and person not in there}
        tracks = told[frame].tracks
        if new and tracks:
            overlap = pairwise_iou(np.array(list(new.values()), np.float32), np.array(list(tracks.values()), np.float32))
            found |= {person: frame for person, best in zip(new, overlap.max(axis=1).tolist(), strict=True) if best >= IOU}
    return found
