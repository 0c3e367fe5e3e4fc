"""How well the ground is known over a part of the picture, and where one more point would help most. Pure numpy.

What one more point does is known before it is clicked: it tells how the homographies that clicks leave open differ at its
place, and what differs with that elsewhere is known better (the ensemble form of a Kalman update; Evensen, Data Assimilation,
2nd edition, section 4.3). The best place is the one after which the mean square of the radius over the part is least (design
for prediction, "I-optimal"; Atkinson, Donev and Tobias, Optimum Experimental Designs, with SAS, section 10.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.crowd.geometry import inside
from edge.analytics.ground.ground import Ground
from edge.analytics.ground.homography import Floats, apply
from protocol.geometry import Point

Q90 = 4.605
"""90% quantile of chi-squared with two degrees of freedom."""
TOLERATED_M = 0.5
"""Radius up to which nine of ten places of the part are known well enough: a person is as wide."""
_COLUMNS, _ROWS = 24, 18


@dataclass(frozen=True)
class Survey:
    """How well the ground is known, place by place."""

    pixels: Floats
    """(m, 2), all over the part of the picture."""
    metres: Floats
    """(m, 2); NaN where it is beyond."""
    radii_m: Floats
    """(m,): of the circle around the 90% ellipse of each; NaN where it is beyond."""

    @property
    def beyond(self) -> float:
        """Share of the part that is on or over the horizon, or too far from the points."""
        return float(np.isnan(self.radii_m).mean()) if len(self.radii_m) else 1.0

    def radius_m(self, share: float) -> float:
        """Radius that so many of the places that are not beyond keep to; infinite when there are none."""
        known = self.radii_m[np.isfinite(self.radii_m)]
        return float(np.quantile(known, share)) if len(known) else float("inf")


@dataclass(frozen=True)
class Advice:
    """Where one more point would help most."""

    pixel: tuple[float, float]
    before_m: float
    """Radius over the part now, root of the mean square."""
    after_m: float
    """The same with a point there, as well clicked as the others."""


def places(width: int, height: int, parts: Sequence[Sequence[Point]] = ()) -> Floats:
    """A grid over the parts of a picture that matter, or over all of it: float64 (m, 2), pixels.

    Args:
        width: of the picture, pixels.
        height: of the picture, pixels.
        parts: polygons in fractions of the picture; none = all of it.
    """
    across, down = (np.arange(_COLUMNS) + 0.5) / _COLUMNS, (np.arange(_ROWS) + 0.5) / _ROWS
    grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    if parts:
        grid = np.concatenate([grid[_within(grid, parts)], *(np.array(part, np.float64) for part in parts)])
    pixels: Floats = grid * [width, height]
    return pixels


def survey(ground: Ground, pixels: Floats) -> Survey:
    """How well the ground is known at these places (m, 2)."""
    metres, covariance = ground.positions(pixels)
    return Survey(pixels, metres, _radii(covariance))


def advise(ground: Ground, pixels: Floats, candidates: Floats, sigma_px: float) -> Advice | None:
    """Where one more point would help most.

    Args:
        ground: as it is known now.
        pixels: (m, 2), where it matters.
        candidates: (c, 2), where a point could be clicked.
        sigma_px: deviation of a click.

    Returns:
        The best of the candidates, or ``None`` when none of them or nothing of what matters is before the horizon.
    """
    pixels = pixels[~ground.beyond(pixels)]
    candidates = candidates[~ground.beyond(candidates)]
    if not len(pixels) or not len(candidates):
        return None
    metres, covariance = ground.positions(pixels)
    errors = ground.spread(pixels) - metres
    best, least = 0, float("inf")
    for number, (candidate, place) in enumerate(zip(candidates, ground.positions(candidates)[0], strict=True)):
        told = apply(ground.fit.spread, place[None])[:, 0] - candidate
        if not np.isfinite(told).all():
            continue
        surprise = told.T @ told / len(told) + np.eye(2) * (sigma_px * ground.fit.scale) ** 2
        with_it = np.einsum("kni,kj->nij", errors, told) / len(told)
        after = covariance - with_it @ np.linalg.inv(surprise) @ with_it.swapaxes(1, 2)
        if (mean := _mean_radius(after)) < least:
            best, least = number, mean
    x, y = candidates[best].tolist()
    return Advice((x, y), _mean_radius(covariance), least)


def _radii(covariance: Floats) -> Floats:
    """Of the circle around each 90% ellipse: the root of the larger eigenvalue, in closed form."""
    a, b, c = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    larger = (a + c) / 2 + np.hypot((a - c) / 2, b)
    radii: Floats = np.sqrt(Q90 * np.maximum(larger, 0.0))
    return radii


def _mean_radius(covariance: Floats) -> float:
    return float(np.sqrt((_radii(covariance) ** 2).mean()))


def _within(grid: Floats, parts: Sequence[Sequence[Point]]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(grid), np.bool_)
    for part in parts:
        found |= inside(grid, part)
    return found
