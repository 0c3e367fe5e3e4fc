"""Boxes around a shot, and what they hear of it without any error but what a test adds."""

from __future__ import annotations

import math

import numpy as np

from fleet.fusion.gunshot.air import Weather, travel
from fleet.fusion.gunshot.detections import Detection

AT_S = 1_790_000_000.0
SIX = ((-300.0, -250.0), (280.0, -310.0), (320.0, 240.0), (-260.0, 330.0), (10.0, 420.0), (-420.0, 20.0))
KNOWN = Weather(celsius=15.0, celsius_sigma=0.1, wind_sigma=0.05)


def hear(
    x: float,
    y: float,
    boxes: tuple[tuple[float, float], ...] = SIX,
    at_s: float = AT_S,
    weather: Weather = KNOWN,
    volley: tuple[float, ...] = (0.0,),
    noise: np.random.Generator | None = None,
) -> list[Detection]:
    nodes = np.array(boxes)
    wind = np.array([weather.east, weather.north])
    seconds, _ = travel(np.array([x, y]), nodes, np.array(weather.speed), wind)
    if noise is not None:
        seconds = seconds + noise.normal(0, 1e-3, len(nodes))
    return [
        Detection(f"box-{i}", *boxes[i], at_s + float(seconds[i]), position_sigma_m=0.0, onsets_s=volley, posterior=0.9)
        for i in range(len(nodes))
    ]


def away(x: float | None, y: float | None, there: tuple[float, float]) -> float:
    assert x is not None
    assert y is not None
    return math.hypot(x - there[0], y - there[1])
