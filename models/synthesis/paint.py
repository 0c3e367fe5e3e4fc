"""Colours of vehicles and streets: drawn as they are met, RGB from 0 to 255."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from models.synthesis.chance import case, chance
from models.synthesis.drawing import Tint

Tone = npt.NDArray[np.float64]

CALLED: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "white": ((235, 235, 232), (222, 224, 226)),
    "grey": ((128, 130, 133), (155, 158, 160)),
    "black": ((22, 22, 24), (34, 34, 36)),
    "red": ((165, 22, 26), (120, 16, 22)),
    "orange": ((232, 112, 20), (244, 140, 40)),
    "yellow": ((240, 205, 30), (225, 185, 40)),
    "green": ((30, 95, 50), (60, 130, 70)),
    "blue": ((28, 58, 128), (40, 90, 165)),
    "brown": ((92, 58, 34), (110, 74, 48)),
}
"""Paints as they are called, RGB in plain light."""


def grey(random: np.random.Generator, low: float, high: float) -> Tone:
    """A grey, a little warm or cold."""
    return np.asarray(random.uniform(low, high) + random.normal(0, 3, 3), np.float64)


def vivid(random: np.random.Generator) -> Tone:
    """Any colour."""
    return random.uniform(10, 250, 3)


def body(random: np.random.Generator) -> Tone:
    """Paint of a vehicle: as in Europe's streets most are white, black, grey or silver, the rest blue, red and others."""
    match case(random, 0.2, 0.4, 0.62, 0.72, 0.82):
        case 0:
            return grey(random, 200, 245)
        case 1:
            return grey(random, 12, 55)
        case 2:
            return grey(random, 70, 185)
        case 3:
            return np.array([20, 40, 90]) * random.uniform(0.5, 1.8) + random.normal(0, 8, 3)
        case 4:
            return np.array([140, 18, 22]) * random.uniform(0.6, 1.5) + random.normal(0, 8, 3)
        case _:
            return vivid(random)


def rubber(random: np.random.Generator) -> Tone:
    """Tyres, unpainted bumpers, seals."""
    return grey(random, 12, 48)


def shaded(colour: Tint, factor: float) -> Tone:
    """The same surface with more or less light on it."""
    return np.clip(np.asarray(colour, np.float64) * factor, 0, 255)


def mixed(first: Tint, second: Tint, share: float) -> Tone:
    """Between two colours; ``share`` of the second."""
    return np.asarray(first, np.float64) * (1 - share) + np.asarray(second, np.float64) * share


def contrasting(random: np.random.Generator, ground: Tint) -> Tone:
    """A colour for lettering that can be told from its ground."""
    if chance(random, 0.25):
        return vivid(random)
    return grey(random, 190, 250) if float(np.mean(np.asarray(ground, np.float64))) < 120 else grey(random, 5, 60)  # noqa: PLR2004 - mid-grey
