"""Light, lens, sensor and codec, applied to pictures of plates; RGB float32 or uint8, 0 to 255."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.hand import Hand

Floats: TypeAlias = npt.NDArray[np.float32]


def expose(picture: Floats, plate_width: float, hand: Hand) -> Picture:
    """Light the scene, and pass it through a lens that is out of focus or moves.

    Args:
        picture: float32 (height, width, 3).
        plate_width: of the plate in it, in pixels; blur is measured by it.
        hand: draws.

    Returns:
        uint8 (height, width, 3).
    """
    random = hand.random
    lit = _light(picture, hand)
    if hand.chance(0.6):
        lit = lit * np.float32(random.uniform(0.25, 1.25)) + np.float32(random.uniform(-12, 35))
    elif hand.chance(0.7):
        lit = (lit - 128) * np.float32(random.uniform(0.25, 1.1)) + np.float32(random.uniform(60, 190))
    if hand.chance(0.14):  # infrared, night, or a camera without colours: its own weights of the three
        weights = random.dirichlet((2, 2, 2)).astype(np.float32)
        lit = np.repeat((lit @ weights)[..., None], 3, axis=2)
        if hand.chance(0.3):
            lit = lit * random.uniform(0.85, 1.1, 3).astype(np.float32)
    else:
        lit = lit * random.uniform(0.8, 1.2, 3).astype(np.float32)
        if hand.chance(0.4):  # paler or stronger colours
            grey = lit.mean(axis=2, keepdims=True)
            lit = grey + (lit - grey) * np.float32(random.uniform(0.2, 1.4))
    taken = np.clip(lit, 0, 255).astype(np.uint8)
    if hand.chance(0.55):
        sigma = plate_width / 130 * random.uniform(0.3, 1.5)
        taken = np.asarray(cv2.GaussianBlur(taken, (0, 0), max(0.3, sigma)), np.uint8)
    if hand.chance(0.3):
        taken = _smear(taken, plate_width * (0.018 + 0.067 * random.uniform() ** 1.3), hand)
    return taken


def _light(picture: Floats, hand: Hand) -> Floats:
    """Gradients, shadows with an edge, glare, the dark of a recess."""
    random = hand.random
    height, width = picture.shape[:2]
    if hand.chance(0.45):
        return picture
    rows, columns = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None], np.linspace(-0.5, 0.5, width, dtype=np.float32)
    angle = random.uniform(0, 2 * np.pi)
    across = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
    gain = 1 + across * np.float32(random.uniform(-0.8, 0.8))
    if hand.chance(0.4):  # the edge of a shadow
        beyond = (across - np.float32(random.uniform(-0.3, 0.3))) * np.float32(random.uniform(5, 50))
        gain = gain * (1 - np.float32(random.uniform(0.2, 0.65)) * np.clip(beyond + np.float32(0.5), 0, 1))
    if hand.chance(0.2):  # shade of the boot's edge on the upper rows
        gain = gain * np.where(rows < random.uniform(-0.4, 0.1), np.float32(random.uniform(0.35, 0.8)), np.float32(1))
    lit: Floats = picture * gain[..., None]
    if hand.chance(0.14):  # glare
        at, size = random.uniform(-0.5, 0.5, 2).astype(np.float32), np.float32(random.uniform(0.005, 0.1))
        spot = np.exp(-((columns - at[0]) ** 2 + (rows - at[1]) ** 2) / size)
        lit = lit + np.float32(random.uniform(50, 190)) * spot[..., None]
    return lit


def _smear(picture: Picture, length: float, hand: Hand) -> Picture:
    """Blur by motion: along the road mostly, sometimes in any direction."""
    size = max(2, round(length))
    kernel = np.zeros((size, size), np.float32)
    angle = hand.random.uniform(0, np.pi) if hand.chance(0.35) else hand.random.normal(0, 0.12)
    middle = (size - 1) / 2
    start = round(middle - np.cos(angle) * middle), round(middle - np.sin(angle) * middle)
    end = round(middle + np.cos(angle) * middle), round(middle + np.sin(angle) * middle)
    cv2.line(kernel, start, end, 1.0, 1)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def spoil(picture: Floats, hand: Hand) -> Picture:
    """Noise of the sensor, its sharpening, and the codec's blocks.

    Args:
        picture: float32 (height, width, 3) at the camera's resolution.
        hand: draws.

    Returns:
        uint8 (height, width, 3).
    """
    random = hand.random
    if hand.chance(0.6):
        noise = random.standard_normal(picture.shape, np.float32) * np.float32(random.uniform(1, 11))
        if hand.chance(0.3):  # what a camera has smoothed is coarser
            noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 0.9)), np.float32) * 2
        picture = picture + noise
    taken = np.clip(picture, 0, 255).astype(np.uint8)
    if hand.chance(0.2):
        smooth = cv2.GaussianBlur(taken, (0, 0), random.uniform(0.7, 1.3))
        strength = random.uniform(0.4, 1.6)
        taken = np.asarray(cv2.addWeighted(taken, 1 + strength, smooth, -strength, 0), np.uint8)
    if hand.chance(0.25):
        taken = _as_video(taken, hand)
    elif hand.chance(0.6):
        taken = _compressed(taken, int(random.integers(20, 92)) if hand.chance(0.75) else int(random.integers(7, 24)))
    return taken


def _compressed(picture: Picture, quality: int) -> Picture:
    """Through JPEG, chroma halved; channels in whichever order give the same blocks."""
    _, data = cv2.imencode(".jpg", picture[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def _as_video(picture: Picture, hand: Hand) -> Picture:
    """Like a compressed stream: blocks that lie anywhere over the plate, little colour, edges smoothed by the deblocking."""
    shift_x, shift_y = (int(value) for value in hand.random.integers(0, 8, 2))
    padded = cv2.copyMakeBorder(picture, shift_y, 8, shift_x, 8, cv2.BORDER_REPLICATE)
    coded = _compressed(np.asarray(padded, np.uint8), int(hand.random.integers(12, 45)))
    cut = coded[shift_y : shift_y + picture.shape[0], shift_x : shift_x + picture.shape[1]]
    if hand.chance(0.6):
        return np.asarray(cv2.bilateralFilter(np.ascontiguousarray(cut), 3, 25, 1), np.uint8)
    return np.ascontiguousarray(cut)
