"""A vehicle drawn whole, of a paint that is chosen, with a plate whose number is known."""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis import street
from models.synthesis.body import Kind, drawn_body
from models.synthesis.drawing import Canvas
from models.synthesis.material import Material
from models.synthesis.plate import Plate, draw_plate
from models.synthesis.projection import Camera
from models.synthesis.series import Series, series
from models.synthesis.vehicle import draw_vehicle

PLAIN = Material("evaluate", packages=False)


@dataclass(frozen=True)
class Drawn:
    """A picture, RGB uint8 (h, w, 3), with a vehicle's box and its plate."""

    picture: npt.NDArray[np.uint8]
    box: npt.NDArray[np.float32]
    corners: npt.NDArray[np.float32]
    text: str


def belgian() -> Series:
    """The series that most Belgian cars bear."""
    return next(each for each in series() if each.name.startswith("be-"))


def drawn(
    seed: int,
    size: tuple[int, int] = (480, 360),
    paint: tuple[int, int, int] = (40, 90, 165),
    wide: float = 0.75,
    kind: Kind = Kind.CAR,
) -> Drawn:
    """Draw a vehicle that fills ``wide`` of the picture's width, seen from near straight on."""
    random = np.random.default_rng(seed)
    width, height = size
    canvas = Canvas(street.backdrop(random, PLAIN, height, width))
    body = drawn_body(random, kind)
    half = width * wide / 2
    middle, low = width / 2 + random.uniform(-0.05, 0.05) * width, height * 0.93
    box = (middle - half, low - half * 1.5, middle + half, low)
    target = np.array([0, 0.8, body.length * 0.3])
    camera = Camera.around(target, random.uniform(9, 20), random.normal(0, 0.12), random.uniform(0.03, 0.25), 0.0)
    camera = camera.framed(body.hull(), box, 1.0)
    made: list[Plate] = []

    def plate(of: np.random.Generator) -> npt.NDArray[np.uint8]:
        made.append(draw_plate(of, "evaluate", fonts=False, of=belgian()))
        return made[-1].picture

    with mock.patch("models.synthesis.paint.body", return_value=np.array(paint, np.float64)):
        corners = draw_vehicle(random, PLAIN, canvas, camera, body, plate)
    assert corners is not None
    outline = camera.project(body.hull())
    edges = np.concatenate([outline.min(axis=0), outline.max(axis=0)])
    return Drawn(canvas.picture, np.asarray(edges, np.float32), np.asarray(corners, np.float32), made[-1].text)


def lit(
    picture: npt.NDArray[np.uint8], gain: float, tint: tuple[float, float, float] = (1, 1, 1), noise: float = 0.0
) -> npt.NDArray[np.uint8]:
    """The same in other light."""
    random = np.random.default_rng(3)
    made = cv2.GaussianBlur(picture, (3, 3), 0).astype(np.float64) * gain * np.array(tint)
    return np.asarray(np.clip(made + random.normal(0, noise, picture.shape), 0, 255), np.uint8)
