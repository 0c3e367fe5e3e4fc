"""How sure an incident has to be to be raised: chooses the constants of :mod:`fleet.fusion.gunshot.raising`.

``python -m benchmarks.gunshot_bars`` looks at the sounds that are there to choose on, each at several places of a city, and
prints for each standard the least probability that meets its condition: of ordinary nights' alerts so large a share right, of an
hour's fireworks so few raised. To be run anew with the sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

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

PRECISION, FALSE_AN_HOUR = 0.65, 2.0
"""What is asked for on these sounds: on others it is a little less."""
_BOXES, _PLACES, _SEED = 64, 8, 2027
_ODDS = np.arange(-1.0, 9.0, 0.05)
"""Bars, as logarithms of odds."""

Shares = dict[What, float]
"""Incidents raised of each sound."""


def most(what: What, sounds: Sequence[Sound]) -> npt.NDArray[np.float64]:
    """What the manager makes of each sound, alone, at several places: the most probable state of each incident, (n,)."""
    found: list[float] = []
    for number, sound in enumerate(sounds):
        city = City(np.random.default_rng([_SEED, number]), _BOXES)
        for _ in range(_PLACES):
            happening = (city.happen_near if what is What.BLOW else city.happen)(what, [sound], 1, 1.0)
            found += [max(state.probability for state in judged.states) for judged in city.run(happening).incidents.values()]
    return np.array(found)


def precise(shares: Shares) -> bool:
    """Whether enough of an ordinary night's alerts are right."""
    right = SHOTS_A_NIGHT * shares[What.SHOT]
    wrong = FIREWORKS_A_NIGHT * shares[What.FIREWORK] + BLOWS_A_NIGHT * shares[What.BLOW]
    return right >= PRECISION * (right + wrong)


def rare(shares: Shares) -> bool:
    """Whether few enough of an hour's fireworks are raised."""
    return FIREWORKS_AN_HOUR * shares[What.FIREWORK] <= FALSE_AN_HOUR


def main() -> None:
    """Choose."""
    sounds = half(load(), CHOSEN_ON)
    probabilities = {what: most(what, of) for what, of in sounds.items()}

    def shares(bar: float) -> Shares:
        return {what: float((probabilities[what] >= bar).sum()) / (len(of) * _PLACES) for what, of in sounds.items()}

    conditions: dict[str, Callable[[Shares], bool]] = {"normal": precise, "high": rare}
    for name, fits in conditions.items():
        bar = next(bar for odds in _ODDS if fits(shares(bar := 1 / (1 + math.exp(-odds)))))
        raised = ", ".join(f"{share:.4f} of {what.value}s" for what, share in shares(bar).items())
        print(f"{name}: {bar:.4f}; raised: {raised}")


if __name__ == "__main__":
    main()
