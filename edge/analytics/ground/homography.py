"""The homography from the ground to the picture, and how far clicks leave it open. Pure numpy.

The normalised direct linear transform (Hartley and Zisserman, Multiple View Geometry, 2nd edition, algorithm 4.2) begins,
Gauss-Newton on the error in the picture ends it: the maximum likelihood estimate where what was measured on the ground is exact
and clicks are not (section 4.2). Its eight parameters are those of a frame whose origin is the middle of the points on the
ground, where the depth is one: before a camera it is never zero there.

Their covariance is that of the first order (section 5.2.2), (J'J)^-1 sigma^2. What follows from it is not linear near the
horizon or where points are nearly on a line, so it is handed on as a **spread**: sixteen homographies of equal weight that
have this mean and covariance (third-degree cubature; Arasaratnam and Haykin, IEEE TAC 54(6), 2009), to be carried through
whatever is asked.

Four points leave no residual, and the deviation of a click is what it is said to be. With more, residuals inform it: a scaled
inverse chi-squared of :data:`KNOWN` degrees of freedom is the prior, and regions are widened as Student's distribution asks
(Gelman et al., Bayesian Data Analysis, 3rd edition, section 14.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.analytics.ground.errors import UnfitError

Floats = npt.NDArray[np.float64]

PARAMETERS = 8
KNOWN = 16.0
"""Degrees of freedom of what is said of clicks, so known to 18%. Fewer would believe the two residuals of five points."""
REGION = 0.9
"""Share of cases that the region is to hold which a covariance stands for."""
_STEPS = 20
_CONVERGED = 1e-9
"""Of a step, in a frame where all is of the order of one."""


@dataclass(frozen=True)
class Fit:
    """A homography from metres on the ground to pixels."""

    matrix: Floats
    """(3, 3); the depth of what lies before the camera is positive."""
    spread: Floats
    """(16, 3, 3): of equal weight, around ``matrix``; they stand for its covariance."""
    residuals: Floats
    """(n, 2): clicked less fitted, in deviations of a click as said."""
    leverages: Floats
    """(n,): of each point's two coordinates, how much of it goes into the fit, 0 to 2; the parts sum to eight."""
    scale: float
    """Deviation of a click as residuals leave it, against what was said."""

    @property
    def freedom(self) -> int:
        """Coordinates that were clicked beyond those that determine it."""
        return self.residuals.size - PARAMETERS


def fit(metres: Floats, pixels: Floats, sigmas_px: Floats) -> Fit:
    """Fit a homography to pairs of points.

    Args:
        metres: float64 (n, 2), on the ground, n >= 4.
        pixels: float64 (n, 2), the same in the picture.
        sigmas_px: float64 (2,), deviation of a click to the right and down.

    Raises:
        UnfitError: the points determine none, or one that puts some of them behind the camera.
    """
    to_ground, to_picture = _normaliser(metres, np.ones(2)), _normaliser(pixels, sigmas_px)
    ground, picture = apply(to_ground, metres), apply(to_picture, pixels)
    sigma = float(to_picture[0, 0] * sigmas_px[0])
    try:
        parameters = _refined(_direct(ground, picture), ground, picture)
        jacobian = _jacobian(parameters, ground)
        covariance = np.linalg.inv(jacobian.T @ jacobian)
        root = np.linalg.cholesky(covariance)
        back = np.linalg.inv(to_picture)
    except np.linalg.LinAlgError:
        msg = "the points do not determine the ground; spread them wider, no three on a line"
        raise UnfitError(msg) from None
    residuals = (picture - apply(_matrix(parameters), ground)) / sigma
    scale, region = _scale(residuals)
    offsets = np.sqrt(PARAMETERS) * region * sigma * root.T
    spread = back @ _matrix(np.concatenate([parameters + offsets, parameters - offsets])) @ to_ground
    leverages = np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian).reshape(-1, 2).sum(axis=1)
    return Fit(back @ _matrix(parameters) @ to_ground, spread, residuals, leverages, scale)


def apply(matrix: Floats, points: Floats) -> Floats:
    """Points (n, 2) through one homography (3, 3), or through k of them: (k, n, 2). NaN for what it puts behind the camera."""
    turned = homogeneous(matrix, points)
    depth = turned[..., 2:]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        placed: Floats = np.where(depth > 0, turned[..., :2] / depth, np.nan)
    return placed


def homogeneous(matrix: Floats, points: Floats) -> Floats:
    """The same before it is divided by the depth: (..., n, 3)."""
    turned: Floats = points @ matrix[..., :2].swapaxes(-1, -2) + matrix[..., None, :, 2]
    return turned


def _normaliser(points: Floats, unit: Floats) -> Floats:
    """Move points to their middle, and their mean distance from it to about one, in units that may differ by axis."""
    middle = points.mean(axis=0)
    size = float(np.sqrt((((points - middle) / unit) ** 2).sum(axis=1).mean() / 2))
    if not (np.isfinite(size) and size > 0):
        msg = "all points are one; click and measure them again"
        raise UnfitError(msg)
    across, down = 1 / (size * unit)
    return np.array([[across, 0, -across * middle[0]], [0, down, -down * middle[1]], [0, 0, 1]])


def _direct(ground: Floats, picture: Floats) -> Floats:
    """Eight parameters by the direct linear transform."""
    n = len(ground)
    ones, none = np.column_stack([ground, np.ones(n)]), np.zeros((n, 3))
    rows = [np.column_stack([ones, none, -picture[:, :1] * ones]), np.column_stack([none, ones, -picture[:, 1:] * ones])]
    solution = np.linalg.svd(np.concatenate(rows))[2][-1]
    if abs(solution[8]) < _CONVERGED:
        msg = "the points put their own middle on the horizon; look whether two are exchanged, and measure them again"
        raise UnfitError(msg)
    parameters: Floats = solution[:8] / solution[8]
    return parameters


def _refined(parameters: Floats, ground: Floats, picture: Floats) -> Floats:
    """Least squares in the picture by Gauss-Newton, from a first guess; never worse than it."""
    residuals = _residuals(parameters, ground, picture)
    for _ in range(_STEPS):
        step = np.linalg.lstsq(_jacobian(parameters, ground), residuals, rcond=None)[0]
        better = _residuals(parameters + step, ground, picture)
        if not better @ better <= residuals @ residuals:
            break
        parameters, residuals = parameters + step, better
        if np.abs(step).max() < _CONVERGED:
            break
    return parameters


def _residuals(parameters: Floats, ground: Floats, picture: Floats) -> Floats:
    placed = apply(_matrix(parameters), ground)
    if not np.isfinite(placed).all():
        msg = "the points put some of themselves behind the camera; look whether one is above the horizon or two are exchanged"
        raise UnfitError(msg)
    residuals: Floats = (picture - placed).ravel()
    return residuals


def _jacobian(parameters: Floats, ground: Floats) -> Floats:
    """Of places in the picture by the parameters: (2n, 8), rows right and down in turn."""
    turned = homogeneous(_matrix(parameters), ground)
    by_depth = np.column_stack([ground, np.ones(len(ground))]) / turned[:, 2:]
    placed = turned[:, :2] / turned[:, 2:]
    jacobian = np.zeros((2 * len(ground), PARAMETERS))
    for axis in (0, 1):
        jacobian[axis::2, 3 * axis : 3 * axis + 3] = by_depth
        jacobian[axis::2, 6:] = -placed[:, axis : axis + 1] * by_depth[:, :2]
    return jacobian


def _matrix(parameters: Floats) -> Floats:
    """(..., 8) to (..., 3, 3)."""
    return np.concatenate([parameters, np.ones((*parameters.shape[:-1], 1))], axis=-1).reshape(*parameters.shape[:-1], 3, 3)


def _scale(residuals: Floats) -> tuple[float, float]:
    """Deviation of a click against what was said, and what makes of it the region that holds as often as it should.

    The quantile of F with two degrees of freedom over that of chi-squared with two; both have closed forms.
    """
    freedom = KNOWN + residuals.size - PARAMETERS
    variance = (KNOWN + float((residuals**2).sum()) * (residuals.size > PARAMETERS)) / freedom
    wider = freedom * ((1 - REGION) ** (-2 / freedom) - 1) / (-2 * np.log(1 - REGION))
    return float(np.sqrt(variance)), float(np.sqrt(variance * wider))
