"""How the released file is run, and its golden vectors.

The inputs are parts of the square clip, ever closer, so that people wake each of the network's three maps: a map answers to
things of its own size, and what lies behind one that stays silent may be anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.fit import LETTERBOX, placed_in
from models.bundle.golden import Run
from models.bundle.yolox import GREY, SIDE, STRIDES, Network, Yolox, scale
from models.factory.clip import frames
from models.factory.session import open_session
from models.factory.square import CLIP

Part: TypeAlias = tuple[int, int, int, int, int]
"""Number of the frame; left, top, width and height in pixels."""
PARTS: tuple[Part, ...] = (
    (10, 0, 0, 768, 576),
    (60, 0, 0, 768, 576),
    (60, 384, 128, 256, 256),
    (20, 384, 192, 128, 128),
    (10, 464, 156, 48, 96),
    (35, 609, 228, 64, 128),
)
INPUT, OUTPUT = "images", "output"


def network(path: Path) -> Network:
    """The released file, run on the CPU."""
    session = open_session(path)

    def run(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        output: npt.NDArray[np.float32] = session.run([OUTPUT], {INPUT: values})[0]
        return output

    return run


def runner(path: Path, labels: tuple[str, ...]) -> Run:
    """Run squares uint8 (1, 416, 416, 3), RGB, on the CPU."""
    return Yolox(network(path), labels).predictions


def vectors(run: Run) -> dict[str, npt.NDArray[Any]]:
    """Inputs, answers, and the map of each place."""
    squares = inputs()
    return {
        "inputs": squares,
        "predictions": np.stack([run(square[None])[0] for square in squares]),
        "branches": np.repeat(np.arange(len(STRIDES), dtype=np.uint8), [(SIDE // stride) ** 2 for stride in STRIDES]),
    }


def inputs() -> npt.NDArray[np.uint8]:
    """The golden inputs: uint8 (n, 416, 416, 3), RGB."""
    wanted = {part[0] for part in PARTS}
    pictures = dict(frames(CLIP, wanted, max(wanted)))
    squares = []
    for number, left, top, wide, high in PARTS:
        box = placed_in(wide, high, (SIDE, SIDE), LETTERBOX)
        part = pictures[number][top : top + high, left : left + wide]
        squares.append(box.frame(scale(part, box.width, box.height), GREY))
    return np.concatenate(squares)
