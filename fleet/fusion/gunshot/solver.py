"""Most probable place, time and air of a shot, for many suppositions at once about which rows are direct. Pure.

Rules:

- Levenberg-Marquardt on whitened rows and priors, one batch for all suppositions and starts; each has its own damping.
- The covariance is the inverse of the Fisher information at the solution, priors included.
- ``evidence`` is the logarithm of the probability of the used rows with the unknowns integrated out (Laplace's method;
  MacKay, Information Theory, Inference and Learning Algorithms, chapter 27), without what is the same for all suppositions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fleet.fusion.gunshot.air import FASTEST, SLOWEST, Floats
from fleet.fusion.gunshot.rows import UNKNOWNS, Bools, Rows

_ROUNDS = 15
_STILL = 1e-3
"""Stop when the cost falls by less: hundredths of a sigma."""
_STIFFEST = 1e3
"""Damping at which no step helps any more."""
_FASTEST_WIND = 40.0
_FARTHEST_M = 20_000.0


@dataclass(frozen=True)
class Solutions:
    """``h`` solutions.

    Attributes:
        theta: (h, 6) the unknowns.
        covariance: (h, 6, 6).
        square: (h,) sum of squared whitened residuals, priors included.
        evidence: (h,) see the module.
        residual: (h, rows) measured less predicted, of all rows, direct or not.
        sigma: (h, rows) standard deviation that a row would have about its prediction, were it new and direct.
    """

    theta: Floats
    covariance: Floats
    square: Floats
    evidence: Floats
    residual: Floats
    sigma: Floats


def solve(rows: Rows, used: Bools, late_s: Floats, start: Floats) -> Solutions:
    """Solve.

    Args:
        rows: what was measured.
        used: (h, rows) which of them each supposition takes for this shot's.
        late_s: (h, rows) by how much each is supposed to be late on average; it spreads as much (as an exponential distribution
            does, of which these are mean and standard deviation).
        start: (h, 6).
    """
    eye = np.eye(len(rows))
    both = used[:, :, None] & used[:, None, :]
    covariance = np.where(both, rows.covariance, eye) + late_s[:, :, None] ** 2 * eye
    lower = np.linalg.cholesky(covariance)
    whiten: Floats = np.asarray(np.linalg.inv(lower) * used[:, None, :], dtype=np.float64)
    theta = _bounded(start.copy())
    cost, gradient, normal, residual = _terms(rows, whiten, late_s, theta)
    damping = np.full(len(theta), 1e-3)
    going = np.arange(len(theta))
    for _ in range(_ROUNDS):
        diagonal = np.diagonal(normal[going], axis1=1, axis2=2)
        scaled = normal[going] + (damping[going, None] * diagonal)[:, :, None] * np.eye(UNKNOWNS)
        step = np.linalg.solve(scaled, gradient[going][..., None])[..., 0]
        tried = _bounded(theta[going] + step)
        found = _terms(rows, whiten[going], late_s[going], tried)
        better = found[0] < cost[going]
        gained = cost[going] - found[0]
        into = going[better]
        for whole, part in zip((theta, cost, gradient, normal, residual), (tried, *found), strict=True):
            whole[into] = part[better]
        damping[going] *= np.where(better, 0.2, 4.0)
        going = going[np.where(better, gained >= _STILL, damping[going] < _STIFFEST)]
        if not len(going):
            break
    spread: Floats = np.asarray(np.linalg.inv(normal), dtype=np.float64)
    slope = rows.residuals(theta)[1]
    around = np.einsum("hri,hij,hrj->hr", slope, spread, slope) + np.diagonal(rows.covariance)
    volume = np.linalg.slogdet(spread)[1] / 2 - np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    evidence = volume - cost / 2 - used.sum(axis=1) * np.log(2 * np.pi) / 2
    return Solutions(theta, spread, cost, evidence, residual, np.sqrt(np.maximum(around, 1e-12)))


def _terms(rows: Rows, whiten: Floats, late_s: Floats, theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Cost, minus half its gradient, the Fisher information, and residuals."""
    residual, slope = rows.residuals(theta)
    weighed = np.einsum("hij,hj->hi", whiten, residual - late_s)
    tilted = whiten @ slope
    off = (rows.prior - theta) / rows.prior_sigma
    cost = np.sum(weighed**2, axis=1) + np.sum(off**2, axis=1)
    gradient = np.einsum("hri,hr->hi", tilted, weighed) + off / rows.prior_sigma
    normal = np.swapaxes(tilted, 1, 2) @ tilted + np.diag(rows.prior_sigma**-2.0)
    return cost, gradient, normal, residual


def _bounded(theta: Floats) -> Floats:
    theta[:, :2] = np.clip(theta[:, :2], -_FARTHEST_M, _FARTHEST_M)
    theta[:, 3] = np.clip(theta[:, 3], SLOWEST, FASTEST)
    theta[:, 4:] = np.clip(theta[:, 4:], -_FASTEST_WIND, _FASTEST_WIND)
    return theta
