"""How sure an incident has to be to be raised: chooses the constants of :mod:`fleet.fusion.gunshot.raising`.

``python -m benchmarks.gunshot_bars`` looks at the sounds that are there to choose on, each at several places of a city, and
prints for each standard the least probabilities by number of boxes with which most shots are raised under its condition: of
ordinary nights' alerts so large a share right, of an hour's fireworks so few raised. To be run anew with the sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks.gunshot_abroad import What
from benchmarks.gunshot_hearings import Sound, load
from benchmarks.gunshot_newyear import (
    BLOWS_A_NIGHT,
    CHOSEN_ON,
    FIREWORKS_A_NIGHT,
    FIREWORKS_AN_HOUR,
    SHOTS_A_NIGHT,
    half,
)
from benchmarks.gunshot_nights import City

Bars = tuple[float, ...]
"""Logarithms of odds for one box, two, and more."""
PRECISION, FALSE_AN_HOUR = 0.65, 2.0
"""What is asked for on these sounds: on others it is a little less."""
_BOXES, _PLACES, _SEED = 64, 8, 2027
_NUMBERS = 3
_GRID = (-12.0, *np.arange(-1.0, 9.1, 0.5).tolist(), 12.0)


@dataclass(frozen=True)
class Tail:
    """Incidents of sounds of one kind.

    Attributes:
        odds: (n, 3) the most that each reached with one box, two, and more; -inf where it never had so many.
        sounds: how many there were.
    """

    odds: npt.NDArray[np.float64]
    sounds: int

    def share(self, bars: Bars) -> float:
        """Incidents raised of each sound."""
        return float((self.odds >= np.array(bars)).any(axis=1).sum()) / self.sounds


def tail(what: What, sounds: Sequence[Sound]) -> Tail:
    """What the manager makes of each sound, alone, at several places."""
    found: list[list[float]] = []
    for number, sound in enumerate(sounds):
        city = City(np.random.default_rng([_SEED, number]), _BOXES)
        for _ in range(_PLACES):
            happening = (city.happen_near if what is What.BLOW else city.happen)(what, [sound], 1, 1.0)
            for judged in city.run(happening).incidents.values():
                most = [-math.inf] * _NUMBERS
                for state in judged.states:
                    at = min(state.boxes, _NUMBERS) - 1
                    most[at] = max(most[at], math.log(state.probability / (1 - state.probability)))
                found.append(most)
    return Tail(np.array(found).reshape(-1, _NUMBERS), len(sounds) * _PLACES)


def best(shots: Tail, fits: Callable[[Bars], bool]) -> Bars:
    """Bars with which most shots are raised, never higher for more boxes."""
    falling = (bars for bars in product(_GRID, repeat=_NUMBERS) if list(bars) == sorted(bars, reverse=True))
    return max((bars for bars in falling if fits(bars)), key=shots.share)


def main() -> None:
    """Choose."""
    tails = {what: tail(what, sounds) for what, sounds in half(load(), CHOSEN_ON).items()}

    def precise(bars: Bars) -> bool:
        right = SHOTS_A_NIGHT * tails[What.SHOT].share(bars)
        wrong = FIREWORKS_A_NIGHT * tails[What.FIREWORK].share(bars) + BLOWS_A_NIGHT * tails[What.BLOW].share(bars)
        return right >= PRECISION * (right + wrong)

    def rare(bars: Bars) -> bool:
        return FIREWORKS_AN_HOUR * tails[What.FIREWORK].share(bars) <= FALSE_AN_HOUR

    for name, fits in (("normal", precise), ("high", rare)):
        bars = best(tails[What.SHOT], fits)
        least = ", ".join(f"{1 / (1 + math.exp(-bar)):.4f}" for bar in bars)
        shares = ", ".join(f"{found.share(bars):.4f} of {what.value}s" for what, found in tails.items())
        print(f"{name}: ({least}); raised: {shares}")


if __name__ == "__main__":
    main()
