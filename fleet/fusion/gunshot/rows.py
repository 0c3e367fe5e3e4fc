"""Everything measured of one shot as rows of one least-squares problem: onsets, bearings, and what is known of the air. Pure.

Rules:

- Unknown are six numbers: source x, y (m), time of the shot (as metres of sound, so that all columns are of one size), speed
  of sound, wind x, y (m/s). All six have priors; those of position and time are so wide that they only keep a solver at home.
- Rows of onsets come first, then bearings. Their covariance may join them: clocks whose biases were learned together.
- Which rows are of this shot and which are late is supposed, not known (:mod:`fleet.fusion.gunshot.suppositions`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fleet.fusion.gunshot.air import Floats, Weather, travel
from fleet.fusion.gunshot.bias import Biases
from fleet.fusion.gunshot.detections import Detection

Bools = NDArray[np.bool_]

UNKNOWNS = 6
METRES_PER_SECOND = 340.0
"""Scale of the third unknown; not a speed of sound."""
AIR_SIGMA_S = 5e-4
"""Turbulence and bent rays: a thousandth of the way of 150 to 200 m. Acoustic tomography of the lowest air finds such."""
REACH_M = 1500.0
"""Standard deviation of how far from the first box that hears it a shot may be, each axis. Few are heard beyond."""
_WHEN_SIGMA_M = 1e4
_NEAREST_M = 5.0
"""A bearing to a source nearer than this turns too fast to be a straight row."""


@dataclass(frozen=True)
class Rows:
    """One shot as measured by ``t`` onsets and ``b`` bearings.

    Attributes:
        origin: x, y (m) and time (s) that all numbers here are taken from.
        timed: (t,) indices of the detections that have an onset; ``borne``: (b,) of those that have a bearing.
        nodes: (t + b, 2) where each row's box is, metres from the origin.
        seconds: (t,) onsets after the origin, biases of clocks taken off.
        azimuths: (b,) radians clockwise from north.
        covariance: (t + b, t + b) in seconds and radians.
        prior: (6,) what is expected of the unknowns; ``prior_sigma``: (6,).
    """

    origin: tuple[float, float, float]
    timed: tuple[int, ...]
    borne: tuple[int, ...]
    nodes: Floats
    seconds: Floats
    azimuths: Floats
    covariance: Floats
    prior: Floats
    prior_sigma: Floats

    def __len__(self) -> int:
        return len(self.nodes)

    @classmethod
    def of(cls, heard: list[Detection], weather: Weather, biases: Biases | None = None) -> Rows:
        """Rows of detections, of which at least one has an onset or a bearing that counts."""
        timed = tuple(i for i, d in enumerate(heard) if d.synchronised)
        borne = tuple(i for i, d in enumerate(heard) if d.bearing is not None)
        first = heard[min(timed, key=lambda i: heard[i].at_s)] if timed else heard[borne[0]]
        nodes = np.array([(heard[i].x - first.x, heard[i].y - first.y) for i in timed + borne], dtype=np.float64)
        seconds = np.array([heard[i].at_s - first.at_s for i in timed], dtype=np.float64)
        place_s = np.array([heard[i].position_sigma_m / weather.speed for i in timed])
        if biases is None:
            clocks = np.diag([heard[i].onset_sigma_s ** 2 for i in timed])
        else:
            expected, clocks = biases.expected([heard[i] for i in timed])
            seconds = seconds - expected
        covariance = np.zeros((len(nodes), len(nodes)))
        t = len(timed)
        covariance[:t, :t] = clocks + np.diag(place_s**2 + AIR_SIGMA_S**2)
        bearings = [b for b in (heard[i].bearing for i in borne) if b is not None]
        covariance[range(t, len(nodes)), range(t, len(nodes))] = [b.sigma**2 for b in bearings]
        return cls(
            origin=(first.x, first.y, first.at_s),
            timed=timed,
            borne=borne,
            nodes=nodes,
            seconds=seconds,
            azimuths=np.array([b.azimuth for b in bearings], dtype=np.float64),
            covariance=covariance,
            prior=np.array([0.0, 0.0, 0.0, weather.speed, weather.east, weather.north]),
            prior_sigma=np.array(
                [REACH_M, REACH_M, _WHEN_SIGMA_M, weather.speed_sigma, weather.wind_sigma, weather.wind_sigma]
            ),
        )

    def residuals(self, theta: Floats) -> tuple[Floats, Floats]:
        """Measured less predicted, and the derivatives of what is predicted.

        Args:
            theta: (..., 6) suppositions.

        Returns:
            (..., t + b) seconds and radians, and (..., t + b, 6).
        """
        t = len(self.timed)
        shape = theta.shape[:-1]
        residual = np.empty((*shape, len(self)))
        slope = np.zeros((*shape, len(self), UNKNOWNS))
        source = theta[..., :2]
        seconds, change = travel(source, self.nodes[:t], theta[..., 3], theta[..., 4:6])
        residual[..., :t] = self.seconds - theta[..., 2:3] / METRES_PER_SECOND - seconds
        slope[..., :t, :2] = change[..., :2]
        slope[..., :t, 2] = 1 / METRES_PER_SECOND
        slope[..., :t, 3:] = change[..., 2:]
        way = source[..., None, :] - self.nodes[t:]
        square = np.maximum(np.sum(way * way, axis=-1), _NEAREST_M**2)
        turn = self.azimuths - np.arctan2(way[..., 0], way[..., 1])
        residual[..., t:] = (turn + np.pi) % (2 * np.pi) - np.pi
        slope[..., t:, 0] = way[..., 1] / square
        slope[..., t:, 1] = -way[..., 0] / square
        return residual, slope
