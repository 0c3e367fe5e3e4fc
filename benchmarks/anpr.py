"""The plate bundles together, vehicle detection included, against the pair of fast-alpr on the same photos in one run.

Figures are called ``anpr.*``; their targets are the peer's own figures in this run, less what was allowed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from models.bundle.bundle import Bundle
from models.factory.figures import Mean
from models.factory.statistics import EvaluationError, Outcome, estimate
from models.factory.timing import median_interval
from models.recipes.plates.anpr import PEER_READER, chain, peer_chain, race

DETECTOR, READER = "plate-detector", "plate-reader"
LESS = {"eu": 0.0, "us": 0.02}
"""How far below the peer's share a region's may be."""
TIME_SHARE = 0.6
PEER = f"fast-alpr pair (yolo-v9-t 416, {PEER_READER})"


def figures(bundles: Mapping[str, Bundle], options: Options) -> Iterator[Figure]:
    """Measure both pairs; says on standard error what is missing when they cannot be."""
    missing = [name for name in (DETECTOR, READER) if name not in bundles]
    if missing:
        print(f"skipped: anpr: {' and '.join(missing)} not in the zoo", file=sys.stderr)
        return
    try:
        peer = peer_chain(options.data)
    except EvaluationError as error:
        print(f"skipped: anpr: {error}", file=sys.stderr)
        return
    found = race(chain(bundles[DETECTOR], bundles[READER]), peer, options.data, lambda text: options.progress(f"anpr: {text}"))
    for region, less in LESS.items():
        if region in found.ours:
            yield from _of_region(region, found.ours[region], found.theirs[region], less)
        else:
            print(f"skipped: anpr on photos of {region}: not here", file=sys.stderr)
    if found.ours:
        ours, theirs = found.milliseconds
        low, high = median_interval(ours / theirs)
        against = f"{PEER}: {np.median(theirs):.1f} ms a photo, ours {np.median(ours):.1f} ms; one thread, in turns"
        yield Figure(
            name="anpr.time_share_of_peer",
            value=float(np.median(ours / theirs)),
            unit="share",
            n=len(ours),
            low=low,
            high=high,
            against=against,
            target=TIME_SHARE,
        )


def _of_region(region: str, ours: list[Outcome], theirs: list[Outcome], less: float) -> Iterator[Figure]:
    mine, peers = (
        estimate(side, Mean("read"), f"{region}_end_to_end", f"photos of {region}", np.random.default_rng(1)).metric
        for side in (ours, theirs)
    )
    yield Figure(
        name=f"anpr.{mine.name}",
        value=mine.value,
        unit="share",
        n=mine.n,
        low=mine.low,
        high=mine.high,
        against=f"{PEER}: {peers.value:.3f} ({peers.low:.3f} to {peers.high:.3f}) on the same photos",
        target=peers.value - less,
        sense=Sense.AT_LEAST,
    )
    extra, others = (float(np.mean([outcome.values["extra"] for outcome in side])) for side in (ours, theirs))
    against = f"readings that are no plate's number; {PEER}: {others:.3f}"
    yield Figure(name=f"anpr.{region}_wrong_per_image", value=extra, unit="per photo", n=len(ours), against=against)
