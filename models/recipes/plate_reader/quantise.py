"""What of the reader stays in floating point.

Rules: calibration crops are rendered, from the training's alphabets, and kept beside the recipe; the crop's standardisation
before the first convolution and the classes after the last stay in floating point: the former makes the range, and steps of a
tenth in log-probabilities would cost the calibration of the latter.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.factory.quantise import quantise as quantise_graph

TYPES = ("Conv", "Add", "Relu")
FLOAT_NODES = ("add_0", "classes")
"""The sum in the standardisation, and the classes."""


def quantise(source: Path, target: Path, crops: npt.NDArray[np.uint8]) -> None:
    """Quantise the floating point model at ``source`` with crops (n, height, width, 3)."""
    pictures = (crop[None] for crop in crops)
    quantise_graph(source, target, pictures, float_nodes=FLOAT_NODES, types=TYPES, optimised=False)
