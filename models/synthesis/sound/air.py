"""Air: how fast sound goes in it, and how much of each pitch it swallows.

Source: ISO 9613-1:1993, equations (3) to (5) and annex B; its table holds from -20 to 50 degrees Celsius and from 10 to 100%.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.synthesis.sound.filters import Gain, Signal, shaped

REFERENCE_K = 293.15
TRIPLE_K = 273.16
REFERENCE_KPA = 101.325
SPEED_AT_REFERENCE = 343.2
"""Metres a second at 293.15 K."""
NEPER_DB = 8.686


@dataclass(frozen=True)
class Air:
    """Still air.

    Attributes:
        celsius: temperature.
        humidity: relative, percent.
        kilopascals: pressure.
    """

    celsius: float = 15.0
    humidity: float = 60.0
    kilopascals: float = REFERENCE_KPA

    @property
    def speed(self) -> float:
        """Of sound, m/s."""
        return SPEED_AT_REFERENCE * float(np.sqrt(self._kelvin / REFERENCE_K))

    @property
    def _kelvin(self) -> float:
        return self.celsius + 273.15

    def absorption(self, hertz: npt.ArrayLike) -> Signal:
        """Decibels lost on each metre, by frequency; of the shape of ``hertz``."""
        square = np.square(np.asarray(hertz, np.float64))
        warmth, pressure = self._kelvin / REFERENCE_K, self.kilopascals / REFERENCE_KPA
        saturation = 10 ** (-6.8346 * (TRIPLE_K / self._kelvin) ** 1.261 + 4.6151)
        water = self.humidity * saturation / pressure
        oxygen = pressure * (24 + 4.04e4 * water * (0.02 + water) / (0.391 + water))
        nitrogen = pressure * warmth**-0.5 * (9 + 280 * water * np.exp(-4.170 * (warmth ** (-1 / 3) - 1)))
        classical = 1.84e-11 / pressure * warmth**0.5
        relaxing = 0.01275 * np.exp(-2239.1 / self._kelvin) / (oxygen + square / oxygen)
        relaxing = relaxing + 0.1068 * np.exp(-3352.0 / self._kelvin) / (nitrogen + square / nitrogen)
        result: Signal = NEPER_DB * square * (classical + warmth**-2.5 * relaxing)
        return result

    def gain(self, metres: float) -> Gain:
        """Factors of frequency of so much air."""
        return lambda hertz: 10 ** (-self.absorption(hertz) * metres / 20)

    def carry(self, sound: Signal, metres: float, rate: int) -> Signal:
        """Take from a sound what this much air swallows.

        Args:
            sound: float64 (n,).
            metres: of air.
            rate: samples a second.
        """
        return shaped(sound, rate, self.gain(metres))
