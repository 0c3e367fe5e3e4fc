"""Where in metres something is that stands on the ground, and how sure that is. Pure numpy.

Frames: pixels of the picture in use, x to the right, y downwards; metres on the ground in the frame that its points were
measured in. The ground is taken for a plane.

Rules: a covariance is that of the ellipse that holds the truth in 90 of 100 cases (those within a squared Mahalanobis distance
of 4.605), so that what is heavier in the tails than a normal distribution is wider from the start. What is not known is NaN,
never a far guess.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge.analytics.ground.errors import HorizonError, ShapeError, UnfitError
from edge.analytics.ground.homography import Floats, apply, fit, homogeneous
from protocol.check import check_calibration
from protocol.config import Calibration
from protocol.errors import GeometryError

REACH = 4.0
"""How far from their middle a ground is believed, in the spread of its points: 1 is the farthest of them. Beyond, the bend of a
lens and of a street that is arched for the rain counts for more than clicks, and no covariance knows of it."""
_OTHER_SHAPE = 0.1
"""Of width against height. Television's 720 x 576 is 768 x 576 squeezed by 7%; what is 4:3 instead of 16:9 is cut."""


class Ground:
    """The ground before one camera.

    Args:
        calibration: its points.
        width: of the picture in use, pixels.
        height: of the picture in use, pixels.

    Raises:
        ShapeError: the picture has another shape than the one that was clicked on.
        UnfitError: the points determine no ground before the camera.
    """

    def __init__(self, calibration: Calibration, width: int, height: int) -> None:
        _check_shape(calibration.size, (width, height))
        try:
            check_calibration(calibration, "calibration")
        except GeometryError as error:
            raise UnfitError(str(error)) from None
        size = np.array([width, height], np.float64)
        metres = np.array([point.ground for point in calibration.points], np.float64)
        pixels = np.array([point.picture for point in calibration.points], np.float64) * size
        self.fit = fit(metres, pixels, calibration.sigma_px * size / np.array(calibration.size))
        """What it rests on."""
        try:
            self._inverse, self._inverses = _backward(self.fit.matrix, pixels), _backward(self.fit.spread, pixels)
        except np.linalg.LinAlgError:
            msg = "the points leave open where the ground is; spread them wider, or add more"
            raise UnfitError(msg) from None
        self._middle = metres.mean(axis=0)
        self._within = np.linalg.inv(np.cov(metres.T, bias=True))
        self._reach = REACH**2 * float(self._distance(metres).max())

    def positions(self, pixels: Floats, foot: Floats | None = None) -> tuple[Floats, Floats]:
        """Where points of the picture are on the ground.

        Args:
            pixels: (n, 2).
            foot: covariance of the points themselves in pixels squared, (2, 2) or (n, 2, 2); ``None`` = they are exact.

        Returns:
            Metres (n, 2) and covariance (n, 2, 2) in metres squared; NaN for what is :meth:`beyond`.
        """
        pixels = _points(pixels)
        metres = apply(self._inverse, pixels)
        covariance = _covariance(self.spread(pixels) - metres)
        if foot is not None:
            covariance += self._of_feet(pixels, metres, foot)
        metres[self.beyond(pixels)] = np.nan
        covariance[np.isnan(metres[:, 0])] = np.nan
        return metres, covariance

    def spread(self, pixels: Floats) -> Floats:
        """Where the points are on each of sixteen grounds that clicks leave open: (16, n, 2); NaN over its horizon."""
        return apply(self._inverses, _points(pixels))

    def displacements(self, start: Floats, end: Floats, foot: Floats | None = None) -> tuple[Floats, Floats]:
        """How far points went: surer than the difference of two positions, because what is wrong with the ground is so at both.

        Args:
            start: (n, 2) pixels.
            end: (n, 2) pixels.
            foot: covariance of each point, as of :meth:`positions`; those of start and end are taken for independent.

        Returns:
            Metres (n, 2) and covariance (n, 2, 2); NaN where either end is :meth:`beyond`.
        """
        start, end = _points(start), _points(end)
        first, last = apply(self._inverse, start), apply(self._inverse, end)
        covariance = _covariance(self.spread(end) - self.spread(start) - (last - first))
        if foot is not None:
            covariance += self._of_feet(start, first, foot) + self._of_feet(end, last, foot)
        gone = last - first
        gone[self.beyond(start) | self.beyond(end)] = np.nan
        covariance[np.isnan(gone[:, 0])] = np.nan
        return gone, covariance

    def pixels(self, metres: Floats) -> Floats:
        """Where places on the ground are in the picture: (n, 2); NaN for what is behind the camera."""
        return apply(self.fit.matrix, _points(metres))

    def area(self, polygon: Sequence[tuple[float, float]] | Floats) -> tuple[float, float]:
        """Square metres within a simple polygon of pixels, and their standard deviation.

        Raises:
            HorizonError: a vertex is :meth:`beyond`; names it, counted from 1.
        """
        vertices = _points(np.asarray(polygon, np.float64))
        if (out := np.flatnonzero(self.beyond(vertices))).size:
            msg = (
                f"vertex {out[0] + 1} of the polygon is on the horizon, or too far from the points that were measured; "
                "draw it lower, or measure points there"
            )
            raise HorizonError(msg)
        area = abs(float(_shoelace(apply(self._inverse, vertices))))
        others = np.abs(_shoelace(self.spread(vertices)))
        return area, float(np.sqrt(((others - area) ** 2).mean()))

    def beyond(self, pixels: Floats) -> npt.NDArray[np.bool_]:
        """Which points are not known to be before the horizon, or lie too far from what was measured: (n,)."""
        pixels = _points(pixels)
        before = (homogeneous(self._inverses, pixels)[..., 2] > 0).all(axis=0)
        metres = apply(self._inverse, pixels)
        with np.errstate(invalid="ignore", over="ignore"):
            reached = self._distance(metres) <= self._reach  # NaN is not
        beyond: npt.NDArray[np.bool_] = ~(before & reached)
        return beyond

    def _distance(self, metres: Floats) -> Floats:
        """Squared distance from the middle of the points, in their spread."""
        off = metres - self._middle
        distance: Floats = np.einsum("ni,ij,nj->n", off, self._within, off)
        return distance

    def _of_feet(self, pixels: Floats, metres: Floats, foot: Floats) -> Floats:
        """What the points' own covariance does on the ground, by four of equal weight for each."""
        variances, axes = np.linalg.eigh(np.broadcast_to(foot, (len(pixels), 2, 2)))
        root = axes * np.sqrt(2 * np.maximum(variances, 0.0))[:, None]
        off = np.stack([root[..., 0], root[..., 1], -root[..., 0], -root[..., 1]])
        return _covariance(apply(self._inverse, pixels + off) - metres)


def _check_shape(clicked: tuple[int, int], now: tuple[int, int]) -> None:
    ratio = now[0] * clicked[1] / (now[1] * clicked[0])
    if abs(np.log(ratio)) > _OTHER_SHAPE:
        msg = (
            f"the ground was calibrated on a picture of {clicked[0]} x {clicked[1]} and this is {now[0]} x {now[1]}: "
            "set the camera back, or calibrate again"
        )
        raise ShapeError(msg)


def _backward(matrix: Floats, pixels: Floats) -> Floats:
    """The homographies to the ground (..., 3, 3), with the depth of the points that were clicked positive."""
    inverses = np.asarray(np.linalg.inv(matrix), np.float64)
    depth = homogeneous(inverses, pixels)[..., 2].mean(axis=-1)
    signed: Floats = inverses * np.sign(depth)[..., None, None]
    return signed


def _covariance(off: Floats) -> Floats:
    """Mean square of what (k, n, 2) is off: (n, 2, 2)."""
    covariance: Floats = np.einsum("kni,knj->nij", off, off) / len(off)
    return covariance


def _shoelace(polygon: Floats) -> Floats:
    """Signed area of (..., n, 2)."""
    x, y = polygon[..., 0], polygon[..., 1]
    area: Floats = 0.5 * (x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y).sum(axis=-1)
    return area


def _points(points: Floats) -> Floats:
    return np.asarray(points, np.float64).reshape(-1, 2)
