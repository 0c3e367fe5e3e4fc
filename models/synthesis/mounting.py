"""The plate on the vehicle: where it hangs, its holder, and what covers, shades and lights it.

Rules: the plate is flat and lies in front of the body; the corners returned are its own, not the holder's; what lies over a
plate never hides more than a fifth of it.
"""

from __future__ import annotations

import numpy as np

from models.synthesis import lettering, paint
from models.synthesis.body import Kind
from models.synthesis.chance import chance
from models.synthesis.projection import Points
from models.synthesis.seen import PlateMaker, Seen

_EMPTY = 0.3
"""Share of vehicles without plate that show the empty holder."""
_METRE = 1e-3
"""Of a pixel of a flat plate."""


def mount(random: np.random.Generator, seen: Seen, plate: PlateMaker | None) -> Points | None:
    """Hang a plate onto the visible end, or only its empty holder.

    Args:
        random: source of everything drawn.
        seen: the vehicle.
        plate: draws the plate; none: there is none.

    Returns:
        Corners of the plate, (4, 2) pixels: top left, top right, bottom right, bottom left; none without plate.
    """
    if plate is None:
        if chance(random, _EMPTY):
            _holder(random, seen, _quad(random, seen, 0.52, 0.11))
        return None
    flat = plate(random)
    height, width = flat.shape[0] * _METRE, flat.shape[1] * _METRE
    quad = _quad(random, seen, width, height)
    if chance(random, 0.7):  # the rest is screwed to the paint
        _holder(random, seen, quad)
    corners = seen.camera.project(quad)
    light = random.uniform(0.55, 1.1) * (1 + random.normal(0, 0.03, 3))
    seen.canvas.paste(np.clip(flat * light, 0, 255).astype(np.uint8), corners)
    _cover(random, seen, quad)
    return corners


def _quad(random: np.random.Generator, seen: Seen, width: float, height: float) -> Points:
    """Corners in space, (4, 3), of a flat plate in front of the body."""
    body = seen.body
    low, high = body.clearance + height / 2 + 0.02, body.bumper
    if body.kind is Kind.MOTORCYCLE:
        low, high = 0.5, body.belt - 0.1
    elif not body.front and chance(random, 0.6):
        low, high = body.bumper, max(body.belt - height / 2 - 0.02, body.bumper + 0.01)
    middle = random.uniform(low, max(high, low + 0.01))
    shift = random.normal(0, 0.03)
    if chance(random, 0.12):  # beside the middle: off-roaders, lorries, sports cars
        shift = random.uniform(-0.7, 0.7) * (body.width / 2 - width / 2)
    roll, lean = random.normal(0, 0.02), random.normal(0, 0.12)
    x = np.array([-1, 1, 1, -1]) * width / 2
    y = np.array([1, 1, -1, -1]) * height / 2
    across, up = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    surface = body.end(np.stack([shift + across, np.clip(middle + up, body.clearance, body.belt)], axis=1))
    slope = (surface[[1, 2], 2].mean() - surface[[0, 3], 2].mean()) / width * random.uniform(0, 1)
    depth = surface[:, 2].min() - 0.02 + slope * across + lean * up
    return np.stack([shift + across, middle + up * np.cos(lean), depth], axis=1)


def _grown(quad: Points, across: float, up: float, down: float) -> Points:
    """The quad enlarged by metres to each side, upwards and downwards."""
    right = (quad[1] - quad[0]) / np.linalg.norm(quad[1] - quad[0])
    rise = (quad[0] - quad[3]) / np.linalg.norm(quad[0] - quad[3])
    return np.asarray(quad + np.outer([-across, across, across, -across], right) + np.outer([up, up, -down, -down], rise))


def _holder(random: np.random.Generator, seen: Seen, quad: Points) -> None:
    """Recess, holder, frame with a dealer's name, the plate's lamps."""
    if chance(random, 0.4):
        recess = _grown(quad, random.uniform(0.02, 0.3), random.uniform(0.01, 0.08), random.uniform(0.01, 0.06))
        tone = paint.shaded(seen.paint, random.uniform(0.3, 1.2)) if chance(random, 0.7) else paint.rubber(random)
        seen.polygon(recess, tone)
    if chance(random, 0.6):
        under = random.uniform(0.005, 0.03)
        tone = paint.rubber(random) if chance(random, 0.75) else paint.grey(random, 90, 240)
        frame = _grown(quad, random.uniform(0.004, 0.015), random.uniform(0.003, 0.02), under)
        seen.polygon(frame, tone)
        if chance(random, 0.5):
            strip = np.stack([quad[3], quad[2], frame[2], frame[3]])
            mask = lettering.lettered(random, seen.material, lettering.words(random))
            seen.canvas.ink(mask, seen.camera.project(strip), paint.contrasting(random, tone))


def _cover(random: np.random.Generator, seen: Seen, quad: Points) -> None:
    """Shadow of the body's edge, dirt, the glare of lamps, a tow bar."""
    corners = seen.camera.project(quad)
    if chance(random, 0.25):
        share = random.uniform(0.1, 0.6)
        part = np.stack([quad[0], quad[1], quad[1] * (1 - share) + quad[2] * share, quad[0] * (1 - share) + quad[3] * share])
        dark = np.zeros((2, 2, 3), np.uint8)
        seen.canvas.paste(dark, seen.camera.project(part), opacity=random.uniform(0.2, 0.6))
    if chance(random, 0.1):
        dirt = np.clip(random.normal(60, 60, (6, 16)), 0, 160).astype(np.uint8)
        seen.canvas.ink(dirt, corners, np.array([120.0, 105, 80]) * random.uniform(0.4, 1.1))
    if chance(random, 0.12):
        spot = corners.mean(axis=0) + random.normal(0, 0.3, 2) * np.ptp(corners, axis=0)
        seen.canvas.glow(spot, np.ptp(corners[:, 0]) * random.uniform(0.3, 0.9), np.full(3, random.uniform(60, 220)))
    if not seen.body.front and chance(random, 0.15):
        foot = quad[[2, 3]].mean(axis=0) + np.array([random.normal(0, 0.06), 0, -0.1])
        tone = paint.grey(random, 20, 120)
        stem = foot + np.array([[-0.02, -0.12, 0], [0.02, -0.12, 0], [0.02, 0.0, 0], [-0.02, 0.0, 0]])
        seen.polygon(stem, tone)
        angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        ball = foot + 0.028 * np.stack([np.cos(angles), np.sin(angles), np.zeros(14)], axis=1)
        seen.polygon(ball, paint.shaded(tone, 1.3))
