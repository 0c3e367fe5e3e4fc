"""Density on the ground of one zone, as a mean and from place to place. Pure; metres.

The local density is the sum over people of a Gaussian of a metre's reach, ``exp(-r^2 / R^2) / (pi R^2)`` (Helbing, Johansson
and Al-Abideen, Phys. Rev. E 75, 046109, 2007), divided by that part of the Gaussian which lies in the zone (Diggle, Applied
Statistics 34, 1985): beyond its edge nobody is looked for, and without the division a zone would look half empty along it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from edge.analytics.crowd.geometry import inside

Values = npt.NDArray[np.float64]

REACH_M = 1.0
_MOST_CELLS = 500
_LEAST_CELL_M = 0.5


class ZoneGround:
    """The ground of a zone, cut into square cells.

    Args:
        polygon: (k, 2), metres; simple.
    """

    def __init__(self, polygon: Values) -> None:
        low, high = polygon.min(axis=0), polygon.max(axis=0)
        self.cell_m = max(_LEAST_CELL_M, math.sqrt(float(np.prod(high - low)) / _MOST_CELLS))
        self.reach_m = max(REACH_M, self.cell_m)
        """Of the local density: a metre, and more where the zone is so large that it is looked at more coarsely."""
        steps = [np.arange(a, b, self.cell_m) + self.cell_m / 2 for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*steps), axis=-1).reshape(-1, 2)
        within = grid[inside(grid, [(float(x), float(y)) for x, y in polygon])]
        self.cells: Values = within if len(within) else polygon.mean(axis=0, keepdims=True)
        """(c, 2), their middles."""
        self._mass = self.mass(self.cells, self.reach_m)

    def mass(self, places: Values, reach_m: float) -> Values:
        """Part of the Gaussian around each place that lies in the zone: (n,), over 0 to about 1."""
        part: Values = gaussian(places, self.cells, reach_m).sum(axis=1) * self.cell_m**2
        return np.maximum(part, 1e-3)

    def field(self, places: Values, weights: Values) -> Values:
        """Local density in each cell: (c,), people per square metre.

        Args:
            places: (n, 2) of people in the zone.
            weights: (n,), for how many each of them stands.
        """
        density: Values = gaussian(self.cells, places, self.reach_m) @ weights / self._mass
        return density


def gaussian(at: Values, places: Values, reach_m: float) -> Values:
    """What each place adds to the density at others: (n, m), people per square metre."""
    square = np.sum((at[:, None] - places[None]) ** 2, axis=2)
    result: Values = np.exp(-square / reach_m**2) / (math.pi * reach_m**2)
    return result
