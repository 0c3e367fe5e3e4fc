"""The golden inputs: parts of frames 1-100, of a size for each of the detector's six heads.

A head answers to things of its own size, from a twelfth of the input to all of it. Whole frames and wide regions wake the first
head alone, and what lies behind it may then be anything; so people are cut out ever closer, until they fill the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.golden import Run
from models.factory.clip import frames
from models.recipes.person_vehicle_fast.calibrate import resized
from models.recipes.person_vehicle_fast.convert import SIDE

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


def inputs(clip: Path, parts: Sequence[Part] = PARTS, size: tuple[int, int] = (SIDE, SIDE)) -> npt.NDArray[np.uint8]:
    """Return the golden inputs: uint8 (n, height, width, 3), RGB, of a size (width, height)."""
    wanted = {part[0] for part in parts}
    pictures = dict(frames(clip, wanted, max(wanted)))
    shown = [resized(pictures[n][top : top + high, left : left + wide], size) for n, left, top, wide, high in parts]
    return np.concatenate(shown)


def vectors_of(run: Run, shown: npt.NDArray[np.uint8], heads: Sequence[int]) -> dict[str, npt.NDArray[Any]]:
    """Inputs, what the reference answers, and the head of each anchor.

    Args:
        run: the reference: (scores, boxes).
        shown: the inputs.
        heads: how many anchors each head has, in the order of the outputs.
    """
    answers = [run(picture[None]) for picture in shown]
    return {
        "inputs": shown,
        "scores": np.stack([scores for scores, _ in answers]),
        "boxes": np.stack([boxes for _, boxes in answers]),
        "branches": np.repeat(np.arange(len(heads), dtype=np.uint8), heads),
    }
