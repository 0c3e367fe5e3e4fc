"""What the detector is calibrated on, and what of it stays in floating point.

Calibration pictures are drawn scenes of the training split, without anything from packages, so that they are the same wherever
the bundle is built. The last convolution stays in floating point: it is 1% of the arithmetic, and corners in steps of the
largest offset's two hundred and fiftieth would miss small plates.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.factory.quantise import quantise as quantise_graph
from models.recipes.plate_detector.export import HEAD
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.synthesis.material import Material
from models.synthesis.recording import draw_scene

SCENES = 96
"""Calibration pictures; the ranges of MinMax no longer grow by a hundredth after some eighty."""
SEED = 3
TYPES = ("Conv", "Add", "Relu", "Resize")


def calibration_pictures() -> Iterator[npt.NDArray[np.uint8]]:
    """Yield inputs, uint8 (1, height, width, 3)."""
    material = Material("train", packages=False)
    for at in range(SCENES):
        yield draw_scene(np.random.default_rng([SEED, at]), material, WIDTH, HEIGHT).picture[None]


def quantise(source: Path, target: Path) -> None:
    """Quantise the floating point model at ``source`` into ``target``."""
    quantise_graph(source, target, calibration_pictures(), float_nodes=(HEAD,), types=TYPES)
