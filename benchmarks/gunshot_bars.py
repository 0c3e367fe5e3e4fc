"""How sure an incident has to be to be raised: chooses the constants of :mod:`fleet.fusion.gunshot.raising`.

``python -m benchmarks.gunshot_bars`` lives through the bench's nights with the sounds that are there to choose on, and prints
for each standard the least probability that meets its condition: in an hour of New Year's Eve so few false; of ordinary nights'
alerts so large a share right, where what one box heard has to be as probable as on New Year's Eve. To be run anew with the
sample; it takes a minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.figure import Options
from benchmarks.gunshot_hearings import load
from benchmarks.gunshot_newyear import CHOSEN_ON, Raised, Ran, Score, asks, half, newyear, ordinary

PRECISION, FALSE_AN_HOUR = 0.65, 1.5
"""What is asked for on these sounds: on others it is a little less."""
_SEEDS = range(101, 106)
_ODDS = np.arange(-1.0, 9.0, 0.05)
"""Bars, as logarithms of odds."""


def least(nights: list[Ran], rule: Callable[[float], Raised], fits: Callable[[list[Score]], bool]) -> tuple[float, list[Score]]:
    """The least bar that fits, as a probability, and what it makes of these nights."""
    for odds in _ODDS:
        bar = 1 / (1 + math.exp(-float(odds)))
        scores = [ran.score(rule(bar)) for ran in nights]
        if fits(scores):
            return bar, scores
    msg = "no bar fits: the network, or the sample, is not good enough for what is asked"
    raise ValueError(msg)


def precise(scores: list[Score]) -> bool:
    """Whether enough of all alerts are right."""
    found = sum(score.found for score in scores)
    return found > 0 and found >= PRECISION * (found + sum(score.false for score in scores))


def rare(scores: list[Score]) -> bool:
    """Whether few enough are false."""
    return sum(score.false for score in scores) <= FALSE_AN_HOUR * len(scores)


def main() -> None:
    """Choose."""
    sounds = half(load(), CHOSEN_ON)
    seeds = [Options(Path(), seed=seed) for seed in _SEEDS]
    high, hours = least([newyear(sounds, each) for each in seeds], lambda bar: asks(bar, bar), rare)
    normal, nights = least([ordinary(sounds, each) for each in seeds], lambda bar: asks(bar, high), precise)
    for name, bar, scores in (("high", high, hours), ("normal", normal, nights)):
        found, shots, false = (sum(each) for each in zip(*((one.found, one.shots, one.false) for one in scores), strict=True))
        print(f"{name}: {bar:.4f}; {found} of {shots} shots raised, {false} false alerts in {len(scores)} times")


if __name__ == "__main__":
    main()
