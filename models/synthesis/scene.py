"""What a region of a picture shows, drawn before any camera has recorded it.

Rules: most are a vehicle as a vehicle detector cuts it out, its box a little too large or too small; some are close-ups, some
whole streets, some have no vehicle, and one vehicle in seven has no plate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import cv2
import numpy as np

from models.synthesis import street
from models.synthesis.body import Body, Kind, drawn_body
from models.synthesis.canvas import Picture
from models.synthesis.chance import chance
from models.synthesis.drawing import Canvas
from models.synthesis.material import Material
from models.synthesis.plate import draw_plate
from models.synthesis.projection import Camera, Points
from models.synthesis.vehicle import draw_vehicle

FINE = 1.3
"""Pixels drawn per pixel of the region: edges are then soft as a lens makes them."""
WITHOUT_PLATE = 0.14
STRETCH = (0.8, 1.25)
"""How far a device stretches a region horizontally to fill the network's input."""


class View(Enum):
    """What the region shows."""

    VEHICLE = "vehicle"
    CLOSE = "close-up"
    STREET = "street"
    EMPTY = "no vehicle"


SHARES = {View.VEHICLE: 0.7, View.CLOSE: 0.12, View.STREET: 0.12, View.EMPTY: 0.06}
"""How often each is drawn."""


@dataclass(frozen=True)
class Drawn:
    """A vehicle in the picture: its outline (k, 2), and its plate's corners (4, 2) if it has one; pixels."""

    outline: Points
    plate: Points | None


@dataclass(frozen=True)
class Composition:
    """A scene before a camera has recorded it, so that it may be recorded more than once.

    Attributes:
        picture: (h, w, 3), finer than the region.
        vehicles: in the order in which they were drawn: later ones hide earlier ones.
        view: what it shows.
    """

    picture: Picture
    vehicles: tuple[Drawn, ...]
    view: View


def compose(random: np.random.Generator, material: Material, width: int, height: int, view: View | None = None) -> Composition:
    """Draw what a region of width and height pixels shows; view: drawn when absent."""
    if view is None:
        view = list(SHARES)[random.choice(len(SHARES), p=list(SHARES.values()))]
    fine = (round(width * FINE), round(height * FINE))
    canvas = Canvas(street.backdrop(random, material, fine[1], fine[0]))
    for _ in range(random.choice([0, 1, 2, 3]) if view is not View.EMPTY else random.integers(1, 9)):
        street.distraction(random, material, canvas)
    vehicles = _vehicles(random, material, canvas, view)
    if chance(random, 0.12):  # as often as cameras do so
        street.timestamp(random, material, canvas)
    picture = canvas.picture
    if material.packages and chance(random, 0.25):  # drawn surfaces are too even otherwise
        film = street.cutting(random, material.split, *picture.shape[:2])
        share = random.uniform(0.04, 0.22)
        picture = np.asarray(cv2.addWeighted(picture, 1 - share, film, share, 0), np.uint8)
    return Composition(picture, tuple(vehicles), view)


def _vehicles(random: np.random.Generator, material: Material, canvas: Canvas, view: View) -> list[Drawn]:
    if view is View.EMPTY:
        return []
    if view is View.STREET:
        boxes = [_street_box(random, canvas) for _ in range(random.integers(1, 5))]
        boxes.sort(key=lambda box: box[3])
        return [_vehicle(random, material, canvas, box) for box in boxes]
    beside = [_street_box(random, canvas) for _ in range(random.choice([0, 0, 0, 1, 2]))]
    drawn = [_vehicle(random, material, canvas, box) for box in beside]
    if view is View.VEHICLE:
        return [*drawn, _vehicle(random, material, canvas, _region_box(random, canvas))]
    return [*drawn, _vehicle(random, material, canvas, (0.0, 0.0, float(canvas.width), float(canvas.height)), close=True)]


def _street_box(random: np.random.Generator, canvas: Canvas) -> tuple[float, float, float, float]:
    wide = float(np.exp(random.uniform(np.log(0.1), np.log(0.6)))) * canvas.width
    left = random.uniform(-0.3, 1.0) * canvas.width - wide * 0.2
    bottom = random.uniform(0.35, 1.05) * canvas.height
    return left, bottom - wide, left + wide, bottom


def _region_box(random: np.random.Generator, canvas: Canvas) -> tuple[float, float, float, float]:
    """Where the vehicle lies in a region cut out around a detected box: 10% larger on each side, give or take."""
    margin = random.normal(0.09, 0.07, 4)
    left, top, right, bottom = np.clip(margin, -0.12, 0.3)
    return left * canvas.width, top * canvas.height, (1 - right) * canvas.width, (1 - bottom) * canvas.height


def _vehicle(
    random: np.random.Generator,
    material: Material,
    canvas: Canvas,
    box: tuple[float, float, float, float],
    *,
    close: bool = False,
) -> Drawn:
    kinds = list(Kind)
    kind = kinds[random.choice(len(kinds), p=[0.68, 0.13, 0.09, 0.04, 0.06])]
    body = drawn_body(random, kind)
    camera = _camera(random, body, box, close=close)
    with_plate = not chance(random, WITHOUT_PLATE)
    corners = draw_vehicle(
        random,
        material,
        canvas,
        camera,
        body,
        (lambda r: draw_plate(r, material.split, fonts=material.packages).picture) if with_plate else None,
    )
    outline = cv2.convexHull(camera.project(body.hull()).astype(np.float32))[:, 0]
    return Drawn(np.asarray(outline, np.float64), corners)


def _camera(random: np.random.Generator, body: Body, box: tuple[float, float, float, float], *, close: bool) -> Camera:
    """See the vehicle's end, mostly from near straight on, from a pedestrian's height up to a mast's."""
    yaw = random.normal(0, 0.18) if chance(random, 0.55) else random.uniform(-1.0, 1.0)
    pitch = abs(random.normal(0.05, 0.07)) if chance(random, 0.6) else random.uniform(0.0, 0.6)
    roll = random.normal(0, 0.025)
    distance = float(np.exp(random.uniform(np.log(3.5), np.log(40)))) + body.length / 2
    target = np.array([0, 0.8, body.length * 0.3])
    camera = Camera.around(target, distance, yaw * (0.6 if close else 1), pitch, roll)
    points = body.hull()
    if close:
        half = random.uniform(0.4, 1.1)
        middle = np.array([random.normal(0, 0.15), random.uniform(body.clearance + 0.2, body.belt), 0.0])
        points = middle + half * np.array([[-1, -0.7, 0], [1, -0.7, 0], [1, 0.7, 0], [-1, 0.7, 0]])
    spread = np.ptp(Camera(camera.rotation, camera.position).project(points), axis=0)
    wanted = (box[2] - box[0]) / (box[3] - box[1]) * spread[1] / spread[0]
    return camera.framed(points, box, float(np.clip(wanted * random.uniform(0.9, 1.1), *STRETCH)))
