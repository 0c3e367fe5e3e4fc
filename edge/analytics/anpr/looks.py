"""What a vehicle is like besides its plate, from all pictures of its passage: direction, lane, kind, colour.

Rules: what is not known is not named and claims no probability; a name is given from NAMED on; sums are kept, no pictures.
Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from edge.analytics.crowd.geometry import inside
from models.bundle.detections import Floats
from models.bundle.plates import COLOURS, PlateSeen
from protocol.config import Lane
from protocol.events import Colour, Direction, VehicleKind

NAMED = 0.5
"""Probability from which a lane, a kind or a colour is named: likelier than all others together."""
DIRECTED = 0.8
"""Probability from which a direction is: there are two, and a vehicle that stands has none."""
_WIDTH_NOISE = 0.03
"""Standard deviation of a plate's width from picture to picture, relative: what the detector's corners scatter by."""
_WIDTH_DRIFT = 0.03
"""What widths change by over a passage without any change of distance: the plate turns, the light changes."""
_FALL_DRIFT = 0.5
"""The same of its height in the picture, plate widths."""
_FALL_NOISE = 0.05
_FALL_WEIGHT = 0.5
"""A camera that looks down sees what comes closer move down; one at the height of a bumper does not: it leans, no more."""
_FALL_MOST = 2.0


@dataclass
class Slope:
    """Least squares of one value over time, from sums.

    Attributes:
        noise: standard deviation of one value.
        drift: of what the value may change by in the whole without meaning anything.
    """

    noise: float
    drift: float
    sums: list[float] = field(default_factory=lambda: [0.0] * 5)
    first_s: float | None = None
    last_s: float = 0.0

    def add(self, at_s: float, value: float) -> None:
        """Take a value."""
        self.first_s = at_s if self.first_s is None else self.first_s
        self.last_s = at_s
        t = at_s - self.first_s
        self.sums = [s + v for s, v in zip(self.sums, (1.0, t, t * t, value, t * value), strict=True)]

    def significance(self) -> float:
        """The slope in its standard deviations; 0 where nothing can be said."""
        n, t, tt, y, ty = self.sums
        spread = tt - t * t / n if n else 0.0
        if n < 2 or spread <= 0 or self.first_s is None or self.last_s <= self.first_s:  # noqa: PLR2004 - a slope needs two
            return 0.0
        slope = (ty - t * y / n) / spread
        sigma = math.hypot(self.noise / math.sqrt(spread), self.drift / (self.last_s - self.first_s))
        return slope / sigma


class Looks:
    """What is known of one vehicle.

    Args:
        lanes: polygons in pixels, in the order in which they count.
    """

    def __init__(self, lanes: Sequence[tuple[Lane, Sequence[tuple[float, float]]]]) -> None:
        self._lanes = lanes
        self._growth = Slope(_WIDTH_NOISE, _WIDTH_DRIFT)
        self._fall = Slope(_FALL_NOISE, _FALL_DRIFT)
        self._in_lane = [0.0] * len(lanes)
        self._plates = 0
        self._kinds: dict[VehicleKind, float] = {}
        self._labelled = 0
        self._colours = np.zeros(len(COLOURS))

    def label(self, name: str, score: float) -> None:
        """Take what the detector calls it; labels of things that have no plate say nothing."""
        try:
            kind = VehicleKind(name)
        except ValueError:
            return
        if kind is not VehicleKind.UNKNOWN and math.isfinite(score):
            self._labelled += 1
            self._kinds[kind] = self._kinds.get(kind, 0.0) + min(1.0, max(0.0, score))

    def plate(self, plate: PlateSeen, at_s: float) -> None:
        """Take a plate, and the colour around it."""
        width = max(plate.width, 1.0)
        self._plates += 1
        self._growth.add(at_s, math.log(width))
        self._fall.add(at_s, float(plate.corners[:, 1].mean()) / width)
        foot = ((plate.corners[2] + plate.corners[3]) / 2).astype(np.float64).reshape(1, 2)
        for place, (_, polygon) in enumerate(self._lanes):
            if inside(foot, polygon)[0]:
                self._in_lane[place] += 1
                break
        self._colours += _probabilities(plate.colours)

    def direction(self) -> tuple[Direction, float]:
        """Towards or away: what grows comes closer."""
        fall = max(-_FALL_MOST, min(_FALL_MOST, self._fall.significance()))
        towards = _normal(self._growth.significance() + _FALL_WEIGHT * fall)
        if max(towards, 1 - towards) < DIRECTED:
            return Direction.UNKNOWN, 0.0
        return (Direction.TOWARDS, towards) if towards > NAMED else (Direction.AWAY, 1 - towards)

    def lane(self) -> tuple[str | None, float]:
        """The lane in which the plate's foot was most; one picture more, of which nobody knows, keeps it from certainty."""
        if not self._lanes:
            return None, 0.0
        best = max(range(len(self._lanes)), key=lambda place: self._in_lane[place])
        probability = self._in_lane[best] / (self._plates + 1)
        return (self._lanes[best][0].id, probability) if probability >= NAMED else (None, 0.0)

    def kind(self) -> tuple[VehicleKind, float]:
        """What it was called, by score: the mean of the probabilities that pictures give to it."""
        if not self._kinds:
            return VehicleKind.UNKNOWN, 0.0
        best = max(self._kinds, key=lambda kind: (self._kinds[kind], kind.value))
        probability = self._kinds[best] / self._labelled
        return (best, probability) if probability >= NAMED else (VehicleKind.UNKNOWN, 0.0)

    def colour(self) -> tuple[Colour, float]:
        """The colour by the mean of all pictures' probabilities: their errors repeat, and a product would overstate."""
        total = float(self._colours.sum())
        best = int(self._colours.argmax())
        probability = float(self._colours[best]) / total if total > 0 else 0.0
        colour = Colour(COLOURS[best])
        return (colour, probability) if probability >= NAMED and colour is not Colour.UNKNOWN else (Colour.UNKNOWN, 0.0)


def _probabilities(colours: Floats) -> np.ndarray:
    """One vote, whatever came: what is no number is no vote."""
    votes = np.clip(np.nan_to_num(colours.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
    return votes / votes.sum() if votes.sum() > 0 else votes


def _normal(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
