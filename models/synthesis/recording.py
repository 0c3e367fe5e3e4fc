"""Regions of pictures as the plate detector gets them, with the true corners of every plate.

Rule: plates that are cut off, hidden or too small to be told are named apart: they are neither right nor wrong to find.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.synthesis.canvas import Picture
from models.synthesis.chance import chance
from models.synthesis.exposure import exposed
from models.synthesis.material import Material
from models.synthesis.projection import Points
from models.synthesis.scene import FINE, Composition, Drawn, View, compose

LEAST_WIDTH = 9.0
"""Pixels; a plate that appears narrower is not to be told from a lamp."""
LEAST_VISIBLE = 0.75
"""Share of its area."""
GREY = 114
"""Of what lies outside of the whole picture."""


@dataclass(frozen=True)
class Scene:
    """A region.

    Attributes:
        picture: (height, width, 3), RGB uint8.
        corners: (n, 4, 2) float32, pixels from the top left edge: top left, top right, bottom right, bottom left as read.
        unclear: (m, 4, 2) float32, plates that are cut off, hidden or too small.
        view: what it shows.
    """

    picture: Picture
    corners: npt.NDArray[np.float32]
    unclear: npt.NDArray[np.float32]
    view: View


def draw_scene(random: np.random.Generator, material: Material, width: int, height: int, view: View | None = None) -> Scene:
    """Draw a region and record it once.

    Args:
        random: source of everything drawn.
        material: typefaces and photos.
        width: pixels.
        height: pixels.
        view: what it shows; drawn when absent.
    """
    return record(random, compose(random, material, width, height, view), width, height)


def record(random: np.random.Generator, composition: Composition, width: int, height: int) -> Scene:
    """Record a window of what was drawn, as large as a camera far or near makes it, and fit it to width and height."""
    rows, columns = composition.picture.shape[:2]
    part = random.uniform(0.72, 1.0) if chance(random, 0.5) else 1.0  # half are cut closer
    size = np.array([columns * part, rows * part])
    corner = np.round(random.uniform(0, 1, 2) * ([columns, rows] - size))
    left, top = corner.astype(int)
    cut = composition.picture[top : top + round(size[1]), left : left + round(size[0])]
    scale = min(float(np.exp(random.normal(-0.15, 0.4))), FINE)
    small = (max(48, round(width * scale)), max(36, round(height * scale)))
    shrunk = small[0] < cut.shape[1]
    taken = cv2.resize(cut, small, interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR)
    recorded = exposed(random, np.asarray(taken, np.uint8))
    picture = cv2.resize(recorded, (width, height), interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_LINEAR)
    plates, hidden = _truth(composition.vehicles, corner, (width / cut.shape[1], height / cut.shape[0]))
    return _sorted(_barred(random, np.asarray(picture, np.uint8)), plates, hidden, composition.view)


def _truth(vehicles: tuple[Drawn, ...], corner: Points, scale: tuple[float, float]) -> tuple[list[Points], list[Points]]:
    """Plates in pixels of the region: those that can be seen, and those behind a vehicle that was drawn later."""
    plates: list[Points] = []
    hidden: list[Points] = []
    for at, vehicle in enumerate(vehicles):
        if vehicle.plate is None:
            continue
        points = [*vehicle.plate, vehicle.plate.mean(axis=0)]
        over = any(
            cv2.pointPolygonTest(later.outline.astype(np.float32), (float(x), float(y)), measureDist=False) >= 0
            for later in vehicles[at + 1 :]
            for x, y in points
        )
        (hidden if over else plates).append((vehicle.plate - corner) * scale)
    return plates, hidden


def _barred(random: np.random.Generator, picture: Picture) -> Picture:
    """Grey where the region reaches beyond the picture, in one of eight."""
    if chance(random, 0.12):  # one of eight
        height, width = picture.shape[:2]
        bar = int(random.uniform(0.02, 0.25) * (width if chance(random, 0.5) else height))
        sides = random.random(4) < 0.4  # noqa: PLR2004
        if sides[0]:
            picture[:bar] = GREY
        if sides[1]:
            picture[height - bar :] = GREY
        if sides[2]:
            picture[:, :bar] = GREY
        if sides[3]:
            picture[:, width - bar :] = GREY
    return picture


def _sorted(picture: Picture, plates: list[Points], hidden: list[Points], view: View) -> Scene:
    """Tell the plates that count from those that are unclear."""
    height, width = picture.shape[:2]
    seen = (picture != GREY).any(axis=2).astype(np.uint8)
    clear: list[Points] = []
    unclear = list(hidden)
    for plate in plates:
        whole = cv2.contourArea(plate.astype(np.float32))
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, np.round((plate - 0.5) * 16).astype(np.int32), 1, shift=4)
        visible = float((mask & seen).sum()) / max(whole, 1.0)
        wide = float(np.linalg.norm(plate[1] - plate[0]) + np.linalg.norm(plate[2] - plate[3])) / 2
        (clear if visible >= LEAST_VISIBLE and wide >= LEAST_WIDTH else unclear).append(plate)
    return Scene(picture, _packed(clear), _packed(unclear), view)


def _packed(quads: list[Points]) -> npt.NDArray[np.float32]:
    return np.asarray(quads, np.float32).reshape(-1, 4, 2)
