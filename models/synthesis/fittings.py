"""What is fitted to a vehicle's end besides lamps and plate: windows, doors, bumper, grille, exhausts, spare wheel."""

from __future__ import annotations

import numpy as np

from models.synthesis import markings, paint
from models.synthesis.body import Kind
from models.synthesis.chance import chance
from models.synthesis.drawing import Tint
from models.synthesis.projection import Points
from models.synthesis.seen import Seen, box, disc, rounded


def equip(random: np.random.Generator, seen: Seen) -> None:
    """Draw what lies on the painted end, large things first."""
    body = seen.body
    _joints(random, seen)
    if chance(random, 0.65):
        _bumper(random, seen)
    if body.front or chance(random, 0.06):
        for _ in range(random.choice([1, 1, 1, 2])):
            _grille(random, seen)
    if chance(random, 0.75 if body.front else 0.45):
        _intake(random, seen)
    markings.equip(random, seen)
    if not body.front:
        _exhausts(random, seen)
        if chance(random, 0.12):
            _spare_wheel(random, seen)


def window(random: np.random.Generator, seen: Seen, cabin: Points) -> None:
    """The window of the visible end, with what is seen through it, mirrored in it and stuck onto it.

    Args:
        random: source of everything drawn.
        seen: the vehicle.
        cabin: corners of its upper part as places.
    """
    body = seen.body
    left, bottom, right, top = cabin[:, 0].min(), cabin[:, 1].min(), cabin[:, 0].max(), cabin[:, 1].max()
    if body.kind in {Kind.TRUCK, Kind.VAN} and not body.front and chance(random, 0.6):
        _doors(random, seen, cabin)
        return
    side, high = random.uniform(0.04, 0.14) * (right - left), random.uniform(0.08, 0.2) * (top - bottom)
    pane = rounded(left + side, bottom + random.uniform(0, 0.08), right - side, top - high, random.uniform(0.03, 0.2))
    glass = paint.grey(random, 8, 120) + np.array([-4.0, 0, 6])
    seen.patch(pane, glass)
    low, tall = pane[:, 1].min(), np.ptp(pane[:, 1])
    if chance(random, 0.55):  # seats
        for middle in (-0.36, 0.36, 0.0)[: random.integers(2, 4)]:
            x = middle * (right - left) * 0.7
            seen.patch(rounded(x - 0.13, low, x + 0.13, low + tall * random.uniform(0.35, 0.7), 0.4), paint.shaded(glass, 0.5))
    if chance(random, 0.5):  # mirrored sky or houses
        a, b, c, d = np.sort(random.uniform(left + side, right - side, 4))
        bright = paint.mixed(glass, paint.grey(random, 140, 240), random.uniform(0.2, 0.7))
        seen.patch(np.array([[a, low], [b, low], [d, low + tall], [c, low + tall]]), bright)
    if chance(random, 0.35):
        wiper = seen.place(np.array([[random.uniform(-0.1, 0.1), low], [random.uniform(-0.6, 0.6), low + 0.1]]))
        seen.canvas.line(wiper, paint.rubber(random), seen.pixels(0.02))
    if not body.front and chance(random, 0.3):
        width = random.uniform(0.1, 0.3)
        seen.patch(box(-width, low + tall * 0.9, width, low + tall * 0.97), np.array([random.uniform(80, 250), 20, 30]))
    if chance(random, 0.25):  # sticker on the glass
        markings.label(
            random,
            seen,
            random.uniform(left * 0.7, right * 0.5),
            low + tall * random.uniform(0.05, 0.7),
            random.uniform(0.1, 0.5),
        )
    if body.kind in {Kind.BUS, Kind.TRUCK} or chance(random, 0.04):  # destination, firm's name or taxi sign
        markings.display(random, seen, top)


def _joints(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    for _ in range(random.integers(1, 4)):
        height = random.uniform(body.clearance + 0.1, body.belt)
        reach = body.width / 2 * random.uniform(0.5, 1.0)
        across = np.linspace(-reach, reach, 7)
        places = np.stack([across, height + random.uniform(-0.05, 0.05) * (across / reach) ** 2], axis=1)
        seen.canvas.line(seen.place(places), paint.shaded(seen.paint, random.choice([0.4, 0.6, 1.4])), seen.pixels(0.008))
    if not body.front and body.kind is not Kind.CAR and chance(random, 0.7):
        seen.canvas.line(
            seen.place(np.array([[0, body.bumper], [0, body.roof]])), paint.shaded(seen.paint, 0.4), seen.pixels(0.01)
        )


def _bumper(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    bottom = body.clearance + random.uniform(0.0, 0.12)
    top = body.bumper + random.uniform(-0.08, 0.05)
    half = body.width / 2 * random.uniform(0.95, 1.02)
    colour = (
        paint.rubber(random)
        if chance(random, 0.5)
        else paint.grey(random, 120, 240)
        if chance(random, 0.35)
        else paint.shaded(seen.paint, random.uniform(0.7, 1.2))
    )
    across = np.linspace(-half, half, 9)
    for low, high, light in ((bottom, (bottom + top) / 2, 0.75), ((bottom + top) / 2, top, 1.0), (top - 0.03, top, 1.35)):
        band = np.concatenate([np.stack([across, np.full(9, high)], 1), np.stack([across[::-1], np.full(9, low)], 1)])
        seen.patch(band, paint.shaded(colour, light))
    if chance(random, 0.3):
        line = np.stack([across, np.full(9, (bottom + top) / 2)], axis=1)
        seen.canvas.line(seen.place(line), paint.grey(random, 10, 230), seen.pixels(random.uniform(0.01, 0.04)))


def _grille(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    half = random.uniform(0.2, 0.62)
    bottom = random.uniform(body.bumper - 0.1, body.bumper + 0.1)
    top = bottom + random.uniform(0.07, 0.3)
    if body.kind in {Kind.TRUCK, Kind.BUS}:
        half, top = random.uniform(0.5, 0.95), bottom + random.uniform(0.3, 0.8)
    parts = [(-half, half)] if chance(random, 0.8) else [(-half, -0.03), (0.03, half)]
    void = paint.grey(random, 5, 45)
    bar = paint.grey(random, 15, 90) if chance(random, 0.5) else paint.grey(random, 110, 240)
    style = random.integers(5)
    count = int(random.integers(2, 14))
    for left, right in parts:
        outline = rounded(left, bottom, right, top, random.uniform(0.02, 0.45))
        if chance(random, 0.5):
            middle = outline.mean(axis=0)
            seen.patch((outline - middle) * [1.05, 1.14] + middle, paint.grey(random, 120, 240))
        seen.patch(outline, void)
        slats(seen, (left, bottom, right, top), int(style), count, bar)


def slats(seen: Seen, area: tuple[float, float, float, float], style: int, count: int, colour: Tint) -> None:
    """Fill an area (left, bottom, right, top) with bars across (0), bars up (1), a mesh (2), honeycomb (3), or nothing (4)."""
    left, bottom, right, top = area
    width, tall = right - left, top - bottom
    if style in {0, 2}:
        heights = np.linspace(bottom, top, count + 2)[1:-1]
        seen.lines(np.array([[[left + 0.01, y], [right - 0.01, y]] for y in heights]), colour, tall / count * 0.35)
    if style in {1, 2}:
        upright = max(2, round(count * width / tall)) if style == 2 else count * 2  # noqa: PLR2004 - the mesh is square
        places = np.linspace(left, right, min(upright, 40) + 2)[1:-1]
        seen.lines(np.array([[[x, bottom + 0.01], [x, top - 0.01]] for x in places]), colour, width / upright * 0.35)
    if style == 3:  # noqa: PLR2004 - see above
        cell = tall / min(count, 5)
        hexagon = disc([0, 0], cell * 0.42)[::3]
        rows = enumerate(np.arange(bottom + cell / 2, top, cell))
        middles = [
            (x, y) for row, y in rows for x in np.arange(left + cell / 2 + row % 2 * cell / 2, right - cell / 3, cell)[:24]
        ]
        if middles:
            seen.patches([hexagon + middle for middle in middles], colour)


def _intake(random: np.random.Generator, seen: Seen) -> None:
    """Dark opening or recess low in the bumper."""
    body = seen.body
    half = random.uniform(0.25, 0.7)
    bottom = body.clearance + random.uniform(0.02, 0.08)
    top = bottom + random.uniform(0.06, 0.2)
    seen.patch(rounded(-half, bottom, half, top, 0.3), paint.grey(random, 5, 40))
    slats(seen, (-half, bottom, half, top), int(random.integers(5)), int(random.integers(2, 6)), paint.grey(random, 20, 110))


def _exhausts(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    for mirror in ((1,), (-1,), (1, -1), ())[random.integers(4)]:
        for twin in range(random.integers(1, 3)):
            middle = [
                mirror * (random.uniform(0.35, 0.75) * body.width / 2 + twin * 0.11),
                body.clearance + random.uniform(-0.04, 0.06),
            ]
            radius = random.uniform(0.03, 0.05)
            seen.patch(disc(middle, radius), paint.grey(random, 90, 230))
            seen.patch(disc(middle, radius * 0.75), paint.grey(random, 0, 30))


def _spare_wheel(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    middle = [random.uniform(-0.15, 0.15), body.belt + random.uniform(-0.2, 0.1)]
    radius = random.uniform(0.28, 0.36)
    cover = paint.rubber(random) if chance(random, 0.6) else seen.paint
    for size, light in ((1.0, 0.7), (0.93, 1.0), (0.5, 0.85)):
        seen.patch(disc(middle, radius * size), paint.shaded(cover, light))


def _doors(random: np.random.Generator, seen: Seen, cabin: Points) -> None:
    """The closed end of a van or lorry: two doors, a roller door, rods, lettering."""
    left, bottom, right, top = cabin[:, 0].min(), seen.body.bumper, cabin[:, 0].max(), cabin[:, 1].max() - 0.06
    line = paint.shaded(seen.paint, random.uniform(0.4, 0.7))
    if chance(random, 0.6):
        for x in (0.0, left * 0.55, right * 0.55)[: random.integers(1, 4)]:
            seen.canvas.line(seen.place(np.array([[x, bottom], [x, top]])), line, seen.pixels(0.02))
    else:
        for y in np.linspace(bottom, top, random.integers(4, 10)):
            seen.canvas.line(seen.place(np.array([[left, y], [right, y]])), line, seen.pixels(0.015))
