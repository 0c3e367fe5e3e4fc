"""What decides between parts and the whole of a picture: the cost of a look at either, with the model that boxes use.

A model takes an input of one size, whatever it shows. So a look should cost as much at a part as at the whole, and several
parts as many times as much: then the cheapest choice of those that show all well enough is that with the fewest looks, and
no cost need be kept on a box (docs/adr/0026-looks-are-budgeted.md). Preparing is measured with it: the whole of a large picture
has more pixels to make small. Looks at either kind alternate, so that what else runs meets both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np

from benchmarks.edge_overhead import median_interval
from benchmarks.eye import model
from benchmarks.figure import Figure, Options
from edge.capture.port import Plane
from edge.infer.looker import Looker
from edge.region import Region, Size
from protocol.config import Gate

DESCRIPTION = "Time of a look at parts of a picture against a look at the whole, prepared and run"

SIZES = {"720p": Size(1280, 720), "1080p": Size(1920, 1080), "2160p": Size(3840, 2160)}
PARTS = 4
"""As many as a box cuts out of a picture at most, unless told otherwise."""
OFF_AT_MOST = 0.1
"""Part of a look: less than any choice saves."""
_LOOKS, _QUICK_LOOKS = 40, 5


def run(options: Options) -> Iterator[Figure]:
    """Look at noise, which costs as much as a street."""
    looker, plan = model()
    side = plan.acuity.input.width if plan.acuity is not None else Gate().region_px
    looks = _QUICK_LOOKS if options.quick else _LOOKS
    random = np.random.default_rng(options.seed)
    against = f"a look at the whole with {plan.ref.name}; of {PARTS} looks at {side} x {side} each, one after the other"
    furthest = 0.0
    for name, size in SIZES.items():
        options.progress(name)
        planes = _noise(random, size), _noise(random, size, 2), _noise(random, size, 2)
        parts = tuple(_somewhere(random, size, side) for _ in range(PARTS))
        _spent_s(looker, planes, parts)  # the first look at a size makes room for it
        spent = [(_spent_s(looker, planes, parts), _spent_s(looker, planes, (size.whole,))) for _ in range(looks)]
        ratios = [some / (PARTS * whole) for some, whole in spent]
        ratio, (low, high) = median(ratios), median_interval(ratios)
        furthest = max(furthest, abs(ratio - 1))
        whole_ms = 1000 * median(whole for _, whole in spent)
        yield Figure(
            name=f"whole_ms_{name}", value=whole_ms, unit="ms", n=looks, against="processor time of a look, prepared and run"
        )
        yield Figure(name=f"part_cost_{name}", value=ratio, unit="", n=looks, low=low, high=high, against=against)
    target = None if options.quick else OFF_AT_MOST
    yield Figure(
        name="cost_off", value=furthest, unit="", n=looks * len(SIZES), against="cost by number of looks alone", target=target
    )


def _spent_s(looker: Looker, planes: tuple[Plane, Plane, Plane], regions: Sequence[Region]) -> float:
    begun_s = time.thread_time()
    looker.look(looker.prepare(planes, regions))
    return time.thread_time() - begun_s


def _noise(random: np.random.Generator, size: Size, by: int = 1) -> Plane:
    return random.integers(0, 256, (size.height // by, size.width // by), np.uint8)


def _somewhere(random: np.random.Generator, size: Size, side: int) -> Region:
    """At even corners, because chroma has half the resolution."""
    left, top = (int(random.integers(0, room - side)) // 2 * 2 for room in (size.width, size.height))
    return Region(left, top, side, side)
