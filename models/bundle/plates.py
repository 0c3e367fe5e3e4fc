"""Plates on vehicles in one picture: the currency between inference and the analytics of plates.

Frame of reference: as of :mod:`models.bundle.detections`. No pixel is in it, and no text: what the reader's columns say becomes
a number only where readings of a whole passage are joined, and what is printed of a plate says not even that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats

COLOURS = ("white", "grey", "black", "red", "orange", "yellow", "green", "blue", "brown", "unknown")
"""Of vehicles, in the order of :attr:`PlateSeen.colours`; spelled as on the wire."""

CORNERS, CHARACTERS = "corners-and-scores", "characters"
"""Decoders of what finds plates, and of what reads them."""

LABEL = "plate"
"""Of both."""

VEHICLE_POINT = "vehicles"
"""Operating point from which the thresholds of vehicles come where plates are read; people keep their own."""

VEHICLES = ("car", "motorcycle", "bus", "truck")
"""Labels of what bears a plate; spelled as on the wire."""


@dataclass(frozen=True, slots=True)
class PlateSeen:
    """A plate on a vehicle.

    Attributes:
        vehicle: row of the vehicle in the picture's detections.
        corners: float32 (4, 2), pixels of the picture; top left, top right, bottom right, bottom left as it is read.
        score: of the detector, 0 to 1.
        columns: float32 (T, 37), log-probabilities of the reader, its temperature applied; lines one after the other.
        sharpness: of the upright plate: standard deviation of its Laplacian over that of its grey values; 0 = blurred away.
        contrast: standard deviation of the upright plate's grey values, 0 to 127.
        colours: float32 (len(COLOURS),), probabilities of the vehicle's colour.
    """

    vehicle: int
    corners: npt.NDArray[np.float32]
    score: float
    columns: Floats = field(repr=False)
    sharpness: float
    contrast: float
    colours: Floats

    @property
    def width(self) -> float:
        """Of the plate, pixels: the mean of its upper and its lower edge."""
        top, bottom = self.corners[1] - self.corners[0], self.corners[2] - self.corners[3]
        return float(np.hypot(*top) + np.hypot(*bottom)) / 2
