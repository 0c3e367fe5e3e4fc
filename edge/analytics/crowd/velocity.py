"""How people move over the ground: speed, and crowd pressure after Helbing. Pure; metres and seconds.

A velocity is the slope of a straight line through a track's feet of the last seconds (least squares); what the feet stray from
that line says how far the slope is to be believed, and is taken off again where squares of velocities are averaged, for else
jitter would be taken for turbulence. Neighbouring positions of a track err alike, for the tracker smooths them: ``ALIKE`` of
them count as one.

Crowd pressure is local density times local variance of velocity (Helbing, Johansson and Al-Abideen, Phys. Rev. E 75, 046109,
2007); from about 0.02/s^2 they found turbulence, and people fell.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SPAN_S = 2.0
"""What a velocity is taken from: two or three steps."""
LEAST_SPAN_S = 1.0
LEAST_POINTS = 4
ALIKE = 3.0
TURBULENT = 0.02
"""Crowd pressure from which crowds were turbulent, 1/s^2."""
_NEAR_M = 2.0
"""Within which neighbours are asked for the variance; density and variance over two metres, as one has few neighbours."""
_FEWEST = 4.0
"""Neighbours without whom a variance says nothing."""


@dataclass(frozen=True)
class Velocities:
    """Of the tracks that were followed for long enough.

    Attributes:
        ids: whose.
        velocity: (n, 2), metres per second.
        noise: (n,), variance of both components together, (m/s)^2.
    """

    ids: Sequence[int]
    velocity: Values
    noise: Values


class Paths:
    """Where people were in the last seconds."""

    def __init__(self) -> None:
        self._paths: dict[int, deque[tuple[float, float, float]]] = {}

    def update(self, ids: Sequence[int], metres: Values, now_s: float) -> None:
        """Take the places of one picture: (n, 2) of tracks ``ids``; who is no longer there is forgotten."""
        paths = {}
        for track, (x, y) in zip(ids, metres.tolist(), strict=True):
            path = self._paths.get(track)
            if path is None or now_s < path[-1][0]:
                path = deque()
            path.append((now_s, x, y))
            while path[0][0] < now_s - SPAN_S:
                path.popleft()
            paths[track] = path
        self._paths = paths

    def velocities(self, ids: Sequence[int]) -> Velocities:
        """Velocities of those among ``ids`` who were followed for long enough."""
        known, slopes, noises = [], [], []
        for track in ids:
            path = self._paths.get(track)
            if path is None or len(path) < LEAST_POINTS or path[-1][0] - path[0][0] < LEAST_SPAN_S:
                continue
            t, places = np.array([p[0] for p in path]), np.array([p[1:] for p in path])
            t, places = t - t.mean(), places - places.mean(axis=0)
            square = float(t @ t)
            slope = t @ places / square
            strayed = float(np.sum((places - t[:, None] * slope) ** 2)) / max(1.0, len(t) / ALIKE - 1.0) / ALIKE
            known.append(track)
            slopes.append(slope)
            noises.append(ALIKE * strayed / square)
        return Velocities(known, np.array(slopes).reshape(-1, 2), np.array(noises))


def speed(velocities: Velocities) -> tuple[float, float] | None:
    """Mean speed and its standard deviation, metres per second; ``None`` when nobody was followed."""
    n = len(velocities.ids)
    if not n:
        return None
    speeds = np.sqrt(np.maximum(0.0, np.sum(velocities.velocity**2, axis=1) - velocities.noise))
    spread = float(np.var(speeds)) + float(np.mean(velocities.noise))
    return float(speeds.mean()), float(np.sqrt(spread / n))


def pressure(places: Values, density: Values, velocities: Velocities) -> tuple[float, float] | None:
    """Crowd pressure, mean over people, and its standard deviation; 1/s^2.

    Args:
        places: (n, 2), of those whose velocities are known.
        density: (n,), around each of them, people per square metre.
        velocities: theirs.

    Returns:
        ``None`` where nobody has enough neighbours.
    """
    n = len(places)
    if n <= _FEWEST:
        return None
    near = np.exp(-np.sum((places[:, None] - places[None]) ** 2, axis=2) / _NEAR_M**2)
    near /= near.sum(axis=1, keepdims=True)
    count = 1.0 / np.sum(near**2, axis=1)
    enough = count > _FEWEST
    if not enough.any():
        return None
    mean = near @ velocities.velocity
    spread = near @ np.sum(velocities.velocity**2, axis=1) - np.sum(mean**2, axis=1)
    local = density * (spread * count / (count - 1.0 + ~enough) - near @ velocities.noise)
    # A variance of two components from c neighbours has a relative variance of 1/(c - 1); those who share neighbours are one.
    neighbours = float(count[enough].mean())
    places_apart = max(1.0, float(enough.sum()) / neighbours)
    error = float(np.mean((density * spread)[enough])) / np.sqrt((neighbours - 1.0) * places_apart)
    return max(0.0, float(local[enough].mean())), float(error)
