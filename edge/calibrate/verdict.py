"""How good a calibration is, over the part of the picture that matters, and what would make it better. Pure.

Rules: a calibration is good when nine of ten places of the part are known to the tolerated radius and its points do not
contradict one another. The part is the zones of the source, beyond which nothing may lie; or all of the picture before the
horizon, where there are none. The advised point is one of the part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from edge.analytics.ground.advice import Advice, Survey, advise, places, survey
from edge.analytics.ground.errors import UnfitError
from edge.analytics.ground.ground import Ground
from edge.analytics.ground.homography import Fit
from edge.calibrate.errors import CalibrateError
from protocol.basis import Struct
from protocol.config import Calibration
from protocol.geometry import Point

ENOUGH = 0.9
"""Share of the part that has to be known to the tolerated radius."""
_HELPS = 0.9
"""A point that leaves more than this of the radius is not worth a walk; clicking more exactly is."""
_SURE_Z = 2.33
"""Of residuals that one calibration in a hundred exceeds by chance."""


class PointVerdict(Struct, frozen=True):
    """One point."""

    pixel: tuple[float, float]
    metres: tuple[float, float]
    off_px: Annotated[float, Meta(description="From where the others and it put it, pixels")]
    suspect: Annotated[bool, Meta(description="Whether it contradicts the others more than any, and they do contradict")] = (
        False
    )


class Next(Struct, frozen=True):
    """Where one more point would help most."""

    pixel: tuple[float, float]
    metres: tuple[float, float]
    before_m: Annotated[float, Meta(description="Radius over the part now, root of the mean square")]
    after_m: Annotated[float, Meta(description="The same with a point there")]


class Verdict(Struct, frozen=True):
    """How good it is."""

    good: bool
    median_m: Annotated[float | None, Meta(description="Radius of 90% confidence that half of the part keeps to; null = none")]
    p90_m: Annotated[float | None, Meta(description="Radius that nine of ten places keep to; null = none")]
    tolerated_m: float
    beyond: Annotated[float, Meta(description="Share of the part on or over the horizon, or too far from the points")]
    click_px: Annotated[float, Meta(description="Deviation of a click as residuals leave it, pixels")]
    contradict: Annotated[bool, Meta(description="Whether points are farther from one another's ground than clicks explain")]
    points: tuple[PointVerdict, ...]
    next: Next | None = None


@dataclass(frozen=True)
class Judged:
    """A verdict, and what it was made from."""

    calibration: Calibration
    ground: Ground
    survey: Survey
    verdict: Verdict


def judge(calibration: Calibration, parts: Sequence[Sequence[Point]], tolerated_m: float) -> Judged:
    """Judge a calibration.

    Args:
        calibration: what was clicked and measured.
        parts: polygons that matter, fractions of the picture; none = all of it.
        tolerated_m: radius of 90% confidence that is good enough.

    Raises:
        CalibrateError: its points put no ground before the camera.
    """
    size = calibration.size
    try:
        ground = Ground(calibration, *size)
    except UnfitError as error:
        raise CalibrateError(str(error).removeprefix("calibration: ")) from None
    part = places(*size, parts)
    seen = survey(ground, part)
    contradict = _contradict(ground.fit)
    p90 = float("inf") if parts and seen.beyond > 1 - ENOUGH else seen.radius_m(ENOUGH)
    verdict = Verdict(
        good=p90 <= tolerated_m and not contradict,
        median_m=_told(seen.radius_m(0.5)),
        p90_m=_told(p90),
        tolerated_m=tolerated_m,
        beyond=round(seen.beyond, 4),
        click_px=round(ground.fit.scale * calibration.sigma_px, 2),
        contradict=contradict,
        points=_points(calibration, ground.fit, contradict=contradict),
        next=_next(ground, advise(ground, part, part, calibration.sigma_px)),
    )
    return Judged(calibration, ground, seen, verdict)


def helps(following: Next) -> bool:
    """Whether the next point is worth a walk."""
    return following.after_m < _HELPS * following.before_m


def _told(radius_m: float) -> float | None:
    return round(radius_m, 4) if np.isfinite(radius_m) else None


def _next(ground: Ground, advice: Advice | None) -> Next | None:
    if advice is None:
        return None
    x, y = ground.positions(np.array([advice.pixel]))[0][0].tolist()
    left, top = advice.pixel
    return Next(
        (round(left, 1), round(top, 1)), (round(x, 2), round(y, 2)), round(advice.before_m, 4), round(advice.after_m, 4)
    )


def _contradict(fit: Fit) -> bool:
    """Whether the residuals are larger than clicks explain: chi-squared, by Wilson and Hilferty (PNAS 17(12), 1931)."""
    if fit.freedom == 0:
        return False
    ratio, spread = float((fit.residuals**2).sum()) / fit.freedom, 2 / (9 * fit.freedom)
    return bool((ratio ** (1 / 3) - (1 - spread)) / np.sqrt(spread) > _SURE_Z)


def _points(calibration: Calibration, fit: Fit, *, contradict: bool) -> tuple[PointVerdict, ...]:
    """Each with its residual; suspect is the one that is farthest off for what it still could be."""
    off = np.hypot(*fit.residuals.T)
    freedom = np.maximum(2.0 - fit.leverages, 1e-9)
    worst = int((off**2 / freedom).argmax()) if contradict else -1
    width, height = calibration.size
    return tuple(
        PointVerdict(
            (round(point.picture[0] * width, 1), round(point.picture[1] * height, 1)),
            point.ground,
            round(float(off[number]) * calibration.sigma_px, 2),
            number == worst,
        )
        for number, point in enumerate(calibration.points)
    )
