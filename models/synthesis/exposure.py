"""What a camera and a recording make of a scene: light, colour, blur, noise, compression.

Rules: everything happens at the size of the recording, before the region is enlarged or shrunk for the network, as it does on a
box; corners do not move, except by less than half a pixel where motion blurs.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.chance import case, chance

_UNSHARP, _MOVED, _SHARPENED = range(3)
"""What a lens and a camera do to edges; a sharpened edge has a halo."""


def exposed(random: np.random.Generator, picture: Picture) -> Picture:
    """A recording of a scene, (h, w, 3), same size.

    Drawn: gain .3 to 1.3, gamma, colour casts, one in twelve grey (infra-red at night), uneven light, shadows, blur by
    focus and motion, noise up to sigma 12, sharpening, JPEG of quality 20 to 95.
    """
    light = _light(random, *picture.shape[:2])
    made = _blurred(random, _developed(random, picture.astype(np.float32) * light))
    made = _noisy(random, made)
    recorded = np.clip(made, 0, 255).astype(np.uint8)
    if chance(random, 0.6):
        quality = int(random.integers(20, 96))
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(recorded[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
        recorded = np.ascontiguousarray(decoded[..., ::-1])
    return recorded


def _light(random: np.random.Generator, height: int, width: int) -> npt.NDArray[np.float32]:
    """Factor of every pixel, (h, w, 1): smooth differences, and the edge of a shadow in one of five."""
    light = np.full((height, width), 1, np.float32)
    if chance(random, 0.6):
        grid = np.exp(random.normal(0, random.uniform(0.05, 0.35), (3, 4))).astype(np.float32)
        light = np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    if chance(random, 0.2):
        shadow = np.zeros((height, width), np.uint8)
        corners = (random.uniform(-0.3, 1.3, (int(random.integers(3, 6)), 2)) * [width, height]).astype(np.int32)
        cv2.fillPoly(shadow, [corners], 255, cv2.LINE_AA)
        depth = np.float32(random.uniform(0.2, 0.65))
        light *= 1 - depth * (shadow.astype(np.float32) / 255)
    return light[..., None]


def _developed(random: np.random.Generator, made: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    gain = random.uniform(0.3, 1.35) if chance(random, 0.45) else random.uniform(0.85, 1.2)
    cast = 1 + random.normal(0, 0.06, 3)
    made = made * (gain * cast).astype(np.float32) + np.float32(random.uniform(-12, 28))
    colours = case(random, 0.08, 0.35)
    if colours == 0:
        weights = random.dirichlet([2, 2, 2]).astype(np.float32)
        made = np.repeat((made @ weights)[..., None], 3, axis=2)
    elif colours == 1:
        mean = made.mean(axis=2, keepdims=True)
        made = mean + (made - mean) * np.float32(random.uniform(0.3, 1.5))
    if chance(random, 0.3):  # contrast about the middle
        made = (made - 110) * np.float32(random.uniform(0.6, 1.4)) + 110
    return made


def _blurred(random: np.random.Generator, made: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lens = case(random, 0.35, 0.47, 0.57)
    if lens == _UNSHARP:
        return np.asarray(cv2.GaussianBlur(made, (0, 0), random.uniform(0.3, 1.3)), np.float32)
    if lens == _MOVED:
        length = int(random.integers(2, 7))
        angle = random.normal(0, 0.5)
        kernel = np.zeros((9, 9), np.float32)
        for at in np.linspace(-(length - 1) / 2, (length - 1) / 2, 4 * length):
            kernel[round(4 + at * np.sin(angle)), round(4 + at * np.cos(angle))] += 1
        return np.asarray(cv2.filter2D(made, -1, kernel / kernel.sum()), np.float32)
    if lens == _SHARPENED:
        soft = cv2.GaussianBlur(made, (0, 0), 1.0)
        return np.asarray(made + (made - soft) * np.float32(random.uniform(0.3, 1.5)), np.float32)
    return made


def _noisy(random: np.random.Generator, made: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if chance(random, 0.4):
        return made
    height, width = made.shape[:2]
    sigma = np.float32(random.gamma(1.5, 2.5))
    noise = random.standard_normal((height, width, 1), np.float32) * min(sigma, np.float32(12))
    if chance(random, 0.5):  # colour noise is coarser, as after a camera's own smoothing
        coarse = random.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32) * min(sigma, np.float32(8))
        noise = noise + cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(made + noise, np.float32)
