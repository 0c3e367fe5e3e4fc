"""Head lamps, tail lamps, fog lamps: the shapes on a vehicle's end that are most easily taken for plates.

Rule: lamps come in pairs, white or clear in front, red, amber and white behind; one in four rears has them lit.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.synthesis import paint
from models.synthesis.body import Kind
from models.synthesis.chance import chance
from models.synthesis.paint import Tone
from models.synthesis.projection import Points
from models.synthesis.seen import Seen, disc, rounded


def equip(random: np.random.Generator, seen: Seen) -> None:
    """Draw the lamps of the visible end."""
    if seen.body.front:
        _head(random, seen)
    else:
        _tail(random, seen)
    if chance(random, 0.45):
        _low(random, seen)


def _red(random: np.random.Generator) -> Tone:
    return np.array([random.uniform(90, 230), random.uniform(5, 50), random.uniform(10, 60)])


def _amber(random: np.random.Generator) -> Tone:
    return np.array([random.uniform(200, 250), random.uniform(110, 170), random.uniform(10, 70)])


def _clear(random: np.random.Generator) -> Tone:
    return paint.grey(random, 130, 250)


def _pair(places: Points) -> tuple[Points, Points]:
    return places, (places * [-1, 1])[::-1]


def _tail(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    half = body.width / 2
    tall = body.kind in {Kind.VAN, Kind.TRUCK, Kind.BUS} or chance(random, 0.3)
    outer = half * random.uniform(0.93, 0.99)
    if tall:
        width = random.uniform(0.08, 0.2)
        bottom = random.uniform(body.bumper, body.bumper + 0.15)
        top = bottom + random.uniform(0.3, 0.75)
    else:
        width = random.uniform(0.18, 0.5)
        top = random.uniform(body.bumper + 0.15, body.belt + 0.02)
        bottom = max(top - random.uniform(0.1, 0.28), body.bumper * 0.9)
    if body.kind in {Kind.TRUCK, Kind.BUS} and chance(random, 0.5):
        bottom, width = body.clearance + random.uniform(0.05, 0.3), random.uniform(0.2, 0.45)
        top = bottom + random.uniform(0.1, 0.2)
    cells = _cells(random)
    round_lamp = chance(random, 0.1)
    slant = random.uniform(-0.06, 0.06)
    lit = chance(random, 0.25)
    if chance(random, 0.12) and not tall:  # a strip of one colour from lamp to lamp
        strip = rounded(-outer, bottom + 0.02, outer, top - 0.02, 0.1)
        seen.patch(strip, _red(random) if chance(random, 0.6) else paint.rubber(random))
    for mirror in (1, -1):
        shape = rounded(outer - width, bottom, outer, top, random.uniform(0.1, 0.45))
        shape[:, 1] += slant * (shape[:, 0] - outer) / width
        seen.patch(shape * [mirror, 1], paint.shaded(_red(random), 0.7))
        for low, high, colour in cells:
            if round_lamp:
                middle = [(outer - width / 2), bottom + (low + high) / 2 * (top - bottom)]
                seen.patch(disc(middle, (high - low) * (top - bottom) / 2) * [mirror, 1], colour)
                continue
            if tall:
                cell = rounded(
                    outer - width * 0.94, bottom + low * (top - bottom), outer - 0.01, bottom + high * (top - bottom), 0.15
                )
            else:
                cell = rounded(outer - width * (1 - low), bottom + 0.012, outer - width * (1 - high), top - 0.012, 0.15)
            cell[:, 1] += slant * (cell[:, 0] - outer) / width
            seen.patch(cell * [mirror, 1], colour)
        if lit:
            middle = seen.place(np.array([[mirror * (outer - width / 2), bottom + random.uniform(0.3, 0.7) * (top - bottom)]]))[
                0
            ]
            seen.canvas.glow(
                middle, seen.pixels(random.uniform(0.15, 0.6)), [random.uniform(150, 400), random.uniform(20, 160), 60]
            )


def _cells(random: np.random.Generator) -> list[tuple[float, float, Tone]]:
    """Divide a lamp: shares of its height or width, and colours."""
    count = int(random.integers(1, 4))
    cuts = np.concatenate([[0.03], np.sort(random.uniform(0.2, 0.8, count - 1)), [0.97]])
    makers = (_red, _amber, _clear, _red)
    return [(float(low), float(high), makers[random.integers(4)](random)) for low, high in pairwise(cuts)]


def _head(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    outer = body.width / 2 * random.uniform(0.92, 0.99)
    width = random.uniform(0.22, 0.5)
    top = random.uniform(body.bumper + 0.12, max(body.belt - 0.02, body.bumper + 0.13))
    bottom = top - random.uniform(0.1, 0.26)
    if body.kind in {Kind.TRUCK, Kind.BUS}:
        top = random.uniform(body.clearance + 0.25, body.bumper + 0.2)
        bottom = top - random.uniform(0.12, 0.22)
    glass = paint.grey(random, 60, 240)
    reflector = paint.grey(random, 150, 255)
    slant = random.uniform(-0.04, 0.14)
    round_lamp = chance(random, 0.18)
    lit = chance(random, 0.3)
    amber = chance(random, 0.35)
    for mirror in (1, -1):
        if round_lamp:
            middle = np.array([outer - width / 2, (top + bottom) / 2])
            radius = (top - bottom) * 0.6
            for size, colour in ((1.12, paint.grey(random, 100, 230)), (1.0, glass), (0.55, reflector)):
                seen.patch(disc(middle, radius * size) * [mirror, 1], colour)
        else:
            shape = rounded(outer - width, bottom, outer, top, random.uniform(0.05, 0.45))
            shape[:, 1] += slant * (shape[:, 0] - outer) / width * (shape[:, 1] > (top + bottom) / 2)
            seen.patch(shape * [mirror, 1], paint.shaded(glass, 0.6))
            seen.patch((shape - shape.mean(axis=0)) * 0.9 * [mirror, 1] + shape.mean(axis=0) * [mirror, 1], glass)
            for share in random.uniform(0.2, 0.8, random.integers(1, 3)):
                middle = np.array([outer - width * share, (top + bottom) / 2])
                seen.patch(disc(middle, (top - bottom) * 0.33) * [mirror, 1], paint.grey(random, 20, 120))
                seen.patch(disc(middle, (top - bottom) * 0.24) * [mirror, 1], reflector)
            if amber:
                cell = rounded(outer - width * random.uniform(0.15, 0.3), bottom + 0.01, outer - 0.01, top - 0.03, 0.2)
                seen.patch(cell * [mirror, 1], _amber(random))
        if lit:
            middle = seen.place(np.array([[mirror * (outer - width / 2), (top + bottom) / 2]]))[0]
            light = random.uniform(150, 500) * np.array([1, random.uniform(0.85, 1), random.uniform(0.6, 1)])
            seen.canvas.glow(middle, seen.pixels(random.uniform(0.15, 0.7)), light)


def _low(random: np.random.Generator, seen: Seen) -> None:
    """Fog lamps, reflectors or reversing lamps in the bumper."""
    body = seen.body
    across = random.uniform(0.45, 0.85) * body.width / 2
    height = random.uniform(body.clearance + 0.06, body.bumper - 0.04)
    colour = _clear(random) if body.front or chance(random, 0.3) else _red(random)
    if chance(random, 0.4):
        shape = disc([across, height], random.uniform(0.035, 0.07))
    else:
        width, tall = random.uniform(0.06, 0.2), random.uniform(0.02, 0.06)
        shape = rounded(across - width / 2, height - tall / 2, across + width / 2, height + tall / 2, 0.3)
    for places in _pair(shape):
        seen.patch((places - places.mean(axis=0)) * 1.35 + places.mean(axis=0), paint.rubber(random))
        seen.patch(places, colour)
