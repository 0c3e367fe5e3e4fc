"""Where a shot was: one muzzle blast located from what boxes heard of it. Pure.

Rules:

- Three onsets, two onsets and a bearing, or two bearings give a point with a 90% ellipse; two onsets a curve; one box with a
  bearing a sector; one without a disc. What is too little for a point is never drawn as one.
- The ellipse holds the shot in 90% of cases: it has in it the sigmas of clocks, positions, air and bearings, the doubt about
  which boxes heard it directly (:mod:`fleet.fusion.gunshot.suppositions`), and grows as far as residuals are larger than the
  sigmas say (and shrinks, less readily, where they are smaller).
- Where two places explain what was heard, both are named with their probabilities; the ellipse is around all that is not
  improbable.
- Each box's residual is told, and of a box that was not believed, why.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

import numpy as np

from fleet.fusion.gunshot.air import Floats, Weather
from fleet.fusion.gunshot.bias import Biases
from fleet.fusion.gunshot.detections import Detection
from fleet.fusion.gunshot.regions import Curve, Disc, Ellipse, Sector, curve, ellipse, sector
from fleet.fusion.gunshot.rows import AIR_SIGMA_S, METRES_PER_SECOND, Rows
from fleet.fusion.gunshot.suppositions import MOST_ROWS, Weighed, weigh

SIGMAS_WORTH = 20.0
"""Residuals that the told sigmas count for: how well sigmas are known before a shot."""
HELD = 0.9
"""The ellipse is around the most probable places that together have this probability."""
_ONE_PLACE = 3.0
"""Solutions nearer to each other than so many sigmas are one place."""
_TOLD = 0.05
"""A place less probable than this is not told."""


class Why(str, enum.Enum):
    """Why a box's onset or bearing was not believed."""

    LATE = "late"
    """Behind the direct way: around a corner, or off a wall."""
    EARLY = "early"
    """Before sound could have been there: not this shot, or a clock that is off."""
    ASTRAY = "astray"
    """The bearing points elsewhere: at a reflection."""
    UNSYNCHRONISED = "unsynchronised"
    """Its clock was not set; its bearing and count still hold."""
    TOO_MANY = "too-many"
    """Nearer boxes were enough."""


@dataclass(frozen=True)
class Spot:
    """A place that explains what was heard."""

    x: float
    y: float
    probability: float


@dataclass(frozen=True)
class Residual:
    """What one box says less what the solution predicts for it; none where it says nothing of it."""

    node: str
    onset_ms: float | None = None
    bearing_deg: float | None = None
    rejected: Why | None = None
    astray: bool = False
    """Its bearing was not believed."""


@dataclass(frozen=True)
class Located:
    """A shot.

    Attributes:
        region: where it was; ``x, y`` of the most probable place, metres, where there is an ellipse.
        at_s: when it was fired, seconds since 1970.
        covariance: (2, 2) of the ellipse, square metres.
        spots: places, most probable first.
        residuals: of every box, in the order they were given.
        speed, wind: of sound and of the air as solved, metres a second; ``None`` without a point.
        fit: mean square of residuals in sigmas; 1 is as it should be. ``None`` where nothing is left over to judge by.
    """

    region: Ellipse | Curve | Sector | Disc
    at_s: float | None = None
    x: float | None = None
    y: float | None = None
    covariance: Floats | None = None
    spots: tuple[Spot, ...] = ()
    residuals: tuple[Residual, ...] = ()
    speed: float | None = None
    wind: tuple[float, float] | None = None
    fit: float | None = None

    @property
    def believed(self) -> int:
        """Boxes whose onset or bearing was used."""
        return sum(r.rejected is None for r in self.residuals)


def locate(heard: list[Detection], weather: Weather | None = None, biases: Biases | None = None) -> Located:
    """Locate one shot.

    Args:
        heard: of this shot, at least one; ``at_s`` of each is the onset of the same blast.
        weather: what is known of the air.
        biases: of the boxes' clocks, where some are known.

    Raises:
        ValueError: nothing was heard.
    """
    if not heard:
        msg = "nobody heard anything"
        raise ValueError(msg)
    air = weather or Weather()
    used = _nearest(heard)
    onsets = [d for d in used if d.synchronised]
    bearings = sum(d.bearing is not None for d in used)
    if len({d.node for d in onsets}) + bearings - (len(onsets) > 0) < 2:  # noqa: PLR2004 - x and y
        return _too_few(used, onsets, air, biases)
    rows = Rows.of(used, air, biases)
    weighed = weigh(rows)
    names = {id(d) for d in used}
    told = iter(_residuals(used, rows, weighed))
    residuals = tuple(next(told) if id(d) in names else Residual(d.node, rejected=Why.TOO_MANY) for d in heard)
    return _point(rows, weighed, residuals)


def learn(biases: Biases, heard: list[Detection], located: Located, weather: Weather | None = None) -> bool:
    """Teach biases from a shot that was located without doubt about the place; says whether it taught anything."""
    rejected = {r.node for r in located.residuals if r.rejected is not None}
    direct = [d for d in heard if d.synchronised and d.node not in rejected]
    if len(direct) < LEAST_TEACHERS or len({d.node for d in direct}) < len(direct) or len(located.spots) != 1:
        return False
    assert located.x is not None and located.y is not None and located.at_s is not None  # noqa: PT018 - one spot
    assert located.speed is not None and located.wind is not None  # noqa: PT018
    rows = Rows.of(direct, weather or Weather(), biases)
    east, north, zero = rows.origin
    theta = np.array(
        [located.x - east, located.y - north, (located.at_s - zero) * METRES_PER_SECOND, located.speed, *located.wind]
    )
    residual, slope = rows.residuals(theta)
    t = len(direct)
    other = np.array([(d.position_sigma_m / located.speed) ** 2 + AIR_SIGMA_S**2 for d in direct])
    biases.learn(direct, residual[:t], slope[:t], np.diag(rows.prior_sigma**-2.0), other)
    return True


LEAST_TEACHERS = 5
"""Fewer boxes place a shot wherever their clocks want it."""


def _nearest(heard: list[Detection]) -> list[Detection]:
    """Those that heard it first, as many as are solved for at once; a bearing counts as a row."""
    rows, kept = 0, set()
    for index in sorted(range(len(heard)), key=lambda i: (not heard[i].synchronised, heard[i].at_s)):
        rows += heard[index].synchronised + (heard[index].bearing is not None)
        if rows > MOST_ROWS:
            break
        kept.add(index)
    return [d for index, d in enumerate(heard) if index in kept]


def _too_few(heard: list[Detection], onsets: list[Detection], air: Weather, biases: Biases | None) -> Located:
    residuals = tuple(Residual(d.node, rejected=None if d.synchronised else Why.UNSYNCHRONISED) for d in heard)
    if len({d.node for d in onsets}) >= 2:  # noqa: PLR2004
        first, second = sorted(onsets, key=lambda d: d.at_s)[:2]
        rows = Rows.of([first, second], air, biases)
        later = float(rows.seconds[1] - rows.seconds[0]) * air.speed
        sigma = math.sqrt(float(np.array([1, -1]) @ rows.covariance @ np.array([1, -1]))) * air.speed
        apart = math.hypot(first.x - second.x, first.y - second.y)
        moved = apart * math.hypot(air.wind_sigma, air.speed_sigma * min(1.0, abs(later) / max(apart, 1.0))) / air.speed
        return Located(curve((first.x, first.y), (second.x, second.y), later, math.hypot(sigma, moved)), residuals=residuals)
    with_bearing = next((d for d in heard if d.bearing is not None), None)
    if with_bearing is not None and with_bearing.bearing is not None:
        bearing = with_bearing.bearing
        return Located(sector(with_bearing.x, with_bearing.y, bearing.azimuth, bearing.sigma), residuals=residuals)
    one = onsets[0] if onsets else heard[0]
    return Located(Disc(one.x, one.y), residuals=residuals)


def _point(rows: Rows, weighed: Weighed, residuals: tuple[Residual, ...]) -> Located:
    best = weighed.solutions.theta[0]
    places = _places(weighed)
    mean, covariance = _moments(weighed, _held(weighed, places))
    freedom = int(weighed.used[0].sum()) - 3  # x, y and when
    square = float(weighed.solutions.square[0])
    scale = (SIGMAS_WORTH + square) / (SIGMAS_WORTH + max(freedom, 0)) if freedom > 0 else 1.0
    east, north, zero = rows.origin
    x, y = float(mean[0] + east), float(mean[1] + north)
    covariance = covariance * scale
    spots = []
    for members in places:
        at, _ = _moments(weighed, members)
        spots.append(Spot(float(at[0] + east), float(at[1] + north), float(weighed.weight[members].sum())))
    return Located(
        region=ellipse(x, y, covariance, SIGMAS_WORTH + max(freedom, 0)),
        at_s=float(zero + best[2] / METRES_PER_SECOND),
        x=spots[0].x,
        y=spots[0].y,
        covariance=covariance,
        spots=tuple(s for s in spots if s.probability >= _TOLD),
        residuals=residuals,
        speed=float(best[3]),
        wind=(float(best[4]), float(best[5])),
        fit=square / freedom if freedom > 0 else None,
    )


def _places(weighed: Weighed) -> list[list[int]]:
    """Solutions that lie at one place, most probable place first."""
    theta, spread = weighed.solutions.theta[:, :2], weighed.solutions.covariance[:, :2, :2]
    places: list[list[int]] = []
    for index in range(len(theta)):
        for members in places:
            way = theta[index] - theta[members[0]]
            if way @ np.linalg.solve(spread[index] + spread[members[0]], way) < _ONE_PLACE**2:
                members.append(index)
                break
        else:
            places.append([index])
    return sorted(places, key=lambda members: -float(weighed.weight[members].sum()))


def _held(weighed: Weighed, places: list[list[int]]) -> list[int]:
    held: list[int] = []
    for members in places:
        held += members
        if weighed.weight[held].sum() >= HELD:
            break
    return held


def _moments(weighed: Weighed, members: list[int]) -> tuple[Floats, Floats]:
    """Mean and covariance of the position under some of the suppositions."""
    weight = weighed.weight[members] / weighed.weight[members].sum()
    theta, spread = weighed.solutions.theta[members, :2], weighed.solutions.covariance[members, :2, :2]
    mean = weight @ theta
    off = theta - mean
    covariance: Floats = np.einsum("h,hij->ij", weight, spread) + np.einsum("h,hi,hj->ij", weight, off, off)
    return mean, covariance


def _residuals(heard: list[Detection], rows: Rows, weighed: Weighed) -> list[Residual]:
    """By the most probable supposition."""
    residual, direct = weighed.solutions.residual[0], weighed.direct[0]
    t = len(rows.timed)
    onset = {i: (float(residual[r]) * 1e3, bool(direct[r])) for r, i in enumerate(rows.timed)}
    bearing = {i: (math.degrees(residual[t + r]), bool(direct[t + r])) for r, i in enumerate(rows.borne)}
    told = []
    for index, one in enumerate(heard):
        ms, straight = onset.get(index, (None, True))
        degrees, ahead = bearing.get(index, (None, True))
        why = None
        if ms is None:
            why = Why.UNSYNCHRONISED if degrees is None else (None if ahead else Why.ASTRAY)
        elif not straight:
            why = Why.LATE if ms > 0 else Why.EARLY
        told.append(Residual(one.node, ms, degrees, why, astray=not ahead))
    return told
