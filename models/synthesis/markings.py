"""What can be read on a vehicle besides its plate, and what stands beside it: emblem, badges, stickers, firms' names.

Rule: nothing here is a plate; lettering in every size and light panels with dark characters are here on purpose.
"""

from __future__ import annotations

import numpy as np

from models.synthesis import lettering, paint
from models.synthesis.body import Kind
from models.synthesis.chance import chance
from models.synthesis.seen import Seen, box, disc, rounded


def equip(random: np.random.Generator, seen: Seen) -> None:
    """Draw what is on the painted end."""
    if seen.body.kind in {Kind.VAN, Kind.TRUCK, Kind.BUS} and chance(random, 0.7):
        _advertisement(random, seen)
    if chance(random, 0.7):
        _emblem(random, seen)
    for _ in range(random.choice([0, 1, 1, 2, 2, 3])):
        _badge(random, seen)
    if chance(random, 0.3):
        _chrome(random, seen)
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        _sticker(random, seen)


def side_lettering(random: np.random.Generator, seen: Seen, right: int) -> None:
    """A firm's name on the side of a van or lorry."""
    body = seen.body
    start, end = np.sort(random.uniform(1.2, body.length - 0.4, 2))
    if end - start < 0.5:  # noqa: PLR2004 - metres; too short to be read
        return
    middle = body.belt + random.uniform(-0.2, 0.4)
    tall = random.uniform(0.1, 0.4)
    along = np.array([start, end, end, start]) if right > 0 else np.array([end, start, start, end])
    corners = body.side(right, along, np.array([middle + tall, middle + tall, middle - tall, middle - tall]))
    mask = lettering.lines(random, seen.material, [lettering.words(random) for _ in range(random.integers(1, 4))])
    seen.canvas.ink(mask, seen.camera.project(corners), paint.contrasting(random, seen.paint))


def label(random: np.random.Generator, seen: Seen, across: float, height: float, width: float) -> None:
    """A rectangular sticker, mostly with text."""
    tall = width * random.uniform(0.2, 0.9)
    ground = paint.grey(random, 180, 255) if chance(random, 0.5) else paint.vivid(random)
    area = box(across, height, across + width, height + tall)
    seen.patch(area, ground)
    if chance(random, 0.8):
        rows = random.integers(2, 5) if float(np.mean(ground)) > 170 else random.integers(1, 4)  # noqa: PLR2004 - one line on white is a plate
        mask = lettering.lines(random, seen.material, [lettering.words(random) for _ in range(rows)])
        inner = box(across + width * 0.08, height + tall * 0.12, across + width * 0.92, height + tall * 0.88)
        seen.write(mask, inner, paint.contrasting(random, ground))


def display(random: np.random.Generator, seen: Seen, top: float) -> None:
    """A destination display or a firm's board above the window."""
    half = seen.body.width / 2 * random.uniform(0.2, 0.8)
    tall = random.uniform(0.12, 0.3)
    area = box(-half, top - tall - 0.05, half, top - 0.05)
    lit = chance(random, 0.6)
    seen.patch(area, paint.grey(random, 0, 30) if lit else paint.grey(random, 180, 255))
    ink = np.array([255.0, random.uniform(120, 230), random.uniform(0, 120)]) if lit else paint.grey(random, 0, 60)
    mask = lettering.lettered(random, seen.material, f"{random.integers(1, 99)} {lettering.words(random)}")
    seen.write(mask, (area - area.mean(axis=0)) * [0.9, 0.65] + area.mean(axis=0), ink)


def _emblem(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    height = random.uniform(body.bumper + 0.12, body.belt + 0.03)
    radius = random.uniform(0.035, 0.1)
    chrome = paint.grey(random, 130, 250)
    flat = random.uniform(0.6, 1.0)
    seen.patch(disc([0, height], radius, flat), chrome)
    seen.patch(
        disc([0, height], radius * 0.8, flat), paint.grey(random, 10, 80) if chance(random, 0.5) else paint.vivid(random)
    )
    for _ in range(random.integers(1, 4)):
        ends = random.uniform(-0.8, 0.8, (2, 2)) * radius + [0, height]
        seen.canvas.line(seen.place(ends), chrome, seen.pixels(radius * 0.22))


def _badge(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    mask = lettering.lettered(random, seen.material, lettering.badge(random))
    tall = random.uniform(0.025, 0.075)
    width = min(tall * mask.shape[1] / mask.shape[0] * random.uniform(0.8, 1.6), 0.9)
    left = random.uniform(-0.9, 0.85) * body.width / 2
    left = min(left, body.width / 2 * 0.95 - width)
    bottom = random.uniform(body.bumper + 0.05, body.belt)
    colour = paint.grey(random, 150, 245) if chance(random, 0.7) else paint.contrasting(random, seen.paint)
    seen.write(mask, box(left, bottom, left + width, bottom + tall), colour)


def _chrome(random: np.random.Generator, seen: Seen) -> None:
    """A bright strip above the plate's place, a handle."""
    half, height = random.uniform(0.15, 0.6), random.uniform(seen.body.bumper, seen.body.belt)
    tall = random.uniform(0.012, 0.05)
    colour = paint.grey(random, 150, 250) if chance(random, 0.6) else paint.shaded(seen.paint, 0.6)
    seen.patch(rounded(-half, height, half, height + tall, 0.4), colour)
    if chance(random, 0.3):
        mask = lettering.lettered(random, seen.material, lettering.name(random))
        seen.write(mask, box(-half * 0.8, height + tall * 0.2, half * 0.8, height + tall * 0.8), paint.rubber(random))


def _sticker(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    across, height = random.uniform(-0.85, 0.6) * body.width / 2, random.uniform(body.clearance + 0.1, body.belt)
    if chance(random, 0.4):  # the oval with a country's letters
        radius = random.uniform(0.05, 0.09)
        seen.patch(disc([across, height], radius, 0.66), paint.grey(random, 200, 255))
        mask = lettering.lettered(random, seen.material, lettering.code(random)[:2].strip("- ") or "B")
        seen.write(
            mask,
            box(across - radius * 0.6, height - radius * 0.35, across + radius * 0.6, height + radius * 0.35),
            paint.grey(random, 0, 40),
        )
        return
    label(random, seen, across, height, random.uniform(0.08, 0.35))


def _advertisement(random: np.random.Generator, seen: Seen) -> None:
    """A firm's name, telephone number and address on the end of a van, lorry or bus."""
    body = seen.body
    half = body.width / 2 * random.uniform(0.4, 0.9)
    bottom = random.uniform(body.bumper + 0.2, body.belt + 0.5 * (body.roof - body.belt))
    top = min(bottom + random.uniform(0.15, 0.9), body.roof - 0.1)
    if top - bottom < 0.1:  # noqa: PLR2004 - metres
        return
    shift = random.uniform(-0.3, 0.3)
    area = box(-half + shift, bottom, half + shift, top)
    ground = seen.paint
    if chance(random, 0.5):
        ground = paint.vivid(random) if chance(random, 0.6) else paint.grey(random, 180, 255)
        seen.patch(area, ground)
    texts = [lettering.words(random) for _ in range(random.integers(1, 4))] + [lettering.telephone(random)]
    inner = (area - area.mean(axis=0)) * random.uniform(0.6, 0.92) + area.mean(axis=0)
    seen.write(lettering.lines(random, seen.material, texts[: random.integers(1, 5)]), inner, paint.contrasting(random, ground))
