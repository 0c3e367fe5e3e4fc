"""What is around a plate in a picture of a car: paint, bumper, grille, bolts, the frame of a dealer, a boot's edge, a lamp.

All is drawn at the resolution of the plate's picture that is passed in; nothing here is worth more detail than a camera keeps.
"""

from __future__ import annotations

import cv2
import numpy as np

from models.synthesis.canvas import Picture, box, disc, stamp
from models.synthesis.colours import any_colour, clipped, dark, legible, light, paint
from models.synthesis.decoration import DEALERS
from models.synthesis.hand import Hand

AROUND_X, AROUND_Y = 0.42, 0.6
"""How far the surroundings reach on either side of the plate, as shares of its width and height: over the largest margin of a
crop (0.25) and what a turned plate adds to its upright box."""


def mount(plate: Picture, hand: Hand) -> tuple[Picture, tuple[int, int]]:
    """Mount a plate on something.

    Args:
        plate: uint8 (height, width, 3).
        hand: draws.

    Returns:
        The picture, RGB uint8, and where in it the plate's left upper corner lies: x, y.
    """
    height, width = plate.shape[:2]
    x, y = round(width * AROUND_X), round(height * AROUND_Y)
    around = np.asarray(cv2.resize(_body((width // 2 + x, height // 2 + y), hand), (width + 2 * x, height + 2 * y)), np.uint8)
    if hand.chance(0.55):
        _recess(around, (x, y, width, height), hand)
    if hand.chance(0.45):
        _frame(around, (x, y, width, height), hand)
    around[y : y + height, x : x + width] = plate
    if hand.chance(0.7):
        _round_corners(around, (x, y, width, height), hand)
    return around, (x, y)


def _body(size: tuple[int, int], hand: Hand) -> Picture:
    """Panels at half the resolution: a gradient of paint, seams and edges, a grille, lamps, badges."""
    width, height = size
    slope = np.linspace(hand.random.uniform(0.6, 1.3), hand.random.uniform(0.6, 1.3), height)
    shades = np.clip(slope[:, None] * paint(hand.random), 0, 255).astype(np.uint8)
    around = np.repeat(shades[:, None], width, axis=1)
    for _ in range(int(hand.random.integers(0, 4))):  # parts of other paint above or below: bumper, boot, number-plate lamp
        edge = round(height * hand.random.uniform(0, 1))
        part = around[edge:] if hand.chance(0.5) else around[:edge]
        part[:] = paint(hand.random) if hand.chance(0.5) else np.clip(part * hand.random.uniform(0.5, 1.2), 0, 255)
    if hand.chance(0.25):  # grille: bars or a mesh
        step = max(2, round(height * hand.random.uniform(0.04, 0.16)))
        thick, colour = max(1, step // int(hand.random.integers(2, 5))), paint(hand.random)
        for at in range(int(hand.random.integers(step)), height, step):
            around[at : at + thick] = colour
        if hand.chance(0.4):
            for at in range(int(hand.random.integers(step)), width, step):
                around[:, at : at + thick] = colour
    for _ in range(int(hand.random.integers(0, 5))):  # seams, reflections, cables
        start, end = (hand.random.uniform(-0.1, 1.1, 2) * (width, height) for _ in range(2))
        if hand.chance(0.6):
            end[1] = start[1] + hand.random.normal(0, 0.04) * height
        line = tuple(np.round(start).astype(int).tolist()), tuple(np.round(end).astype(int).tolist())
        cv2.line(around, line[0], line[1], any_colour(hand.random), int(hand.random.integers(1, 4)), cv2.LINE_AA)
    for _ in range(int(hand.random.integers(0, 3))):  # lamps, badges, bolts
        disc(
            around,
            (hand.random.uniform(0, width), hand.random.uniform(0, height)),
            height * hand.random.uniform(0.02, 0.12),
            any_colour(hand.random),
        )
    if hand.chance(0.25):  # letters of a badge
        words = hand.words(str(hand.random.choice(DEALERS)), height * hand.random.uniform(0.05, 0.13))
        top = round(float(hand.random.choice([0.05, 0.8])) * height)
        stamp(around, words, round(hand.random.uniform(0, 0.7) * width), top, any_colour(hand.random))
    return around


def _recess(around: Picture, place: tuple[int, int, int, int], hand: Hand) -> None:
    """The hollow that most plates lie in, or the ground plate behind."""
    x, y, width, height = place
    left, top, right, bottom = (hand.random.uniform(0.01, 0.3) * size for size in (width * 0.7, height, width * 0.7, height))
    colour = dark(hand.random) if hand.chance(0.7) else clipped(hand.random.uniform(60, 220) + hand.random.normal(0, 5, 3))
    box(around, (x - left, y - top, width + left + right, height + top + bottom), colour)


def _frame(around: Picture, place: tuple[int, int, int, int], hand: Hand) -> None:
    """A holder: thin at the sides, with a dealer's name below, or above."""
    x, y, width, height = place
    thin = hand.random.uniform(0.02, 0.07) * height
    below = hand.random.uniform(0.05, 0.24) * height if hand.chance(0.75) else thin
    above = hand.random.uniform(0.05, 0.2) * height if hand.chance(0.25) else thin
    colour = dark(hand.random) if hand.chance(0.65) else light(hand.random) if hand.chance(0.5) else any_colour(hand.random)
    box(around, (x - thin, y - above, width + 2 * thin, height + above + below), colour)
    for room, top in ((below, y + height), (above, y - above)):
        if room > thin and hand.chance(0.85):
            words = hand.words(str(hand.random.choice(DEALERS)), max(3.0, room * hand.random.uniform(0.5, 0.8)))
            at = round(x + (width - words.shape[1]) * hand.random.uniform(0.1, 0.9)), round(top + (room - len(words)) / 2)
            stamp(around, words, *at, legible(colour, hand.random))


def _round_corners(around: Picture, place: tuple[int, int, int, int], hand: Hand) -> None:
    x, y, width, height = place
    size = max(1, round(height * hand.random.uniform(0.03, 0.1)))
    colour = around[max(0, y - 1), x].tolist()
    for left, top in ((x, y), (x + width - 1, y), (x, y + height - 1), (x + width - 1, y + height - 1)):
        across, down = (size if left == x else -size), (size if top == y else -size)
        cv2.fillPoly(around, [np.array([(left, top), (left + across, top), (left, top + down)], np.int32)], colour, cv2.LINE_AA)
