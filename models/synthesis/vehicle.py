"""A vehicle drawn from one end, at any angle, with or without its plate.

Rules: all of it is drawn through one camera, far parts first; the corners that are returned are those of the plate as drawn,
top left, top right, bottom right, bottom left as it is read; what could be mistaken for a plate (stickers, empty plate holders,
lettering) is drawn and not returned.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from models.synthesis import fittings, lamps, markings, mounting, paint, street
from models.synthesis.body import Body, Kind
from models.synthesis.chance import chance
from models.synthesis.drawing import Canvas
from models.synthesis.material import Material
from models.synthesis.motorcycle import draw_motorcycle
from models.synthesis.projection import Camera, Points
from models.synthesis.seen import PlateMaker, Seen, box

_CREASED = 0.3
"""Metres; shorter bonnets and boots show no creases."""


def draw_vehicle(  # noqa: PLR0913 - what is drawn, with what, where, seen how
    random: np.random.Generator,
    material: Material,
    canvas: Canvas,
    camera: Camera,
    body: Body,
    plate: PlateMaker | None,
    coat: paint.Tone | None = None,
) -> Points | None:
    """Draw a vehicle.

    Args:
        random: source of everything drawn.
        material: for its lettering.
        canvas: what it is drawn on.
        camera: sees the vehicle's frame.
        body: its shape.
        plate: draws its plate; none: the vehicle has no plate.
        coat: its paint; drawn when absent.

    Returns:
        The plate's corners (4, 2) in pixels; none when it has no plate.
    """
    drawn = paint.body(random)
    seen = Seen(canvas, camera, body, drawn if coat is None else coat, material)
    _shadow(random, seen)
    if body.kind is Kind.MOTORCYCLE:
        draw_motorcycle(random, seen)
    else:
        _tyres(random, seen)
        _roof(random, seen)
        for right in (-1, 1):
            if right * (camera.position[0] - right * body.width / 2) > 0:
                _side(random, seen, right)
        _end(random, seen)
        fittings.equip(random, seen)
        lamps.equip(random, seen)
    return mounting.mount(random, seen, plate)


def _shadow(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    out = random.uniform(0.0, 0.25)
    half = body.width / 2 + out
    points = np.array([[-half, 0, -out], [half, 0, -out], [half, 0, body.length], [-half, 0, body.length]])
    seen.polygon(points, paint.grey(random, 8, 60))


def _tyres(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    colour = paint.rubber(random)
    for z in (random.uniform(0.6, 1.0), body.length - 0.8):
        for right in (-1, 1):
            outer, inner = right * body.width * 0.485, right * (body.width * 0.485 - random.uniform(0.17, 0.24))
            tyre = np.array([[outer, 0, z], [inner, 0, z], [inner, 0.45, z], [outer, 0.45, z]])
            seen.polygon(tyre, colour)
    axle = np.array([[-0.4, 0.16], [0.4, 0.16], [0.4, body.clearance + 0.1], [-0.4, body.clearance + 0.1]]) * [body.width, 1]
    seen.polygon(np.insert(axle, 2, 0.5, axis=1), paint.grey(random, 5, 35))


def _roof(random: np.random.Generator, seen: Seen) -> None:
    body = seen.body
    near = body.depth(np.array([body.roof]))[0]
    half = body.width / 2 * body.taper
    far = max(body.length - 0.9, near + 0.5)
    points = np.array([[-half, body.roof, near], [half, body.roof, near], [half, body.roof, far], [-half, body.roof, far]])
    seen.polygon(points, paint.shaded(seen.paint, random.uniform(0.8, 1.25)))


def _side(random: np.random.Generator, seen: Seen, right: int) -> None:
    body = seen.body
    side = partial(body.side, right)
    light = paint.shaded(seen.paint, random.uniform(0.55, 1.1))
    heights = np.array([body.clearance, body.bumper, body.belt, body.shoulder + 1e-3, body.roof])
    near = body.depth(heights) + body.bulge
    slope = random.uniform(0.2, 0.9)
    back = [body.length - slope, body.length - 0.1, body.length]
    outline = np.concatenate(
        [
            side(near, heights),
            side(np.array(back), np.array([body.roof, body.belt, body.clearance])),
        ]
    )
    seen.polygon(outline, light)
    crease = body.clearance + (body.belt - body.clearance) * random.uniform(0.2, 0.7)
    dark = np.array([near[0], body.length, body.length, near[0]])
    seen.polygon(
        side(dark, np.array([body.clearance, body.clearance, crease, crease])), paint.shaded(light, random.uniform(0.6, 0.95))
    )
    if body.kind in {Kind.CAR, Kind.BUS} or chance(random, 0.4):
        top = body.roof - 0.08
        low = body.belt + random.uniform(0.0, 0.06)
        start = near[3] + 0.1
        glass = paint.grey(random, 10, 110)
        along = np.array([start, start + (near[4] - near[3]), body.length - slope - 0.15, body.length - 0.4])
        seen.polygon(side(along, np.array([low, top, top, low])), glass)
        for share in random.uniform(0.25, 0.8, random.integers(1, 3)):
            z = start + share * (body.length - start - 0.4)
            seen.polygon(side(np.array([z, z, z + 0.07, z + 0.07]), np.array([low, top, top, low])), light)
    elif chance(random, 0.7):
        markings.side_lettering(random, seen, right)
    _wheels(random, seen, right)


def _wheels(random: np.random.Generator, seen: Seen, right: int) -> None:
    body = seen.body
    radius = random.uniform(0.29, 0.36) if body.width < 2 else random.uniform(0.4, 0.5)  # noqa: PLR2004 - lorries are wider
    angles = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.full(20, right * body.width / 2), np.sin(angles), np.cos(angles)], axis=1)
    rim = paint.grey(random, 60, 210)
    rubber = paint.rubber(random)
    for z in (random.uniform(0.65, 0.95), body.length - random.uniform(0.7, 1.0)):
        axle = np.array([0, radius, z])
        for size, colour in ((1.15, paint.grey(random, 5, 30)), (1.0, rubber), (0.65, rim)):
            seen.polygon(ring * [1, radius * size, radius * size] + axle, colour)
        spokes = int(random.integers(4, 9))
        angle = 2 * np.pi * np.arange(spokes)[:, None] / spokes + 0.3 + np.array([-0.3, -0.3, 0.3, 0.3]) / spokes * np.pi
        reach = radius * np.array([0.15, 0.58, 0.58, 0.15])
        gaps = np.stack(
            np.broadcast_arrays(right * body.width / 2, radius + reach * np.sin(angle), z + reach * np.cos(angle)), axis=-1
        )
        seen.canvas.polygons(list(seen.camera.project(gaps.reshape(-1, 3)).reshape(spokes, 4, 2)), paint.shaded(rim, 0.35))


def _end(random: np.random.Generator, seen: Seen) -> None:
    """The visible end: lower body in bands of light, deck, window."""
    body = seen.body
    across = np.linspace(-1, 1, 9) * body.width / 2
    edges = np.append(np.linspace(body.clearance, body.belt, 9), body.shoulder)
    light = np.interp(np.linspace(0, 1, 8), [0, 0.35, 0.6, 1], random.uniform([0.45, 0.6, 0.75, 0.8], [0.8, 1.05, 1.2, 1.35]))
    grid = seen.place(np.stack(np.meshgrid(across, edges), axis=-1).reshape(-1, 2)).reshape(len(edges), len(across), 2)
    for row, factor in enumerate([*light, random.uniform(0.9, 1.5)]):  # the last is the deck
        seen.canvas.polygon(np.concatenate([grid[row], grid[row + 1, ::-1]]), paint.shaded(seen.paint, factor))
    if seen.material.packages and chance(random, 0.45):  # about as often as paint is clean enough
        mirrored = street.cutting(random, seen.material.split, 48, 96)
        place = seen.place(box(-body.width / 2, body.clearance, body.width / 2, body.shoulder))
        seen.canvas.paste(mirrored, place, opacity=random.uniform(0.08, 0.35))
    if body.deck > _CREASED and chance(random, 0.6):
        for share in (-0.3, 0.3):
            crease = seen.place(np.array([[share * body.width * 1.2, body.belt], [share * body.width, body.shoulder]]))
            seen.canvas.line(crease, paint.shaded(seen.paint, random.uniform(0.6, 1.3)), 1)
    upper = np.array([body.shoulder, body.roof])
    half = body.width / 2
    cabin = np.array([[-half, upper[0]], [half, upper[0]], [half, upper[1]], [-half, upper[1]]])
    seen.patch(cabin, paint.shaded(seen.paint, random.uniform(0.6, 1.05)))
    fittings.window(random, seen, cabin)
