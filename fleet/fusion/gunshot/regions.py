"""Where a shot may have been: an ellipse, and what there is when boxes are too few for one. Pure.

Metres east and north of the city's origin; degrees clockwise from north.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fleet.fusion.gunshot.air import Floats

LEVEL = 0.9
HEARD_M = 1500.0
"""How far a shot may be from a box that heard it, where nothing else is known; few are heard farther in a city."""
_NORMAL_90 = 1.6449
_POINTS = 49


@dataclass(frozen=True)
class Ellipse:
    """Holds the shot with probability ``level``."""

    x: float
    y: float
    major_m: float
    minor_m: float
    orientation_deg: float
    """Of the longer semi-axis, clockwise from north, [0, 180)."""
    level: float = LEVEL

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        turn = math.radians(self.orientation_deg)
        along = (x - self.x) * math.sin(turn) + (y - self.y) * math.cos(turn)
        across = (x - self.x) * math.cos(turn) - (y - self.y) * math.sin(turn)
        return (along / self.major_m) ** 2 + (across / self.minor_m) ** 2 <= 1


@dataclass(frozen=True)
class Curve:
    """Two boxes, no bearing: the shot lies near this line, with 90% within ``across_m`` of it halfway between the boxes."""

    points: tuple[tuple[float, float], ...]
    across_m: float


@dataclass(frozen=True)
class Sector:
    """One box and a bearing: the shot lies within ``half_width_deg`` (90%) of ``azimuth_deg``, at most ``reach_m`` away."""

    x: float
    y: float
    azimuth_deg: float
    half_width_deg: float
    reach_m: float = HEARD_M


@dataclass(frozen=True)
class Disc:
    """One box and no bearing: within hearing of it."""

    x: float
    y: float
    radius_m: float = HEARD_M


def ellipse(x: float, y: float, covariance: Floats, freedom: float) -> Ellipse:
    """The ellipse that holds 90%, of a bivariate Student distribution.

    The sigmas that an ellipse is drawn from are known only as well as ``freedom`` residuals tell: ``r^2 = v (p^(-2/v) - 1)`` is
    exceeded with probability ``p`` (Kotz and Nadarajah, Multivariate t Distributions, 2004).
    """
    square = freedom * ((1 - LEVEL) ** (-2 / freedom) - 1)
    size, axes = np.linalg.eigh(covariance)
    minor, major = np.sqrt(np.maximum(size, 1e-6) * square)
    turn = math.degrees(math.atan2(axes[0, 1], axes[1, 1])) % 180
    return Ellipse(x, y, float(major), float(minor), turn)


def curve(first: tuple[float, float], second: tuple[float, float], later_m: float, sigma_m: float) -> Curve:
    """The branch of the hyperbola of points that are ``later_m`` farther from the second box than from the first.

    A difference that is longer than the boxes are apart is a shot beyond one of them: a ray.
    """
    a, b = np.array(first), np.array(second)
    half = float(np.hypot(*(b - a))) / 2
    if half <= 0:
        return Curve((first,), HEARD_M)
    along = (b - a) / (2 * half)
    vertex = float(np.clip(later_m / 2, -half, half))
    side = math.sqrt(max(half**2 - vertex**2, 0.0))
    last = math.asinh(HEARD_M / max(side, 1.0))
    grow = np.linspace(-last, last, _POINTS)
    x = -vertex * np.cosh(grow) if side >= 1.0 else -math.copysign(1.0, vertex) * np.linspace(half, half + HEARD_M, _POINTS)
    y = side * np.sinh(grow)
    points = (a + b) / 2 + x[:, None] * along + y[:, None] * np.array([-along[1], along[0]])
    near = np.min(np.hypot(*(points[:, None, :] - np.array([a, b])).transpose(2, 0, 1)), axis=1) <= HEARD_M
    return Curve(tuple((float(px), float(py)) for px, py in points[near]), _NORMAL_90 * sigma_m / 2)


def sector(x: float, y: float, azimuth: float, sigma: float) -> Sector:
    """Of a bearing in radians."""
    return Sector(x, y, math.degrees(azimuth) % 360, min(180.0, math.degrees(_NORMAL_90 * sigma)))
