"""What of the network that hears shots stays in floating point: the first and the last few numbers."""

from __future__ import annotations

from pathlib import Path

from models.bundle.detections import Floats
from models.factory.quantise import quantise as quantise_graph
from models.recipes.gunshot.export import INPUT

TYPES = ("Conv", "Relu")
FLOAT_NODES = ("labels",)
"""The answers: steps in logits would move scores by hundredths."""


def quantise(source: Path, target: Path, pictures: Floats) -> None:
    """Quantise the floating point model at ``source`` with pictures float32 (n, 96, 64)."""
    quantise_graph(
        source,
        target,
        (picture[None, None] for picture in pictures),
        name=INPUT,
        float_nodes=FLOAT_NODES,
        types=TYPES,
        optimised=False,
    )
