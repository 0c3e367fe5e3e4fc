"""How much of the model's time it takes to know what every picture shows: looks as they are budgeted, against a look at each.

Both play the same pictures of the square in one process with the model that boxes use; the only difference is the gate. Truth
is PETS 2009 S2.L1 view 1, frames 201-400; how often is looked was chosen on frames 1-200 (docs/adr/0026).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.crowd_accuracy import FIRST, LAST, read_truth
from benchmarks.crowd_metrics import clear_mot, interval, mota, without_ignored
from benchmarks.eye import clip, watch
from benchmarks.figure import Figure, Options, Skipped
from benchmarks.real_box import CLIP
from protocol.config import Gate

DESCRIPTION = "Model time and accuracy of budgeted looks against a look at every picture"

SHARE_AT_MOST, RATIO_AT_MOST, LOSS_AT_MOST = 0.40, 1.05, 0.03
_BLOCK = 20
_QUICK_LAST = 240


def run(options: Options) -> Iterator[Figure]:
    """Play the clip twice."""
    path = options.data / "pets" / "gt_001_400.txt"
    if not path.exists():
        msg = f"{path} is not there: the truth of PETS 2009 S2.L1 is not part of the repository; give its folder with --data"
        raise Skipped(msg)
    last = _QUICK_LAST if options.quick else LAST
    options.progress("looks as they are budgeted")
    ours = watch(clip(CLIP, until=last), Gate())
    options.progress("a look at every picture")
    every = watch(clip(CLIP, until=last), Gate(enabled=False))
    truth = [picture for frame, picture in sorted(read_truth(path).items()) if FIRST <= frame <= last]
    frames = range(FIRST, last + 1)
    people = np.array([len(picture.people) for picture in truth], np.float64)
    off = [np.abs(np.array([side.told[frame].count for frame in frames]) - people) for side in (ours, every)]
    errors = [
        clear_mot(
            [picture.people for picture in truth],
            [
                without_ignored(side.told[frame].tracks, picture.people, picture.ignored)
                for frame, picture in zip(frames, truth, strict=True)
            ],
        )
        for side in (ours, every)
    ]
    random = np.random.default_rng(options.seed)
    against = f"a look at every picture whole, frames {FIRST}-{last}, same model" + (", short form" if options.quick else "")
    judge = not options.quick

    def figure(name: str, of: object, target: float | None) -> Figure:
        assert callable(of)
        low, high = interval(of, len(truth), _BLOCK, random)
        value = of(np.arange(len(truth)))
        return Figure(name=name, value=value, unit="", n=len(truth), low=low, high=high, against=against, target=target)

    n = every.pictures
    yield Figure(
        name="inference_share",
        value=ours.model_s / every.model_s,
        unit="",
        n=n,
        against=f"model time: {ours.inferences} inferences in {ours.looks} of {n} pictures, against {every.inferences}",
        target=SHARE_AT_MOST if judge else None,
    )
    yield figure("mae_ratio", lambda at: float(off[0][at].mean() / off[1][at].mean()), RATIO_AT_MOST if judge else None)
    yield figure(
        "mota_loss",
        lambda at: mota([errors[1][i] for i in at]) - mota([errors[0][i] for i in at]),
        LOSS_AT_MOST if judge else None,
    )
    yield figure("count_mae", lambda at: float(off[0][at].mean()), None)
    yield figure("mota", lambda at: mota([errors[0][i] for i in at]), None)
