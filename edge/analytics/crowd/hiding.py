"""How many people a camera cannot see because others stand before them, and up to how many it can be reckoned. Pure.

What hides people is how much their boxes overlap. *Crowding* is the number of people whose feet are expected on an area as
large as a person's box: of the picture, or of that ground which the box covers in it; both say the same. Of people in a
crowding ``x`` a share ``exp(-loss(x))`` is followed, ``loss(x) = STEEP x (1 - exp(-SOON x))``: at first it grows with the
square, for one person alone seldom covers another enough, and where he does a track bridges it; in the end it grows with ``x``
itself, for only who stands in front is seen. The law was found on rendered crowds (:mod:`benchmarks.crowd_dense`, even seeds)
that walk or queue under cameras 6 to 14 m up, and holds for all of them within ``LOSS_ERROR``.

Each who is seen stands for ``exp(loss)`` people. Crowding is that of all people, seen or not, and is found by iteration, which
has an end only where more people still are seen as more: up to :data:`FULLEST`. Beyond, nobody can tell how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.bundle.detections import MOST

Values = npt.NDArray[np.float64]

STEEP, SOON = 0.26, 1.2
LOSS_ERROR = 1.0
"""Relative standard deviation of the loss, from scene to scene and camera to camera: those who walk about are followed better
than those who queue, and flat views are worse than the law."""
RELATIVE_ERROR = 0.10
"""What a number that is trusted may err by, for what is hidden."""
_ROUNDS = 30


def loss(crowding: Values) -> Values:
    """Logarithm of how many people each one stands for who is followed."""
    found: Values = STEEP * crowding * (1.0 - np.exp(-SOON * crowding))
    return found


def slowness(crowding: Values) -> Values:
    """By how much less than crowding itself what is seen of it grows: 1 where it no longer does."""
    found: Values = STEEP * crowding * (1.0 - (1.0 - SOON * crowding) * np.exp(-SOON * crowding))
    return found


def error(crowding: Values) -> Values:
    """Relative standard deviation of a number that was reckoned at a crowding below :data:`FULLEST`."""
    found: Values = LOSS_ERROR * loss(crowding) / np.maximum(1.0 - slowness(crowding), 0.05)
    return found


def _first(reached: Callable[[Values], npt.NDArray[np.bool_]]) -> float:
    """Least crowding at which something holds."""
    steps = np.arange(0.0, 4.0, 0.005)
    return float(steps[np.argmax(reached(steps))])


FULLEST = _first(lambda x: slowness(x) >= 1.0)
"""Crowding from which more people are seen as fewer: 3.7."""
DENSITY_TRUSTED = _first(lambda x: error(x) >= RELATIVE_ERROR)
"""Crowding up to which a reckoned density is trusted: 0.63."""
COUNT_TRUSTED = _first(lambda x: loss(x) >= -math.log(1.0 - RELATIVE_ERROR))
"""Crowding up to which a plain count is trusted, which lacks all who are hidden: 0.71."""


def reckon(seen: Values, covers: Values) -> Values:
    """Crowding of each one who is seen, with those who are not.

    Args:
        seen: (n, n), what person ``j`` adds to the density of people around ``i``; people per unit of area, diagonal zero.
        covers: (n,), area of each one's box, in the same unit.

    Returns:
        (n,), at most :data:`FULLEST`.
    """
    crowding = np.zeros(len(covers))
    for _ in range(_ROUNDS):
        before, crowding = crowding, np.minimum(covers * (seen @ np.exp(loss(crowding))), FULLEST)
        if np.allclose(before, crowding, atol=1e-3):
            break
    return crowding


def trusted_to(crowding_each: float, trusted: float) -> float:
    """People in a zone beyond which a number is not trusted.

    Args:
        crowding_each: what each of them adds to the crowding, over 0.
        trusted: crowding up to which this kind of number is.

    Returns:
        At most as many as a model tells of one picture.
    """
    return min(trusted / crowding_each, float(MOST))


class Overlap:
    """What each person in a zone adds to its crowding in the picture, learned from who stood where.

    At first from the size of boxes against that of the zone, as if people stood everywhere alike; then from how often one's
    feet are within a box around another's, which knows of perspective and of where people really are.

    Args:
        zone_px2: area of the zone, pixels squared.
    """

    _ASSUMED = 200.0
    """Pairs for which the size of the zone stands."""
    _FORGET = 0.999

    def __init__(self, zone_px2: float) -> None:
        self._zone_px2 = zone_px2
        self._boxes = self._people = self._near = self._pairs = 0.0

    def update(self, feet: Values, sizes: Values) -> None:
        """Take the people of one picture: feet (n, 2) and widths and heights of their boxes (n, 2), pixels."""
        n = len(feet)
        off = np.abs(feet[:, None] - feet[None])
        within = np.all(off < sizes[:, None] / 2, axis=2)
        self._near = self._FORGET * self._near + float(within.sum()) - float(np.diag(within).sum())
        self._pairs = self._FORGET * self._pairs + n * (n - 1)
        self._boxes = self._FORGET * self._boxes + float(np.prod(sizes, axis=1).sum())
        self._people = self._FORGET * self._people + n

    @property
    def each(self) -> float | None:
        """Crowding for each person; ``None`` while nobody was seen."""
        if not self._boxes:
            return None
        assumed = self._boxes / self._people / self._zone_px2
        return (self._near + self._ASSUMED * assumed) / (self._pairs + self._ASSUMED)
