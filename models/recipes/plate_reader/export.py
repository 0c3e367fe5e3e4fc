"""From trained weights to ONNX, node by node, without the training library: what network.py computes in evaluation mode.

Input ``image``: uint8 (1, 48, 144, 3), RGB. Output ``characters``: float32 (72, 37), log-probabilities of classes in columns,
those of the first line of the plate before those of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.reading import ALPHABET
from models.factory.graph import GraphBuilder
from models.recipes.plate_reader.shape import COLUMNS, FLOOR, HEIGHT, LINES, SPAN, WIDTH

INPUT, OUTPUT = "image", "characters"
CLASSES = len(ALPHABET) + 1


def to_onnx(weights: Mapping[str, npt.NDArray[Any]], target: Path) -> None:
    """Write the model in 32-bit floating point.

    Raises:
        KeyError: when a weight is missing: the file is of another network.
    """
    graph = GraphBuilder("plate-reader", weights)
    seen = _standardised(graph, graph.picture(INPUT, HEIGHT, WIDTH))
    for at, stride in enumerate(((2, 2), (1, 1), (2, 2), (1, 1), (2, 1))):
        seen = _layer(graph, seen, f"stem.{at}", stride=stride, pad=(1, 1))
    beside = _layer(graph, seen, "residual.0", pad=(1, 1))
    beside = _layer(graph, beside, "residual.1", pad=(1, 1), relu=False)
    seen = graph.node("Relu", [graph.node("Add", [seen, beside], name="residual.sum")], name="residual.relu")
    seen = _layer(graph, seen, "fold.0", stride=(2, 1), pad=(1, 1))
    seen = _layer(graph, seen, "fold.1", pad=(0, 1))
    for at in range(2):
        seen = _layer(graph, seen, f"context.{at}", pad=(0, 2), groups=LINES)
    logits = graph.conv(seen, "classes", groups=LINES, relu=False)
    lines = graph.node("Reshape", [logits, graph.constant("lines", [LINES, CLASSES, COLUMNS], np.int64)])
    columns = graph.node("Transpose", [lines], perm=[0, 2, 1])
    one = graph.node("Reshape", [columns, graph.constant("sequence", [LINES * COLUMNS, CLASSES], np.int64)])
    graph.output(graph.node("LogSoftmax", [one], axis=-1), OUTPUT, [LINES * COLUMNS, CLASSES])
    graph.save(target)


def _layer(graph: GraphBuilder, value: str, prefix: str, **shape: Any) -> str:
    return graph.conv(value, f"{prefix}.0", f"{prefix}.1", **shape)


def _standardised(graph: GraphBuilder, planes: str) -> str:
    """Mean 0 and deviation 1 over the crop, as :func:`models.recipes.plate_reader.network.standardise`."""
    mean = graph.node("ReduceMean", [planes], axes=[1, 2, 3], keepdims=1)
    centred = graph.node("Sub", [planes, mean])
    variance = graph.node("ReduceMean", [graph.node("Mul", [centred, centred])], axes=[1, 2, 3], keepdims=1)
    floored = graph.node("Add", [graph.node("Sqrt", [variance]), graph.constant("floor", FLOOR)])
    values = graph.node("Div", [centred, floored])
    clipped: str = graph.node("Clip", [values, graph.constant("least", -SPAN), graph.constant("most", SPAN)])
    return clipped
