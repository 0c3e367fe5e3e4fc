"""How a part of a picture fills a model's input: stretched to it, or with its shape kept and grey beside it. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Window

STRETCH, LETTERBOX, CENTRED = "stretch", "letterbox", "letterbox-centred"
"""As manifests name them; a letterbox lies in the upper left corner."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the part lies in the input, in the input's pixels.

    Attributes:
        left: of the part.
        top: of the part.
        width: of the part, at least one pixel.
        height: likewise.
        size: width and height of the input.
    """

    left: int
    top: int
    width: int
    height: int
    size: tuple[int, int]

    @property
    def whole(self) -> bool:
        """Whether it fills the input."""
        return (self.width, self.height) == self.size

    def lens(self, window: Window) -> Window:
        """What the whole input shows, when the part is this window: it may reach beyond the picture."""
        if self.whole:
            return window
        across, down = window.width / self.width, window.height / self.height
        left, top = window.left - self.left * across, window.top - self.top * down
        width, height = self.size[0] * across, self.size[1] * down
        return Window(left, top, width, height, window.picture_width, window.picture_height)

    def frame(self, scaled: npt.NDArray[np.uint8], grey: int) -> npt.NDArray[np.uint8]:
        """Lay the scaled part (height, width, 3) into an input: uint8 (1, height, width, 3) of its own size."""
        width, height = self.size
        image = np.full((1, height, width, 3), grey, np.uint8)
        image[0, self.top : self.top + self.height, self.left : self.left + self.width] = scaled
        return image


def placed_in(width: int, height: int, size: tuple[int, int], fit: str) -> Placed:
    """Place a part.

    Args:
        width: of the part, pixels of the picture.
        height: likewise.
        size: width and height of the input.
        fit: one of :data:`STRETCH`, :data:`LETTERBOX`, :data:`CENTRED`.
    """
    if fit == STRETCH:
        return Placed(0, 0, *size, size)
    scale = min(size[0] / width, size[1] / height)
    wide, high = max(1, int(width * scale)), max(1, int(height * scale))
    left, top = ((size[0] - wide) // 2, (size[1] - high) // 2) if fit == CENTRED else (0, 0)
    return Placed(left, top, wide, high, size)
