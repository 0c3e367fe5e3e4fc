"""How well a shot can be located at best: the Cramer-Rao bound of a layout with ideal onsets. Pure.

The inverse of the Fisher information about place, time, speed of sound and wind, with what is known of the air beforehand as
information too (the hybrid bound; Van Trees, Detection, Estimation, and Modulation Theory, part I, section 2.4). No estimator
that is right on average does better, so a bench divides by it.
"""

from __future__ import annotations

import math

import numpy as np

from fleet.fusion.gunshot.air import Floats, Weather, travel

_DISC = 200


def bound(nodes: Floats, source: Floats, sigma_s: Floats, weather: Weather) -> Floats:
    """Least covariance of the position.

    Args:
        nodes: (n, 2), n >= 3, metres.
        source: (..., 2), metres.
        sigma_s: (n,) standard deviations of the onsets, seconds.
        weather: what is known of the air; what there is, is its mean.

    Returns:
        (..., 2, 2), square metres.
    """
    shape = source.shape[:-1]
    speed = np.full(shape, weather.speed)
    wind = np.broadcast_to(np.array([weather.east, weather.north]), (*shape, 2))
    _, slope = travel(source, nodes, speed, wind)
    tilted = np.concatenate([slope, np.ones((*shape, len(nodes), 1))], axis=-1) / sigma_s[:, None]
    known = [1 / max(s, 1e-9) ** 2 for s in (weather.speed_sigma, weather.wind_sigma, weather.wind_sigma)]
    information = np.swapaxes(tilted, -1, -2) @ tilted + np.diag([0.0, 0.0, *known, 0.0])
    return np.asarray(np.linalg.inv(information)[..., :2, :2], dtype=np.float64)


def bound_m(nodes: Floats, source: Floats, sigma_s: Floats, weather: Weather) -> Floats:
    """Least root mean square error of the position, metres; (...)."""
    error: Floats = np.sqrt(np.trace(bound(nodes, source, sigma_s, weather), axis1=-2, axis2=-1))
    return error


def over_disc(nodes: Floats, radius_m: float, sigma_s: Floats, weather: Weather) -> tuple[float, float]:
    """:func:`bound_m` at the middle of the nodes, and its median over a disc around it (evenly, by the golden angle)."""
    number = np.arange(_DISC) + 0.5
    turn, away = number * math.pi * (3 - math.sqrt(5)), radius_m * np.sqrt(number / _DISC)
    middle = nodes.mean(axis=0)
    disc = middle + np.stack([away * np.cos(turn), away * np.sin(turn)], axis=1)
    return float(bound_m(nodes, middle, sigma_s, weather)), float(np.median(bound_m(nodes, disc, sigma_s, weather)))
