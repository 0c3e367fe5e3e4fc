"""A street with two lanes, drawn: who drives by, when and how fast, and what a camera on a lamppost sees of it.

Rules: all of it is drawn by :mod:`models.synthesis`; the same seed draws the same street. Plates are invented: their form is
Belgium's, their index 5, 6 or 7, which the decree foresees for ordinary cars and the register, now at 2, is far from.
World: metres, x to the right, y up, z along the street away from the camera, which hangs above the origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import cv2
import numpy as np

from models.synthesis import paint, street
from models.synthesis.body import Body, Kind, drawn_body
from models.synthesis.canvas import Picture
from models.synthesis.drawing import Canvas
from models.synthesis.film import Film, exposed
from models.synthesis.material import Material
from models.synthesis.plate import Plate, draw_plate
from models.synthesis.projection import Camera, Points
from models.synthesis.series import draw_inscription, series
from models.synthesis.vehicle import draw_vehicle

WIDTH, HEIGHT = 1280, 720
RATE = 10
SECONDS = 30
FINE = 1.5
"""Pixels drawn per pixel recorded."""
MAST = 4.5
"""Metres above the ground."""
LOOKS = (0.31, 0.225)
"""Radians to the left of along the street, and down."""
FOCAL = 2300.0
"""Pixels: a plate 10 metres away is 100 pixels wide."""
LANES = {"away": -4.0, "towards": -7.4}
"""Middles of the lanes, metres; right-hand traffic."""
KERBS = (-9.3, -2.2)
HOUSES = -12.5
PAINTS = {
    "white": (232.0, 232.0, 228.0), "grey": (128.0, 130.0, 134.0), "black": (30.0, 30.0, 33.0), "red": (150.0, 22.0, 26.0),
    "blue": (28.0, 58.0, 130.0), "green": (30.0, 92.0, 52.0), "yellow": (226.0, 188.0, 30.0), "brown": (92.0, 62.0, 42.0),
}  # fmt: skip
"""RGB of what the truth calls by these names, spelled as on the wire."""
LIGHT = Film(
    gain=1.0,
    haze=4.0,
    cast=np.array([1.0, 1.0, 0.98]),
    grey=False,
    focus=0.5,
    shutter_s=1 / 800,
    noise=1.5,
    hanging=0.5,
    sharpened=0.3,
    crf=0,
    key=1,
)
"""A day in spring, a camera made for plates."""
_VISIBLE = 0.25
"""Share of a vehicle's box that lies within the picture from which it is there."""


@dataclass(frozen=True)
class Vehicle:
    """One that drives by.

    Attributes:
        lane: of :data:`LANES`.
        starts_s: when its visible end is where it enters.
        speed: metres a second.
        body: its shape.
        colour: of :data:`PAINTS`.
        plate: as drawn.
        looks: seeds everything else about it.
    """

    lane: str
    starts_s: float
    speed: float
    body: Body
    colour: str
    plate: Plate
    looks: int

    def place(self, second: float) -> Points:
        """Where the middle of its visible end stands on the ground, (3,)."""
        way = (second - self.starts_s) * self.speed
        return np.array([LANES[self.lane], 0.0, FIRST[self.lane] + way * (1 if self.lane == "away" else -1)])

    def here(self, second: float) -> bool:
        """Whether it is between its entry and its exit."""
        low, high = sorted((FIRST[self.lane], LAST[self.lane]))
        return bool(low <= self.place(second)[2] <= high)


FIRST = {"away": 0.4, "towards": 52.0}
LAST = {"away": 52.0, "towards": 2.0}
"""Depths at which visible ends come and go: beyond them nothing is in the picture or large enough to be told."""


@dataclass(frozen=True)
class Street:
    """The street and its traffic."""

    vehicles: tuple[Vehicle, ...]
    seed: int

    @cached_property
    def camera(self) -> Camera:
        """Of the recording, in the world."""
        left, down = LOOKS
        camera = Camera.around([0, 0, 0], 1.0, left, down, 0.0)
        return replace(camera, position=np.array([0, MAST, 0.0]), focal=(FOCAL, FOCAL), centre=(WIDTH / 2, HEIGHT / 2))

    def picture(self, second: float, backdrop: Picture) -> tuple[Picture, dict[int, tuple[Points, Points]]]:
        """The street at a moment, fine, and by number of the vehicle its box (4,) and its plate's corners (4, 2), pixels."""
        canvas = Canvas(backdrop.copy())
        seen: dict[int, tuple[Points, Points]] = {}
        order = sorted(range(len(self.vehicles)), key=lambda at: -float(np.hypot(*self.vehicles[at].place(second)[[0, 2]])))
        for at in order:
            vehicle = self.vehicles[at]
            if not vehicle.here(second):
                continue
            camera = finer(replace(self.camera, position=self.camera.position - vehicle.place(second)))
            random = np.random.default_rng(vehicle.looks)
            coat = np.array(PAINTS[vehicle.colour])
            plate = partial(_as_made, vehicle.plate.picture)
            corners = draw_vehicle(random, PLAIN, canvas, camera, vehicle.body, plate, coat)
            hull = camera.project(vehicle.body.hull())
            if corners is not None:
                seen[at] = np.concatenate([hull.min(axis=0), hull.max(axis=0)]) / FINE, corners / FINE
        return canvas.picture, seen


PLAIN = Material("evaluate", packages=False)


def _as_made(flat: Picture, _: np.random.Generator) -> Picture:
    return flat


def finer(camera: Camera) -> Camera:
    """The same camera with FINE times the pixels."""
    (across, down), (x, y) = camera.focal, camera.centre
    return replace(camera, focal=(across * FINE, down * FINE), centre=(x * FINE, y * FINE))


def within(box: Points) -> bool:
    """Whether enough of a box lies within the picture."""
    left, top, right, bottom = box
    shown = max(0.0, min(right, WIDTH) - max(left, 0.0)) * max(0.0, min(bottom, HEIGHT) - max(top, 0.0))
    return bool(shown >= _VISIBLE * (right - left) * (bottom - top))


def draw_street(seed: int) -> Street:
    """Draw the traffic of half a minute; it begins and ends with an empty street, so that it can be shown again and again."""
    random = np.random.default_rng(seed)
    vehicles: list[Vehicle] = []
    for lane in LANES:
        second = 0.6 if lane == "away" else 1.8
        slowest = 0.0
        while True:
            speed = float(random.uniform(8.0, 12.0))
            takes = abs(FIRST[lane] - LAST[lane]) / speed
            # Nobody catches up with the one before: it has left before the faster one comes to where it was.
            second = max(second, slowest - takes + 0.9)
            if second + takes > SECONDS - 0.5:
                break
            vehicles.append(_vehicle(random, lane, second, speed))
            slowest = second + takes
            second += float(random.uniform(1.8, 4.5))
    return Street(tuple(vehicles), seed)


def _vehicle(random: np.random.Generator, lane: str, second: float, speed: float) -> Vehicle:
    kind = Kind.VAN if random.random() < 0.2 else Kind.CAR
    while True:
        body = drawn_body(random, kind)
        if body.front == (lane == "towards"):
            break
    (belgian,) = (row for row in series() if row.name == "be-car")
    written = f"{random.integers(5, 8)}{draw_inscription(belgian, random)[1:]}"
    while not (written[1] == "-" and written[2].isalpha()):
        written = f"{random.integers(5, 8)}{draw_inscription(belgian, random)[1:]}"
    plate = draw_plate(random, PLAIN.split, fonts=False, of=belgian, written=written)
    names = list(PAINTS)
    colour = names[random.choice(len(names), p=[0.22, 0.24, 0.2, 0.1, 0.12, 0.05, 0.04, 0.03])]
    return Vehicle(lane, second, speed, body, colour, plate, int(random.integers(2**32)))


def draw_backdrop(seed: int, camera: Camera) -> Picture:
    """The street without vehicles, fine."""
    random = np.random.default_rng([seed, 1])
    seen = finer(camera)
    wide, high = round(WIDTH * FINE), round(HEIGHT * FINE)
    canvas = Canvas(street.mottled(random, high, wide, [112, 116, 104]))

    def ground(left: float, right: float, near: float, far: float, height: float = 0.0) -> Points:
        return seen.project([[left, height, near], [right, height, near], [right, height, far], [left, height, far]])

    def surface(colour: paint.Tone, *outlines: Points) -> None:
        mask = np.zeros((high, wide), np.uint8)
        for outline in outlines:
            cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], 255, cv2.LINE_AA)
        made = street.mottled(random, high, wide, colour)
        share = mask[..., None].astype(np.float32) / 255
        canvas.picture[:] = (canvas.picture * (1 - share) + made * share).astype(np.uint8)

    surface(np.array([150.0, 146, 140]), ground(HOUSES, 0.5, 3, 120))  # pavements
    surface(np.array([84.0, 85, 88]), ground(*KERBS, 2, 120))  # asphalt
    for kerb in KERBS:
        canvas.polygon(ground(kerb - 0.15, kerb, 3, 120), [170, 168, 162])
    middle = sum(LANES.values()) / 2
    for near in np.arange(4.0, 110.0, 6.0):
        canvas.polygon(ground(middle - 0.06, middle + 0.06, near, near + 2.5), [214, 214, 208])
    _houses(random, canvas, seen)
    return canvas.picture


def _houses(random: np.random.Generator, canvas: Canvas, camera: Camera) -> None:
    """Fronts on the far side, from the farthest to the nearest."""
    edges = np.arange(6.0, 110.0, 6.5)

    def front(near: float, far: float, low: float, high: float) -> Points:
        return camera.project([[HOUSES, low, near], [HOUSES, low, far], [HOUSES, high, far], [HOUSES, high, near]])

    for near in edges[::-1]:
        far = near + 6.5
        wall = paint.grey(random, 120, 215) if random.random() < 0.5 else np.array([150.0, 92, 72]) * random.uniform(0.8, 1.2)
        canvas.polygon(front(near, far, 0, 9), wall)
        canvas.polygon(front(near, far, 0, 0.5), paint.shaded(wall, 0.6))
        for at, (low, high) in ((0.8, (1.1, 2.4)), (2.6, (0.1, 2.3)), (4.6, (1.1, 2.4)), (0.8, (4.0, 5.6)), (4.6, (4.0, 5.6))):
            glass = paint.grey(random, 25, 90)
            canvas.polygon(front(near + at - 0.1, near + at + 1.3, low - 0.1, high + 0.1), paint.grey(random, 190, 240))
            canvas.polygon(front(near + at, near + at + 1.2, low, high), glass)


def recorded(fine: list[Picture], random: np.random.Generator) -> list[Picture]:
    """What the camera hands to its encoder."""
    still = np.zeros((len(fine), 2))
    return exposed(random, LIGHT, fine, still, (WIDTH, HEIGHT))
