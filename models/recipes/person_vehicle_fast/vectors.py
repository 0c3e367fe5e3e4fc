"""The golden inputs: parts of frames 1-100, of a size for each of the detector's six heads.

A head answers to things of its own size, from a twelfth of the input to all of it. Whole frames and wide regions wake the first
head alone, and what lies behind it may then be anything; so people are cut out ever closer, until they fill the input.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from models.factory.clip import frames
from models.recipes.person_vehicle_fast.calibrate import resized
from models.recipes.person_vehicle_fast.convert import ANCHORS_OF_HEADS

Part: TypeAlias = tuple[int, int, int, int, int]
"""Number of the frame; left, top, width and height in pixels."""

PARTS: tuple[Part, ...] = (
    (10, 464, 156, 48, 96),
    (10, 520, 242, 80, 80),
    (20, 384, 192, 128, 128),
    (35, 609, 228, 64, 128),
    (60, 384, 128, 256, 256),
    (60, 448, 192, 128, 128),
)
"""Found by looking at such parts of every tenth frame with the reference; 5 to 34 anchors of each head answer."""


def inputs(clip: Path) -> npt.NDArray[np.uint8]:
    """Return the golden inputs: uint8 (n, 300, 300, 3), RGB."""
    wanted = {part[0] for part in PARTS}
    pictures = dict(frames(clip, wanted, max(wanted)))
    return np.concatenate([resized(pictures[n][top : top + high, left : left + wide]) for n, left, top, wide, high in PARTS])


def branches() -> npt.NDArray[np.uint8]:
    """Return the head of each anchor: uint8 (anchors,)."""
    return np.repeat(np.arange(len(ANCHORS_OF_HEADS), dtype=np.uint8), ANCHORS_OF_HEADS)
