"""A vehicle that goes by a camera: 5 to 25 pictures of one plate, drawn or laid out from a photo.

Rules: the same generator state gives the same passage; dirt, shade, dents and bolts stay on the plate from the first picture
to the last, because a consensus looks better than it is where pictures err apart; what hides a part of the plate (a pole,
someone who crosses) does so in some pictures; RGB uint8, corners in pixels of the window that follows the vehicle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis import paint, street
from models.synthesis.approach import HEIGHT, PICTURES, Approach, draw_approach
from models.synthesis.body import Kind, drawn_body
from models.synthesis.canvas import Picture
from models.synthesis.chance import chance
from models.synthesis.drawing import Canvas
from models.synthesis.film import Film, develop, draw_film
from models.synthesis.material import Material
from models.synthesis.plate import Plate, draw_plate
from models.synthesis.projection import Camera, Points
from models.synthesis.series import Series
from models.synthesis.vehicle import draw_vehicle

WINDOW = (448, 320)
"""Pixels of what follows the vehicle: a car whose plate is 130 pixels wide fills it; whole blocks of the codec."""
FINE = 1.5
"""Pixels drawn per pixel recorded."""
HIDDEN = 0.2
"""Share of passages in which something passes in front of the plate."""
GLARE = 0.15
"""Share in which the sun or a headlamp is mirrored by it."""
GROUND = 215.0
"""Brightness to which a photo's plate is brought before the passage's own light falls on it, as drawn plates have it: a photo
was exposed once already, and twice would be darker than any camera leaves a plate."""
ENLARGED = 1.3
"""How much wider than in its photo a plate may come: what is recorded again at the same pixels loses detail a second time."""
_KINDS = {Kind.CAR: 0.72, Kind.VAN: 0.16, Kind.TRUCK: 0.08, Kind.BUS: 0.04}

Scene: TypeAlias = Callable[[Canvas, Camera], tuple[Points, Points]]
"""Draws the vehicle through a camera; the plate's corners (4, 2) and the vehicle's box (4,), pixels of the canvas."""


@dataclass(frozen=True)
class Passage:
    """A passage.

    Attributes:
        name: of the plate or the photo: those with one name are of one source.
        text: what stands on the plate.
        pictures: (height, width, 3) each.
        corners: float32 (n, 4, 2) of the plate: top left, top right, bottom right, bottom left as it is read.
        vehicles: float32 (n, 4): left, top, right, bottom of the vehicle.
        origins: int64 (n, 2): where the window lies in the camera's picture.
        rate: pictures a second.
    """

    name: str
    text: str
    pictures: tuple[Picture, ...]
    corners: npt.NDArray[np.float32]
    vehicles: npt.NDArray[np.float32]
    origins: npt.NDArray[np.int64]
    rate: float


@dataclass(frozen=True)
class Flat:
    """A photo of a vehicle's end as a flat thing that can be moved.

    Attributes:
        picture: (h, w, 3), RGB.
        box: left, top, width, height of the plate, pixels.
        metres: width of the plate.
    """

    picture: Picture
    box: tuple[int, int, int, int]
    metres: float


def drawn_passage(  # noqa: PLR0913 - what is drawn, with what, and what of it is given
    random: np.random.Generator,
    material: Material,
    name: str,
    most: int = PICTURES[1],
    *,
    coat: paint.Tone | None = None,
    film: Film | None = None,
    of: Series | None = None,
) -> Passage:
    """Draw a vehicle that goes by.

    Args:
        random: source of everything drawn.
        material: whose alphabets are used.
        name: of the passage's source.
        most: pictures.
        coat: the vehicle's paint; drawn when absent.
        film: the camera; drawn when absent.
        of: the series of its plate; drawn when absent.
    """
    plate = draw_plate(random, material.split, fonts=material.packages, of=of)
    approach = draw_approach(random, plate.picture.shape[1] / 1000, WINDOW, most)
    return _taken(random, _vehicle(random, material, plate, coat), approach, name, plate.text, film)


def moved_photo(random: np.random.Generator, flat: Flat, name: str, text: str, most: int = PICTURES[1]) -> Passage:
    """Move a photo past a camera; hardly nearer than it has pixels.

    Args:
        random: source of everything drawn.
        flat: the photo.
        name: of the photo.
        text: what stands on the plate.
        most: pictures.
    """
    approach = draw_approach(random, flat.metres, WINDOW, most, flat.box[2] * ENLARGED)
    return _taken(random, _flat(random, flat), approach, name, text)


def _vehicle(random: np.random.Generator, material: Material, plate: Plate, coat: paint.Tone | None) -> Scene:
    kinds = list(_KINDS)
    body = drawn_body(random, kinds[random.choice(len(kinds), p=list(_KINDS.values()))])
    worn = plate.picture.copy()
    soil(random, worn)
    looks = int(random.integers(2**32))
    ground = street.mottled(random, round(WINDOW[1] * FINE), round(WINDOW[0] * FINE), paint.grey(random, 60, 170))

    def draw(canvas: Canvas, camera: Camera) -> tuple[Points, Points]:
        canvas.picture[:] = ground
        corners = draw_vehicle(np.random.default_rng(looks), material, canvas, camera, body, lambda _: worn, coat)
        if corners is None:
            msg = "a vehicle was drawn without the plate that it was given"
            raise RuntimeError(msg)
        hull = camera.project(body.hull())
        return corners, np.concatenate([hull.min(axis=0), hull.max(axis=0)])

    return draw


def _flat(random: np.random.Generator, flat: Flat) -> Scene:
    left, top, width, height = flat.box
    picture = np.ascontiguousarray(flat.picture)
    bright = float(np.percentile(picture[top : top + height, left : left + width], 90))
    picture = np.asarray(cv2.convertScaleAbs(picture, alpha=GROUND / max(bright, 1.0)), np.uint8)
    part = picture[top : top + height, left : left + width].copy()
    soil(random, part)
    picture[top : top + height, left : left + width] = part
    metres = flat.metres / width
    middle = np.array([left + width / 2, top + height / 2])
    # About where a vehicle detector's box would be: 3.4 plates wide, most of it above the plate.
    reach = np.array([[-1.7, -2.2], [1.7, 0.8]]) * (min(3.6 * 0.52, 5.2 * flat.metres) / 3.4 / metres) + middle

    def space(points: Points) -> Points:
        at = (points - middle) * metres
        return np.stack([at[:, 0], HEIGHT - at[:, 1], np.zeros(len(at))], axis=1)

    def draw(canvas: Canvas, camera: Camera) -> tuple[Points, Points]:
        rows, columns = picture.shape[:2]
        plate = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float64)
        corners = camera.project(space(plate))
        shrink = min(1.0, float(np.linalg.norm(corners[1] - corners[0])) / width)
        size = max(1, round(columns * shrink)), max(1, round(rows * shrink))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        source = ((plate * [size[0] / columns, size[1] / rows]) - 0.5).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, (corners - 0.5).astype(np.float32))
        kind = cv2.INTER_LINEAR if shrink < 1 else cv2.INTER_CUBIC
        around = (canvas.width, canvas.height)
        canvas.picture[:] = cv2.warpPerspective(small, matrix, around, flags=kind, borderMode=cv2.BORDER_REPLICATE)
        low, high = reach
        ends = camera.project(space(np.array([low, [high[0], low[1]], high, [low[0], high[1]]])))
        return corners, np.concatenate([ends.min(axis=0), ends.max(axis=0)])

    return draw


def _taken(  # noqa: PLR0913 - what goes by, how, and what records it
    random: np.random.Generator, scene: Scene, approach: Approach, name: str, text: str, film: Film | None = None
) -> Passage:
    film = draw_film(random) if film is None else film
    count = len(approach.cameras)
    pole = _hiding(random, count)
    glare = _glare(random, count)
    scenes: list[Picture] = []
    quads: list[Points] = []
    boxes: list[Points] = []
    for at, camera in enumerate(approach.cameras):
        canvas = Canvas(np.zeros((round(WINDOW[1] * FINE), round(WINDOW[0] * FINE), 3), np.uint8))
        corners, box = scene(canvas, _finer(camera))
        pole(canvas, corners, at)
        glare(canvas, corners, at)
        scenes.append(canvas.picture)
        quads.append(corners / FINE)
        boxes.append(box / FINE)
    pictures = develop(random, film, scenes, approach.velocity, WINDOW)
    plates, vehicles = np.asarray(quads, np.float32), np.asarray(boxes, np.float32)
    return Passage(name, text, tuple(pictures), plates, vehicles, approach.origins, approach.rate)


def _finer(camera: Camera) -> Camera:
    across, down = camera.focal
    x, y = camera.centre
    return Camera(camera.rotation, camera.position, (across * FINE, down * FINE), (x * FINE, y * FINE))


def soil(random: np.random.Generator, plate: Picture) -> None:
    """Mud, a faded or scratched place, and the edge of a shade: all that is on a plate as long as it is looked at."""
    height, width = plate.shape[:2]
    if chance(random, 0.3):
        spots = np.clip(random.normal(random.uniform(0, 40), 60, (4, 14)), 0, 180).astype(np.uint8)
        colour = np.array([115.0, 100, 80]) * random.uniform(0.4, 1.2)
        Canvas(plate).ink(spots, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64), colour)
    if chance(random, 0.12):  # a bolt, a splash, a scratch over a character
        spot = np.array([random.uniform(0.05, 0.95) * width, random.uniform(0.2, 0.8) * height])
        size = random.uniform(0.05, 0.16) * height
        Canvas(plate).polygon(spot + size * random.normal(0, 1, (5, 2)), paint.grey(random, 20, 220))
    if chance(random, 0.25):
        share = random.uniform(0.1, 0.9) * width
        slant = random.normal(0, 0.6) * height
        dark = np.zeros((2, 2, 3), np.uint8)
        corners = np.array([[0, 0], [share + slant, 0], [share - slant, height], [0, height]], np.float64)
        Canvas(plate).paste(dark, corners, opacity=random.uniform(0.2, 0.5))


def _hiding(random: np.random.Generator, count: int) -> Callable[[Canvas, Points, int], None]:
    """A pole or someone who crosses, from one side of the plate to the other, in a part of the pictures."""
    if not chance(random, HIDDEN):
        return lambda _canvas, _corners, _at: None
    wide, colour = random.uniform(0.08, 0.7), paint.grey(random, 15, 160)
    first = int(random.integers(0, count))
    last = min(count - 1, first + int(random.integers(1, max(2, count // 2))))
    begins, ends = random.permutation([-0.8, 0.8])

    def draw(canvas: Canvas, corners: Points, at: int) -> None:
        if first <= at <= last:
            width = float(np.ptp(corners[:, 0]))
            share = (at - first + 0.5) / (last - first + 1)
            middle = corners[:, 0].mean() + (begins + (ends - begins) * share) * width
            half = wide * width / 2
            bottom, top = corners[:, 1].max() + width, corners[:, 1].min() - 2 * width
            canvas.polygon(
                [[middle - half, top], [middle + half, top], [middle + half, bottom], [middle - half, bottom]], colour
            )

    return draw


def _glare(random: np.random.Generator, count: int) -> Callable[[Canvas, Points, int], None]:
    """The sun or a headlamp mirrored by the plate, over some pictures, brightest in the middle of them."""
    if not chance(random, GLARE):
        return lambda _canvas, _corners, _at: None
    peak, spread = random.uniform(0, count), random.uniform(0.1, 0.4) * count
    place, strength, size = random.uniform(0, 1, 2), random.uniform(60, 230), random.uniform(0.3, 0.9)
    slide = random.normal(0, 0.3)

    def draw(canvas: Canvas, corners: Points, at: int) -> None:
        power = float(np.exp(-(((at - peak) / spread) ** 2)))
        low, span = corners.min(axis=0), np.ptp(corners, axis=0)
        spot = low + span * (place + np.array([slide * (at - peak) / count, 0.0]))
        canvas.glow(spot, float(span[0]) * size, np.full(3, strength * power))

    return draw
