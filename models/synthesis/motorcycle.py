"""A motorcycle from one end: wheel, mudguard, lamp, handlebar, rider. Its plate hangs over the rear wheel."""

from __future__ import annotations

import numpy as np

from models.synthesis import paint
from models.synthesis.chance import chance
from models.synthesis.seen import Seen, disc, rounded


def draw_motorcycle(random: np.random.Generator, seen: Seen) -> None:
    """Draw it, without its plate."""
    body = seen.body
    tyre = random.uniform(0.06, 0.1)
    seen.patch(rounded(-tyre, 0, tyre, 0.62, 0.5), paint.rubber(random))
    seen.patch(rounded(-tyre * 1.4, 0.5, tyre * 1.4, body.bumper + 0.1, 0.3), paint.shaded(seen.paint, 0.7))
    for mirror in (1, -1):
        across = mirror * random.uniform(0.14, 0.25)
        seen.patch(disc([across, random.uniform(0.35, 0.5)], random.uniform(0.05, 0.08)), paint.grey(random, 40, 220))
        bag = random.uniform(0.15, 0.3)
        if chance(random, 0.4):
            left, right = sorted((across, across + mirror * bag))
            seen.patch(rounded(left, 0.45, right, 0.85, 0.2), paint.grey(random, 20, 200))
    seen.patch(rounded(-0.18, body.bumper, 0.18, body.belt, 0.4), seen.paint)
    handle = random.uniform(0.3, 0.42)
    seen.canvas.line(
        seen.place(np.array([[-handle, body.belt], [handle, body.belt]])), paint.rubber(random), seen.pixels(0.035)
    )
    if chance(random, 0.7):
        cloth = paint.vivid(random) if chance(random, 0.5) else paint.grey(random, 10, 90)
        seen.patch(rounded(-0.26, body.belt - 0.15, 0.26, body.roof - 0.2, 0.35), cloth)
        seen.patch(disc([0, body.roof - 0.12], 0.14, 1.1), paint.vivid(random))
    middle = [0, body.belt - random.uniform(0.05, 0.2)]
    if body.front:
        seen.patch(disc(middle, random.uniform(0.07, 0.11)), paint.grey(random, 150, 250))
    else:
        half, tall = random.uniform(0.05, 0.14), random.uniform(0.03, 0.06)
        red = np.array([random.uniform(120, 240), 20, 30])
        seen.patch(rounded(middle[0] - half, middle[1] - tall, middle[0] + half, middle[1] + tall, 0.3), red)
