"""How long sound takes from a shot to a microphone through moving air, and how that changes with everything unknown. Pure.

Rules:

- Sound goes at ``c`` relative to the air and the air goes with the wind ``w``: ``|r - w t| = c t`` for the way ``r`` and the
  time ``t``. The root is exact, and so are its derivatives (of the implicit equation).
- Temperature and wind of the day are a prior, never a constant: they are solved for with the shot.
- Microphones hang above whoever shoots: :data:`ABOVE_M`. A shot below a box is then a shot like any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ABOVE_M = 3.0
"""Of a microphone over a muzzle; 3 m more or less matter within some 20 m of a box only."""
SPEED_AT_20 = 343.2
"""Metres a second at 20 degrees Celsius, ISO 9613-1; it goes with the square root of the absolute temperature."""
_KELVIN = 273.15
SLOWEST, FASTEST = 290.0, 380.0
"""Metres a second: -65 and +85 degrees. A solver that tries more is lost."""


@dataclass(frozen=True)
class Weather:
    """What is known of the air before the shot.

    Attributes:
        celsius: temperature, with its standard deviation; by default that of a forecast nobody checked.
        east, north: wind, metres a second, the way it blows; ``wind_sigma`` for each. By default that of a wind
            from anywhere, evenly up to 5 m/s.
    """

    celsius: float = 15.0
    celsius_sigma: float = 10.0
    east: float = 0.0
    north: float = 0.0
    wind_sigma: float = 2.1

    @property
    def speed(self) -> float:
        """Of sound in still air, metres a second."""
        return SPEED_AT_20 * math.sqrt((self.celsius + _KELVIN) / (20 + _KELVIN))

    @property
    def speed_sigma(self) -> float:
        """Standard deviation of it."""
        return 0.5 * self.speed / (self.celsius + _KELVIN) * self.celsius_sigma


def travel(source: Floats, nodes: Floats, speed: Floats, wind: Floats) -> tuple[Floats, Floats]:
    """Times of travel and their derivatives, for many suppositions at once.

    Args:
        source: (..., 2), metres.
        nodes: (n, 2), metres.
        speed: (...), of sound, metres a second.
        wind: (..., 2), metres a second; slower than sound.

    Returns:
        (..., n) seconds, and (..., n, 5) its derivatives with respect to source x, y, speed, wind x, y.
    """
    way = nodes - source[..., None, :]
    c, w = speed[..., None], wind[..., None, :]
    along = np.sum(way * w, axis=-1)
    still = c * c - np.sum(w * w, axis=-1)
    seconds = (np.sqrt(along * along + still * (np.sum(way * way, axis=-1) + ABOVE_M**2)) - along) / still
    normal = (way - w * seconds[..., None]) / (c * seconds)[..., None]  # of the wave front at the microphone, on the ground
    drift = c + np.sum(normal * w, axis=-1)
    parts = [-normal[..., 0], -normal[..., 1], -seconds, -seconds * normal[..., 0], -seconds * normal[..., 1]]
    return seconds, np.stack(parts, axis=-1) / drift[..., None]
