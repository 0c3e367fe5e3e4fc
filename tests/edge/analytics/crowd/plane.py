"""A ground seen straight from above: so many pixels to a metre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.analytics.crowd.geometry import polygon_area
from edge.analytics.crowd.velocity import Values
from edge.analytics.ground.errors import HorizonError


@dataclass(frozen=True)
class FromAbove:
    px_m: float = 20.0
    sigma: float = 0.02

    def positions(self, pixels: Values) -> tuple[Values, Values]:
        return pixels / self.px_m, np.zeros((len(pixels), 2, 2))

    def area(self, polygon: Values) -> tuple[float, float]:
        area = polygon_area([(float(x), float(y)) for x, y in polygon]) / self.px_m**2
        return area, self.sigma * area


class Far(FromAbove):
    """One on which no zone is known."""

    def area(self, polygon: Values) -> tuple[float, float]:
        raise HorizonError
