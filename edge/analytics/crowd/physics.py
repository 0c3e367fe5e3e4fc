"""The crowd of one zone on the ground: from tracks to density, speed and pressure. Pure.

Rules: places are looked at twice a second at most, people walk half a metre meanwhile; what is told is a mean over a window,
and the alarm is asked every five seconds with the mean of these. Neighbouring looks err alike, so that a mean is no surer than
one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edge.analytics.crowd.crush import STATE_S, State
from edge.analytics.crowd.density import ZoneGround, gaussian
from edge.analytics.crowd.hiding import DENSITY_TRUSTED, error, loss, reckon, trusted_to
from edge.analytics.crowd.service import service_level
from edge.analytics.crowd.trend import Trend
from edge.analytics.crowd.uncertainty import UNSEEN_BASE, UNSEEN_EACH, estimate
from edge.analytics.crowd.velocity import Paths, Values, pressure, speed
from models.bundle.detections import Floats
from protocol.basis import Estimate
from protocol.events import CrowdDensity

LOOK_S = 0.5
_AROUND_M = 3.0
"""Reach of the density that says how many hide a person: wide enough to hold neighbours, narrow enough to know a full place."""
_FORGET = 0.02
"""Weight of one look in how much ground a box covers: half a minute is remembered."""
_DIGITS = 4
_FEWEST = 10
"""People who say how much they crowd; fewer would say it by chance."""


class Plane(Protocol):
    """The ground of a source; see :mod:`edge.analytics.ground`."""

    def positions(self, pixels: Values) -> tuple[Values, Values]:
        """Metres (n, 2) and covariance (n, 2, 2) of pixels (n, 2)."""

    def area(self, polygon: Values) -> tuple[float, float]:
        """Square metres of a polygon of pixels (k, 2), and their standard deviation."""


@dataclass(frozen=True)
class Look:
    """One look at a zone.

    Attributes:
        people: in it, hidden ones reckoned in; ``variance`` of that.
        field: local density in each cell of the ground.
        each: crowding for each of them where they stand; ``None`` = too few to say.
    """

    people: float
    variance: float
    field: Values
    each: float | None
    speed: tuple[float, float] | None
    pressure: tuple[float, float] | None


class _Means:
    """Means over looks, of which none is kept: a window may last a day."""

    def __init__(self, began_s: float = math.inf) -> None:
        self.began_s, self.looks = began_s, 0
        self._people = self._variance = 0.0
        self._field: Values | float = 0.0
        self._each, self._speed, self._pressure = _Sum(), _Sum(), _Sum()

    def add(self, look: Look) -> None:
        """Take one look."""
        self.looks += 1
        self._people += look.people
        self._variance += look.variance
        self._field = self._field + look.field
        self._each.add(None if look.each is None else (look.each, 0.0))
        self._speed.add(look.speed)
        self._pressure.add(look.pressure)

    @property
    def densest(self) -> float:
        """At the densest place, mean over time."""
        return float(np.max(self._field)) / self.looks

    @property
    def each(self) -> float:
        """Crowding for each person; 0 where nobody could say."""
        return (self._each.mean() or (0.0, 0.0))[0]

    def state(self, area_m2: tuple[float, float], trusted_to: float | None) -> State:
        """The state of a zone of that area, with its standard deviation."""
        density = self._people / self.looks / area_m2[0]
        sigma = math.hypot(math.sqrt(self._variance / self.looks), density * area_m2[1]) / area_m2[0]
        return State(density, sigma, self._speed.mean(), self._pressure.mean(), trusted_to)


@dataclass
class _Sum:
    """Of values and their standard deviations, where there are any."""

    n: int = 0
    value: float = 0.0
    sigma: float = 0.0

    def add(self, pair: tuple[float, float] | None) -> None:
        if pair is not None:
            self.n, self.value, self.sigma = self.n + 1, self.value + pair[0], self.sigma + pair[1]

    def mean(self) -> tuple[float, float] | None:
        return (self.value / self.n, self.sigma / self.n) if self.n else None


class ZonePhysics:
    """The crowd of one zone.

    Args:
        polygon: (k, 2), pixels.
        plane: the ground of the source.

    Raises:
        HorizonError: the polygon reaches to where the ground is not known.
    """

    def __init__(self, polygon: Values, plane: Plane) -> None:
        self._plane = plane
        self._area, self._area_sigma = plane.area(polygon)
        self._ground = ZoneGround(plane.positions(polygon)[0])
        self._paths = Paths()
        self._trend = Trend()
        self._covers: float | None = None
        self._looked_s: float | None = None
        self._lately, self._told = _Means(), _Means()

    def update(self, ids: Sequence[int], feet: Values, boxes: Floats, existence: Floats, now_s: float) -> State | None:
        """Take who stands in the zone in one picture.

        Args:
            ids: track numbers.
            feet: (n, 2), pixels.
            boxes: (n, 4), pixels.
            existence: (n,).
            now_s: monotonic seconds.

        Returns:
            The mean of the last seconds, when they are over.
        """
        if now_s < self._lately.began_s:
            self._lately = _Means(now_s)
        places, square_px = self._places(feet)
        self._paths.update(ids, places, now_s)
        if self._looked_s is None or not 0 <= now_s - self._looked_s < LOOK_S:
            self._looked_s = now_s
            sizes = (boxes[:, 2:] - boxes[:, :2]).astype(np.float64)
            look = self._look(ids, places, np.prod(sizes, axis=1) * square_px, existence)
            self._told.add(look)
            self._lately.add(look)
        if now_s - self._lately.began_s < STATE_S:
            return None
        lately, self._lately = self._lately, _Means(now_s)
        if not lately.looks:
            return None
        state = self._of(lately)
        self._trend.update(state.density, now_s)
        return state

    @property
    def area_m2(self) -> float:
        """Of the zone."""
        return self._area

    def take(self, zone: str, window_s: float, pictures: int, missed: int) -> CrowdDensity | None:
        """What the window showed, and begin another; ``None`` when nobody looked."""
        told, self._told = self._told, _Means()
        if not told.looks:
            return None
        state = self._of(told)
        densest = told.densest
        seen_around = 2 * math.pi * self._ground.reach_m**2
        slope = self._trend.slope()
        return CrowdDensity(
            zone,
            self.measured(state),
            _measured(densest, math.sqrt(max(densest, 1 / seen_around) / seen_around)),
            service_level(state.density),
            _measured(self._area, self._area_sigma),
            window_s,
            pictures,
            None if slope is None else _measured(60 * slope.value, 60 * slope.sigma, -math.inf),
            None if state.speed is None else _measured(*state.speed),
            None if state.pressure is None else _measured(*state.pressure),
            state.trusted_to,
            missed,
        )

    def measured(self, state: State) -> Estimate:
        """Density as an event tells it."""
        return _measured(state.density, state.sigma)

    def _places(self, feet: Values) -> tuple[Values, Values]:
        """Metres of feet, and the square metres that a pixel covers there."""
        if not len(feet):
            return np.zeros((0, 2)), np.zeros(0)
        metres = self._plane.positions(np.concatenate([feet, feet - (1.0, 0.0), feet - (0.0, 1.0)]))[0]
        here, along, back = np.split(metres, 3)
        x, y = along - here, back - here
        # Beside the zone the ground may not be known.
        return here, np.nan_to_num(np.abs(x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]))

    def _look(self, ids: Sequence[int], places: Values, covers: Values, existence: Floats) -> Look:
        if not len(ids):
            return Look(0.0, UNSEEN_BASE, np.zeros(len(self._ground.cells)), each=None, speed=None, pressure=None)
        mean = float(covers.mean())
        self._covers = mean if self._covers is None else (1 - _FORGET) * self._covers + _FORGET * mean
        around = gaussian(places, places, _AROUND_M)
        np.fill_diagonal(around, 0.0)
        mass = self._ground.mass(places, _AROUND_M)
        crowding = reckon(around / mass[:, None], covers)
        weight = np.exp(loss(crowding))
        people = float(weight.sum())
        # Who exists, who was never seen, how many happen to be hidden, and how well it is known how many are.
        variance = float(np.sum(weight**2 * existence * (1 - existence))) + UNSEEN_BASE + UNSEEN_EACH * people
        variance += float(np.sum(weight * (weight - 1)))
        variance += float(np.sum(weight * error(crowding))) ** 2
        field = self._ground.field(places, weight)
        velocities = self._paths.velocities(ids)
        row = {track: i for i, track in enumerate(ids)}
        known = [row[track] for track in velocities.ids]
        local = (around @ weight + weight / (math.pi * _AROUND_M**2)) / mass
        return Look(
            people,
            variance,
            field,
            each=float(crowding.mean()) / people if len(ids) >= _FEWEST else None,
            speed=speed(velocities),
            pressure=pressure(places[known], local[known], velocities),
        )

    def _of(self, means: _Means) -> State:
        """The state that looks show, with the people beyond whom it is not trusted.

        These follow from the size of boxes, as if people stood everywhere alike, or from how they crowd in fact, if that is
        more: in a knot, or where those who are seen are only the front of a multitude.
        """
        most = None
        if self._covers:
            most = round(trusted_to(max(self._covers / self._area, means.each), DENSITY_TRUSTED), 1)
        return means.state((self._area, self._area_sigma), most)


def _measured(value: float, sigma: float, least: float = 0.0) -> Estimate:
    return estimate(value, sigma**2, _DIGITS, least=least)
