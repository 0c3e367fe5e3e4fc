"""Colours of plates and of what stands around them, RGB uint8.

Named ones are the sRGB of the RAL numbers that the regulations give, or what retroflective sheeting looks like by day; each is
drawn with the spread that ageing and makers give it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

Colour: TypeAlias = tuple[int, int, int]

NAMED: dict[str, Colour] = {
    "white": (238, 238, 236),
    "pale yellow": (235, 220, 130),
    "yellow": (245, 196, 30),
    "silver": (195, 198, 200),
    "black": (22, 22, 24),
    "ruby": (141, 29, 44),  # RAL 3003
    "signal red": (190, 32, 45),  # RAL 3001 and the brighter red of older plates
    "traffic red": (200, 32, 30),  # RAL 3020
    "mint green": (0, 110, 65),  # RAL 6029
    "blue": (0, 60, 150),
    "dark blue": (15, 40, 110),
    "pale blue": (120, 185, 225),
    "band blue": (20, 70, 165),
}
SPREAD = 14.0
GREY_CARS = 0.7
"""Share of cars without a hue on European roads."""
BLACK_INKS = 0.5
"""Share of dark inks that are black or grey."""
READABLE = 118.0
"""Luma below which light ink is read, and above which dark ink is."""


def named(name: str, random: np.random.Generator) -> Colour:
    """Draw a colour around a named one."""
    return clipped(np.array(NAMED[name]) + random.normal(0, SPREAD / 2) + random.normal(0, SPREAD / 2, 3))


def any_colour(random: np.random.Generator) -> Colour:
    """Any at all."""
    return clipped(random.uniform(0, 256, 3))


def dark(random: np.random.Generator) -> Colour:
    """Black, or a deep red, blue or green: what is written on light plates."""
    base = random.uniform(5, 70)
    colour = np.full(3, base)
    if random.random() > BLACK_INKS:
        colour[int(random.integers(3))] += random.uniform(30, 130)
    return clipped(colour + random.normal(0, 6, 3))


def light(random: np.random.Generator) -> Colour:
    """White or pale."""
    return clipped(random.uniform(200, 250) + random.normal(0, 14, 3))


def paint(random: np.random.Generator) -> Colour:
    """What cars are painted in: mostly black, grey, silver and white, some red, blue, others."""
    if random.random() < GREY_CARS:
        return clipped(random.uniform(8, 240) + random.normal(0, 5, 3))
    colour = random.uniform(0, 80) + np.zeros(3)
    colour[int(random.integers(3))] += random.uniform(60, 160)
    colour[int(random.integers(3))] += random.uniform(0, 70)
    return clipped(colour)


def clipped(values: np.ndarray) -> Colour:
    """Return whole numbers from 0 to 255."""
    red, green, blue = np.clip(values, 0, 255).astype(int).tolist()
    return red, green, blue


def brightness(colour: Colour) -> float:
    """Luma (ITU-R BT.601), 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def legible(ground: Colour, random: np.random.Generator) -> Colour:
    """Draw an ink that can be read on this ground."""
    return dark(random) if brightness(ground) > READABLE else light(random)
