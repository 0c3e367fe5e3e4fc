"""Photographed plates as the reader gets them: cut out with margins, and made worse in ways that are told.

Rule: every degradation of a photo is the same in every run, because its noise comes from the photo's name.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.recipes.plates.photos import Rgb, photos

MARGINS = (-0.03, 0.0, 0.1, 0.2)
"""Around the true box, as shares of its width and height: what detectors leave."""
_GAIN, _SIGMA, _QUALITY = 0.6, 6.0, 60


@dataclass(frozen=True)
class PlatePhoto:
    """A plate in a photo.

    Attributes:
        name: of the photo.
        picture: uint8 (height, width, 3), RGB.
        box: left, top, width, height in pixels.
        text: what stands on the plate.
    """

    name: str
    picture: Rgb
    box: tuple[int, int, int, int]
    text: str


def marked(folder: Path) -> Iterator[PlatePhoto]:
    """Yield every plate in the photos of a folder. Errors as :func:`models.recipes.plates.photos.photos`."""
    for photo in photos(folder):
        picture = photo.picture()
        for plate in photo.plates:
            yield PlatePhoto(photo.name, picture, plate.box, plate.text)


def cut(photo: PlatePhoto, margin: float) -> Rgb:
    """Cut the plate out, each side moved outwards by a share of the box; what lies outside the photo is left out."""
    left, top, width, height = photo.box
    across, down = round(width * margin), round(height * margin)
    rows = slice(max(0, top - down), top + height + down)
    return photo.picture[rows, max(0, left - across) : left + width + across]


def degrade(crop: Rgb, name: str, width: int, blur: int = 0) -> Rgb:
    """Make a crop as bad as a far camera by dusk: fewer pixels, darker, noise, JPEG.

    Args:
        crop: RGB uint8.
        name: of the photo; seeds the noise.
        width: in pixels, to which it shrinks.
        blur: pixels of that width over which it is smeared sideways.

    Returns:
        RGB uint8 (rows, ``width``, 3).
    """
    rows = max(8, round(crop.shape[0] * width / crop.shape[1]))
    small = cv2.resize(crop, (width, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    if blur:
        small = np.asarray(cv2.blur(small, (blur, 1)), np.float32)
    random = np.random.default_rng([zlib.crc32(name.encode()), width, blur])
    noisy = small * _GAIN + random.normal(0, _SIGMA, small.shape)
    taken = np.ascontiguousarray(np.clip(noisy, 0, 255).astype(np.uint8)[..., ::-1])
    _, data = cv2.imencode(".jpg", taken, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
