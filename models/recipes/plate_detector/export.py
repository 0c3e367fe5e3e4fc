"""From the trained weights to ONNX in 32-bit floating point, without a training library.

The graph takes a picture as it is (uint8, height by width by RGB) and gives the two maps that ``models.bundle.corners`` reads.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.bundle.bundle import BundleError
from models.bundle.corners import STRIDE
from models.factory.graph import GraphBuilder, Weights
from models.recipes.plate_detector.shape import HEIGHT, OUTPUTS, STAGES, SUMS, WIDTH

INPUT, SCORES, CORNERS = "image", "scores", "corners"
HEAD = "head"
"""Name of the last convolution; it stays in floating point."""


def export(weights: Weights, path: Path) -> None:
    """Write the graph.

    Args:
        weights: as training left them, by name.
        path: where to.

    Raises:
        BundleError: when one is of another shape than this network has.
    """
    if weights[f"{HEAD}.weight"].shape != (OUTPUTS, SUMS[-1], 1, 1):
        found, wanted = weights[f"{HEAD}.weight"].shape, (OUTPUTS, SUMS[-1], 1, 1)
        msg = f"weight {HEAD}.weight is {found}, not {wanted}; these are weights of another network"
        raise BundleError(msg)
    graph = GraphBuilder("plate-detector", weights)
    value = graph.node("Mul", [graph.picture(INPUT, HEIGHT, WIDTH), graph.constant("scale", 1 / 128)])
    value = graph.node("Sub", [value, graph.constant("middle", 1.0)])
    for at in range(2):
        value = _conv(graph, value, f"stem.{at}", stride=2)
    features = [value]
    for at in range(len(STAGES)):
        value = _conv(graph, value, f"stages.{at}.0", stride=2)
        inner = _conv(graph, value, f"stages.{at}.1.first")
        inner = _conv(graph, inner, f"stages.{at}.1.second", relu=False)
        value = graph.node("Relu", [graph.node("Add", [value, inner])])
        features.append(value)
    for at, feature in enumerate(features[-2::-1]):
        above = graph.double(graph.conv(value, f"down.{at}", relu=False))
        value = graph.node("Add", [graph.conv(feature, f"across.{at}", relu=False), above])
        value = _conv(graph, value, f"mixed.{at}")
    answer = graph.conv(value, HEAD, relu=False)
    split = graph.constant("split", [1, OUTPUTS - 1], np.int64)
    logit, offsets = graph.node("Split", [answer, split], outputs=2, axis=1)
    score = graph.node("Squeeze", [graph.node("Sigmoid", [logit]), graph.constant("planes", [1], np.int64)])
    rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
    graph.output(score, SCORES, [1, rows, columns])
    graph.output(offsets, CORNERS, [1, OUTPUTS - 1, rows, columns])
    graph.save(path)


def _conv(graph: GraphBuilder, value: str, name: str, *, stride: int = 1, relu: bool = True) -> str:
    return graph.conv(value, f"{name}.0", f"{name}.1", stride=(stride, stride), pad=(1, 1), relu=relu)
