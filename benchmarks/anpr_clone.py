"""Clone plates: planted in simulated city traffic, looked for as the manager does.

What is chosen in :mod:`fleet.fusion.anpr.clones` and :mod:`fleet.fusion.anpr.travel` was chosen on seeds 101 to 103; seeds
that are reported here are others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.figure import Figure, Options, Sense
from fleet.fusion.anpr.clones import TELL_FROM, find
from fleet.fusion.anpr.passages import Bools, Ints, Reads
from fleet.rollouts.statistics import wilson
from simulator.worlds.traffic import DAY_S, Plan, Traffic, make_traffic

DESCRIPTION = "Clone plates planted in simulated city traffic: precision, recall, seconds for a million reads"

CHOSEN_ON = frozenset({101, 102, 103})
_CITIES = 4
_FULL = Plan(cars=2_400, clones=30, days=28)
"""A key's whole period; a little over a million reads."""
_QUICK = replace(_FULL, cars=450, clones=20)
WEEK_DAYS = 7


@dataclass
class _Found:
    told: int = 0
    right: int = 0
    planted: int = 0
    seconds: float = 0.0
    reads: int = 0


def run(options: Options) -> Iterator[Figure]:
    """Let cities drive, and look.

    Raises:
        ValueError: the seed is one on which thresholds were chosen.
    """
    plan = _QUICK if options.quick else _FULL
    seeds = range(options.seed, options.seed + (1 if options.quick else _CITIES))
    if CHOSEN_ON & set(seeds):
        msg = f"thresholds were chosen on seeds {sorted(CHOSEN_ON)}; report others: --seed 1"
        raise ValueError(msg)
    whole, week = _Found(), _Found()
    for seed in seeds:
        options.progress(f"city {seed}")
        traffic = make_traffic(replace(plan, seed=seed))
        _look(traffic, whole, np.ones(len(traffic), dtype=bool))
        _look(traffic, week, traffic.true_s < WEEK_DAYS * DAY_S)
    form = "short form" if options.quick else "full form"
    against = (
        f"{whole.planted} plates that two cars bear, in {len(seeds)} cities of {plan.cars} cars and {plan.cameras} junctions, "
        f"{plan.days} days; told from probability {TELL_FROM:g}; seeds {seeds[0]} to {seeds[-1]}, chosen on others; {form}"
    )
    yield _share("precision", whole.right, whole.told, against, 0.95)
    yield _share("recall", whole.right, whole.planted, against, 0.90)
    name, note = "seconds", f"slowest city, {whole.reads} reads; one thread, times learned anew"
    yield Figure(name=name, value=whole.seconds, unit="s", n=len(seeds), against=note, target=10.0)
    note = f"of the same traffic, the first {WEEK_DAYS} days only; {form}"
    yield _share("week_precision", week.right, week.told, note)
    yield _share("week_recall", week.right, week.planted, note)


def reads_of(t: Traffic, wanted: Bools) -> tuple[Ints, Reads]:
    """Reads as the manager has them, a number for each plate as read; and the plates of these numbers."""
    names, who = np.unique(t.plate[wanted], return_inverse=True)
    camera = t.camera[wanted]
    return names, Reads(
        who.astype(np.int64), camera, t.at_s[wanted], t.synchronised[camera], t.sigma_s[camera], t.posterior[wanted],
        t.kind[wanted], t.kind_p[wanted], t.colour[wanted], t.colour_p[wanted],
    )  # fmt: skip


def _look(traffic: Traffic, into: _Found, wanted: Bools) -> None:
    names, reads = reads_of(traffic, wanted)
    began = time.perf_counter()
    found = find(reads, traffic.xy)
    took = time.perf_counter() - began
    told = {int(names[clone.who]) for clone in found.clones if clone.probability >= TELL_FROM}
    into.told += len(told)
    into.right += len(told & traffic.cloned)
    into.planted += len(traffic.cloned)
    if took > into.seconds:
        into.seconds, into.reads = took, len(reads)


def _share(name: str, good: int, n: int, against: str, target: float | None = None) -> Figure:
    share = wilson(good, n)
    value, low, high = (share.value, share.low, share.high) if share else (float("nan"), None, None)
    return Figure(
        name=name, value=value, unit="share", n=n, low=low, high=high, against=against, target=target, sense=Sense.AT_LEAST
    )
