"""The bundle that hears shots against YAMNet, which taught it: on the judge's clips at equal false alarms, and in time.

Rules: both hear the same clips in the same run, and are held to the same share of false alarms
(:class:`models.factory.ranking.CalledAt`), each by its own threshold; sources are drawn for both together. Figures are called
``gunshot.*``; what 8 bits cost is the report's own ``gunshot.int8_loss_auc`` and not told twice.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from benchmarks.gunshot_share import share_of
from benchmarks.gunshot_streams import source_of
from models.bundle.bundle import Bundle, BundleError
from models.bundle.yamnet import RATE_HZ
from models.factory.ranking import CalledAt
from models.factory.statistics import Outcome
from models.factory.timing import time_together
from models.recipes.gunshot import judge
from models.recipes.yamnet.judge import FOLDER, Ear

NAME, PRECISION, YAMNET = "gunshot", "int8", "yamnet"
RECALL_SHARE, TIME_SHARE, KB = 0.85, 0.5, 400.0
_ROUNDS, _QUICK_ROUNDS = 200, 20


def figures(bundles: Mapping[str, Bundle], options: Options) -> Iterator[Figure]:
    """Measure; says on standard error what is missing when it cannot be."""
    if NAME not in bundles:
        print(f"skipped: {NAME}: not in the zoo", file=sys.stderr)
        return
    bundle = bundles[NAME]
    variant = next(each for each in bundle.manifest.variants if each.precision == PRECISION)
    against = f"{variant.file}, as {NAME}.{PRECISION}_file_mb tells it in megabytes"
    yield Figure(name=f"{NAME}.kb", value=variant.size / 1000, unit="kB", n=1, against=against, target=KB)
    try:
        theirs = judge.peers()[YAMNET](options.data)
    except (BundleError, OSError) as error:
        print(f"skipped: {NAME} against YAMNet: {error}", file=sys.stderr)
        return
    ours = judge.open(bundle.folder / variant.file)
    yield time_share(ours, theirs, _QUICK_ROUNDS if options.quick else _ROUNDS)
    if not (options.data / FOLDER / judge.SHOTS).is_dir():
        print(f"skipped: {NAME} against YAMNet on {judge.ALL}: not here", file=sys.stderr)
        return
    yield recall_share(*judged(ours, theirs, options))


def judged(ours: Ear, theirs: Ear, options: Options) -> tuple[list[Outcome], list[Outcome]]:
    """What both say of the judge's clips; in the short form, of every eighth."""
    sides: tuple[list[Outcome], list[Outcome]] = [], []
    for number, (item, group, sound) in enumerate(judge.heard(options.data)):
        if options.quick and number % 8:
            continue
        options.progress(f"{NAME} and YAMNet: {item}")
        values = {"real": float(group is None), "group": float(0 if group is None else judge.GROUPS.index(group))}
        for ear, side in zip((ours, theirs), sides, strict=True):
            side.append(Outcome(source_of(item), "", {**values, "score": ear(sound)}, item))
    return sides


def recall_share(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Figure:
    """Our recall in shares of theirs, on the same clips in the same order."""
    figure = CalledAt(judge.FALSE_SHARE)
    mine, peers = figure.over(ours), figure.over(theirs)
    value, low, high = share_of(mine, peers, ours)
    own, other = (float(side(np.ones((1, len(ours))))[0]) for side in (mine, peers))
    return Figure(
        name=f"{NAME}.recall_share_of_yamnet",
        value=value,
        unit="share",
        n=figure.size(ours),
        low=low,
        high=high,
        against=f"{judge.ALL}: {own:.3f} against {other:.3f}, each at {judge.FALSE_SHARE:.0%} false alarms, mean of the kinds",
        target=RECALL_SHARE,
        sense=Sense.AT_LEAST,
    )


def time_share(ours: Ear, theirs: Ear, rounds: int) -> Figure:
    """Our time on a sound in shares of theirs, features included."""
    sound = judge.blow(0)
    runs = {YAMNET: lambda: theirs(sound), NAME: lambda: ours(sound)}
    peer, own = time_together(runs, rounds=rounds, clock=time.process_time_ns)
    seconds = len(sound) / RATE_HZ
    return Figure(
        name=f"{NAME}.time_share_of_yamnet",
        value=own.ratio,
        unit="share",
        n=own.n,
        low=own.ratio_low,
        high=own.ratio_high,
        against=f"{own.median_ms / seconds:.2f} ms for a second of sound against {peer.median_ms / seconds:.2f} ms, windows "
        "overlapped by half, features included; one thread, in turns, processor's time",
        target=TIME_SHARE,
    )
