"""Reads written as a person tells them, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.fusion.anpr.passages import Reads

NORTH, SOUTH, POLE = 0, 1, 2
FAR_M = 6000.0
XY = np.array([[0.0, FAR_M], [0.0, 0.0], [20.0, 0.0]])
"""Two places six kilometres apart; the third camera hangs on the pole of the second."""


@dataclass(frozen=True)
class Sighting:
    """One read."""

    who: int
    camera: int
    at_s: float
    posterior: float = 0.98
    synchronised: bool = True
    sigma_s: float = 0.005
    kind: int = 0
    kind_p: float = 0.95
    colour: int = 0
    colour_p: float = 0.9


def reads(sightings: Sequence[Sighting]) -> Reads:
    """As arrays."""
    columns = {name: np.array([getattr(s, name) for s in sightings]) for name in Sighting.__dataclass_fields__}
    whole = {"who", "camera", "kind", "colour"}
    return Reads(
        **{n: c.astype(np.int64 if n in whole else bool if n == "synchronised" else float) for n, c in columns.items()}
    )


def twice(times: int, *, every_s: float = 7200.0, after_s: float = 30.0, **more: object) -> list[Sighting]:
    """One pseudonym in the north, and half a minute later in the south, so many times."""
    found = []
    for number in range(times):
        found += [Sighting(1, NORTH, number * every_s, **more), Sighting(1, SOUTH, number * every_s + after_s, **more)]  # type: ignore[arg-type]
    return found
