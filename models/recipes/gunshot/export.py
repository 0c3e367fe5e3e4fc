"""From trained weights to ONNX, node by node, without the training library: what network.py computes in evaluation mode.

Input ``bands``: float32 (1, 1, 96, 64), a picture of :func:`models.bundle.gunshot.picture`. Output ``scores``: float32 (1,
labels), 0 to 1. The layer that mixes is written as a convolution, so that it is quantised like all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.gunshot import BANDS, FRAMES
from models.factory.graph import GraphBuilder
from models.recipes.gunshot.shape import LABELS, LAYERS, MIDDLE, SPREAD

INPUT, OUTPUT = "bands", "scores"


def to_onnx(weights: Mapping[str, npt.NDArray[Any]], target: Path) -> None:
    """Write the model in 32-bit floating point.

    Raises:
        KeyError: when a weight is missing: the file is of another network.
    """
    flat = {f"{name}.weight": weights[f"{name}.weight"][:, :, None, None] for name in ("mix.0", "labels")}
    graph = GraphBuilder("gunshot", {**weights, **flat})
    centred = graph.node("Sub", [graph.values(INPUT, [1, 1, FRAMES, BANDS]), graph.constant("middle", MIDDLE)])
    seen = graph.node("Div", [centred, graph.constant("spread", SPREAD)])
    for at, (_, size, stride) in enumerate(LAYERS):
        seen = graph.conv(seen, f"layers.{at}.0", f"layers.{at}.1", stride=(stride, stride), pad=(size // 2, size // 2))
    mean = graph.node("ReduceMean", [seen], axes=[2, 3], keepdims=1)
    most = graph.node("ReduceMax", [seen], axes=[2, 3], keepdims=1)
    mixed = graph.conv(graph.node("Concat", [mean, most], axis=1), "mix.0")
    logits = graph.node("Reshape", [graph.conv(mixed, "labels", relu=False), graph.constant("row", [1, len(LABELS)], np.int64)])
    graph.output(graph.node("Sigmoid", [logits]), OUTPUT, [1, len(LABELS)])
    graph.save(target)
