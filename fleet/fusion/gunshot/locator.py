"""Locations asked for again and again: with each detection that comes, the same others are divided anew. Pure.

Rule: what was located is remembered until the weather or the clocks are known better, at most :data:`REMEMBERED` of it.
"""

from __future__ import annotations

from collections import OrderedDict

from fleet.fusion.gunshot.air import Weather
from fleet.fusion.gunshot.align import together
from fleet.fusion.gunshot.bias import Biases
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.locate import Located, locate

MOST_LATE_S = 0.4
"""A detour of 140 m: beyond it, it is an echo or something else."""
REMEMBERED = 500


class Locator:
    """Locates what boxes heard as one shot, and remembers it."""

    def __init__(self, weather: Weather, biases: Biases | None = None) -> None:
        self.weather = weather
        self.solved = 0
        """How often it had to work."""
        self._biases = biases
        self._known: OrderedDict[tuple[Detection, ...], Located] = OrderedDict()

    def __call__(self, heard: tuple[Detection, ...]) -> Located:
        """As one shot; residuals in the order of what was heard."""
        located = self._known.get(heard)
        if located is None:
            self.solved += 1
            located = locate(together(list(heard), MOST_LATE_S), self.weather, self._biases)
            self._known[heard] = located
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return located

    def forget(self) -> None:
        """When the weather or the clocks are known better."""
        self._known.clear()
