"""What is around vehicles: road, sky, walls, trees, signs, shop fronts, fences, and the text on all of them.

Rule: nothing here is a plate, and much of it looks like one: light panels with dark characters, in every size.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis import lettering, paint
from models.synthesis.canvas import Picture
from models.synthesis.chance import case, chance
from models.synthesis.drawing import Canvas
from models.synthesis.glyphs import Split
from models.synthesis.material import Material
from models.synthesis.photos import album
from models.synthesis.projection import Points


def backdrop(random: np.random.Generator, material: Material, height: int, width: int) -> Picture:
    """Draw a background without vehicles.

    Args:
        random: source of everything drawn.
        material: its photos are used when packages may be.
        height: pixels.
        width: pixels.
    """
    drawn = case(random, 0.55, 0.9)
    if material.packages and drawn == 0:
        picture = cutting(random, material.split, height, width)
    elif drawn <= 1:
        picture = mottled(random, height, width, paint.grey(random, 40, 225) if chance(random, 0.6) else paint.vivid(random))
        _walls(random, Canvas(picture))
    else:
        picture = np.empty((height, width, 3), np.uint8)
        picture[:] = np.clip(paint.grey(random, 0, 255), 0, 255).astype(np.uint8)
    if chance(random, 0.75):
        _road(random, picture)
    return picture


def mottled(random: np.random.Generator, height: int, width: int, colour: npt.ArrayLike) -> Picture:
    """A surface of one colour with stains of several sizes: asphalt, plaster, foliage."""
    coarse = np.zeros((48, 64), np.float32)
    for cells in (3, 12):
        grid = random.normal(0, random.uniform(2, 14), (cells, cells * 4 // 3)).astype(np.float32)
        coarse += cv2.resize(grid, (64, 48), interpolation=cv2.INTER_LINEAR)
    tinted = np.clip(np.asarray(colour, np.float32) + coarse[..., None], 0, 255).astype(np.uint8)
    surface = cv2.resize(tinted, (width, height), interpolation=cv2.INTER_LINEAR)
    grain = np.abs(random.normal(0, random.uniform(1, 9), (height // 3 + 1, width // 3 + 1)).astype(np.float32)).astype(
        np.uint8
    )
    grains = cv2.cvtColor(cv2.resize(grain, (width, height), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.subtract(surface, grains), np.uint8)


def distraction(random: np.random.Generator, material: Material, canvas: Canvas) -> None:
    """Draw one thing that is no plate, anywhere."""
    match case(random, 0.4, 0.6, 0.75, 0.9):
        case 0:
            panel(random, material, canvas, _somewhere(random, canvas))
        case 1:
            _loose_text(random, material, canvas)
        case 2:
            _bars(random, canvas)
        case 3:
            canvas.polygon(
                _somewhere(random, canvas), paint.grey(random, 150, 255) if chance(random, 0.6) else paint.vivid(random)
            )
        case _:
            corners = _somewhere(random, canvas)
            middle, radius = corners.mean(axis=0), float(np.linalg.norm(corners[0] - corners[2])) / 3
            canvas.polygon(_ring(middle, radius), paint.grey(random, 200, 250))
            canvas.polygon(_ring(middle, radius * 0.8), paint.vivid(random))


def panel(random: np.random.Generator, material: Material, canvas: Canvas, corners: Points) -> None:
    """A sign: one colour, perhaps a border, lines of text, a pictogram."""
    ground = paint.vivid(random) if chance(random, 0.5) else paint.grey(random, 0, 255)
    canvas.polygon(corners, ground)
    ink = paint.contrasting(random, ground)
    if chance(random, 0.4):
        canvas.line(_inset(corners, 0.04), ink, random.uniform(1, 2.5), closed=True)
    if chance(random, 0.85):
        rows = [lettering.words(random) for _ in range(random.choice([1, 1, 1, 2, 3, 4]))]
        mask = lettering.lines(random, material, rows)
        canvas.ink(mask, _inset(corners, random.uniform(0.06, 0.25)), ink)


def timestamp(random: np.random.Generator, material: Material, canvas: Canvas) -> None:
    """Time or camera name burnt into a corner of the picture, with or without a dark bar."""
    mask = lettering.lettered(random, material, lettering.clock(random) if chance(random, 0.8) else lettering.words(random))
    height = random.uniform(0.02, 0.07) * canvas.height + 4
    width = min(height * mask.shape[1] / mask.shape[0], canvas.width * 0.9)
    left = random.choice([2.0, canvas.width - width - 2])
    top = random.choice([2.0, canvas.height - height - 2])
    corners = _box(left, top, left + width, top + height)
    if chance(random, 0.3):
        canvas.polygon(_box(left - 2, top - 2, left + width + 2, top + height + 2), paint.grey(random, 0, 40))
    bright = np.array([255.0, 255, 255]) if chance(random, 0.6) else np.array([250.0, 230, 30])
    canvas.ink(mask, corners, bright, random.uniform(0.7, 1))


def cutting(random: np.random.Generator, split: Split, height: int, width: int) -> Picture:
    """A part of a photo, (height, width, 3)."""
    photo = album(split)[random.integers(len(album(split)))]
    rows, columns = photo.shape[:2]
    part = random.uniform(0.25, 1.0)
    h = max(8, round(min(rows, columns * height / width) * part))
    w = max(8, min(columns, round(h * width / height)))
    top, left = int(random.integers(rows - h + 1)), int(random.integers(columns - w + 1))
    cut = photo[top : top + h, left : left + w]
    if chance(random, 0.5):
        cut = cut[:, ::-1]
    made = cv2.resize(np.ascontiguousarray(cut), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(made, np.uint8)


def _walls(random: np.random.Generator, canvas: Canvas) -> None:
    """House fronts with windows, doors and brick, hedges, parked shapes."""
    for _ in range(random.integers(1, 5)):
        corners = _upright(random, canvas)
        canvas.polygon(corners, paint.grey(random, 30, 230) if chance(random, 0.6) else paint.vivid(random))
        columns, rows = int(random.integers(1, 7)), int(random.integers(1, 5))
        glass = paint.grey(random, 10, 200)
        share = random.uniform(0.4, 0.85)
        for row in range(rows):
            for column in range(columns):
                low = np.array([(column + (1 - share) / 2) / columns, (row + (1 - share) / 2) / rows])
                high = low + share / np.array([columns, rows])
                canvas.polygon(_within(corners, _box(*low, *high)), glass + random.normal(0, 8, 3))


def _road(random: np.random.Generator, picture: Picture) -> None:
    height, width = picture.shape[:2]
    horizon = int(random.uniform(0.15, 0.85) * height)
    if horizon > height - 4:
        return
    ground = _ground(random)
    part = mottled(random, height - horizon, width, ground)
    picture[horizon:] = part
    canvas = Canvas(picture)
    vanishing = np.array([random.uniform(-0.5, 1.5) * width, horizon - random.uniform(0, 0.3) * height])
    for _ in range(random.integers(0, 4)):
        foot = random.uniform(-0.5, 1.5) * width
        wide = random.uniform(1, 12)
        start = vanishing + (np.array([foot, height]) - vanishing) * random.uniform(0.2, 0.7)
        if start[1] < horizon:
            continue
        marking = np.array([start, start + np.array([wide * 0.3, 0]), [foot + wide, height], [foot, height]])
        canvas.polygon(marking, paint.grey(random, 120, 240))
    if chance(random, 0.3):  # kerb
        canvas.polygon(_box(0, horizon, width, horizon + random.uniform(1, 6)), paint.grey(random, 90, 210))


def _ground(random: np.random.Generator) -> paint.Tone:
    """Asphalt or concrete, grass, sand."""
    match case(random, 0.75, 0.88):
        case 0:
            return paint.grey(random, 50, 200)
        case 1:
            return np.array([60.0, 110, 40]) * random.uniform(0.6, 1.4)
        case _:
            return np.array([170.0, 140, 100]) * random.uniform(0.5, 1.3)


def _loose_text(random: np.random.Generator, material: Material, canvas: Canvas) -> None:
    mask = lettering.lines(random, material, [lettering.words(random) for _ in range(random.integers(1, 3))])
    height = np.exp(random.uniform(np.log(0.02), np.log(0.15))) * canvas.height
    width = height * mask.shape[1] / mask.shape[0] * random.uniform(0.7, 1.3)
    left, top = random.uniform(-0.1, 0.9) * canvas.width, random.uniform(0, 0.95) * canvas.height
    canvas.ink(mask, _tilted(random, _box(left, top, left + width, top + height)), paint.vivid(random))


def _bars(random: np.random.Generator, canvas: Canvas) -> None:
    """A fence, a grating, a crossing."""
    corners = _somewhere(random, canvas)
    colour = paint.grey(random, 0, 255)
    bars = int(random.integers(3, 18))
    share = random.uniform(0.15, 0.6)
    upright = chance(random, 0.6)
    for at in range(bars):
        low, high = at / bars, (at + share) / bars
        canvas.polygon(_within(corners, _box(low, 0, high, 1) if upright else _box(0, low, 1, high)), colour)


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _somewhere(random: np.random.Generator, canvas: Canvas) -> Points:
    width = np.exp(random.uniform(np.log(0.04), np.log(0.6))) * canvas.width
    height = width * np.exp(random.uniform(np.log(0.12), np.log(1.5)))
    left, top = random.uniform(-0.1, 1) * canvas.width - width / 3, random.uniform(0, 1) * canvas.height - height / 2
    return _tilted(random, _box(left, top, left + width, top + height))


def _upright(random: np.random.Generator, canvas: Canvas) -> Points:
    left, width = random.uniform(-0.2, 0.9) * canvas.width, random.uniform(0.15, 0.9) * canvas.width
    top, bottom = random.uniform(-0.2, 0.3) * canvas.height, random.uniform(0.3, 0.9) * canvas.height
    return _tilted(random, _box(left, top, left + width, bottom))


def _tilted(random: np.random.Generator, corners: Points) -> Points:
    """Seen a little from the side: corners moved by some hundredths of the size, all turned a little."""
    middle, size = corners.mean(axis=0), np.ptp(corners, axis=0)
    angle = random.normal(0, 0.06)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved: Points = (corners - middle + random.normal(0, 0.04, (4, 2)) * size.min()) @ turn.T + middle
    return moved


def _within(corners: Points, places: Points) -> Points:
    """Places from 0 to 1 across and down inside four corners."""
    across, down = places[:, :1], places[:, 1:]
    top = corners[0] * (1 - across) + corners[1] * across
    bottom = corners[3] * (1 - across) + corners[2] * across
    inside: Points = top * (1 - down) + bottom * down
    return inside


def _inset(corners: Points, share: float) -> Points:
    return _within(corners, _box(share, share, 1 - share, 1 - share))


def _ring(middle: Points, radius: float) -> Points:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.asarray(middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), np.float64)
