"""The detector's graph: cut to what a box needs, then to ONNX.

What is changed, each step exact:

- the resizing loop in front goes (the box resizes), the picture goes straight to ``x * 2/255 - 1``;
- the post-processing loop behind goes (non-maximum suppression is ours); decoded boxes and scores are the outputs;
- of 91 class columns six stay. Scores are independent sigmoids, so the columns are cut out of the class heads' weights,
  which also saves their arithmetic;
- nodes and constants get an order and names that do not depend on the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from models.factory.tf_to_onnx import to_onnx
from models.factory.tfjs import Node, Weights, read_model, unfuse

SIDE = 300
LABELS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
COLUMNS = (1, 2, 3, 4, 6, 8)
"""Their columns among the 91 of COCO (0 is the background)."""
CLASSES = 91
ANCHORS_OF_HEADS = (19 * 19 * 3, 10 * 10 * 6, 5 * 5 * 6, 3 * 3 * 6, 2 * 2 * 6, 6)
"""Places of each head's map times boxes in each place, in the order of the outputs."""
ANCHORS = sum(ANCHORS_OF_HEADS)


def convert(model_json: Path, target: Path) -> None:
    """Convert the TensorFlow.js model to ONNX in 32-bit floating point.

    Input ``image``: uint8 (1, 300, 300, 3), RGB. Outputs ``scores``: float32 (1917, 6), and ``boxes``: float32 (1917, 4),
    top, left, bottom, right as fractions of the input.
    """
    nodes, weights = read_model(model_json)
    nodes = _straight_input(unfuse(nodes))
    _cut_classes(nodes, weights)
    nodes = _with_outputs(nodes, weights)
    model = to_onnx(nodes, weights, {"image_tensor": "image"}, {"scores": "scores", "boxes": "boxes"})
    onnx.save(model, str(target))


def _straight_input(nodes: list[Node]) -> list[Node]:
    for node in nodes:
        if node["name"] == "image_tensor":
            sizes = [{"size": str(n)} for n in (1, SIDE, SIDE, 3)]
            node["attr"]["shape"] = {"shape": {"dim": sizes}}
        elif node["name"] == "Preprocessor/mul":
            node["input"] = ["Preprocessor/mul/x", "ToFloat"]
    return nodes


def _cut_classes(nodes: list[Node], weights: Weights) -> None:
    by_name = {node["name"]: node for node in nodes}
    for node in nodes:
        if node["op"] == "Reshape" and node["name"].startswith("BoxPredictor") and node["name"].endswith("Reshape_1"):
            head = by_name[node["input"][0]]
            while head["op"] != "Conv2D":
                for name in head["input"][1:]:
                    weights[name] = _columns(weights[name])
                head = by_name[head["input"][0]]
            weights[head["input"][1]] = _columns(weights[head["input"][1]])


def _columns(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    anchors = values.shape[-1] // CLASSES
    apart = values.reshape(*values.shape[:-1], anchors, CLASSES)
    return apart[..., list(COLUMNS)].reshape(*values.shape[:-1], anchors * len(COLUMNS))


def _with_outputs(nodes: list[Node], weights: Weights) -> list[Node]:
    """Fix the shapes that were computed from the batch, and name the outputs."""
    constants: dict[str, npt.NDArray[Any]] = {
        "shape/scores": np.array([ANCHORS, len(COLUMNS)], np.int32),
        "shape/head/scores": np.array([1, -1, len(COLUMNS)], np.int32),
        "shape/head/boxes": np.array([1, -1, 1, 4], np.int32),
        "shape/boxes": np.array([ANCHORS, 4], np.int32),
        "one": np.array([1, 1, 1], np.int32),
    }
    for node in nodes:
        name = node["name"]
        if node["op"] == "Reshape" and name.startswith("BoxPredictor"):
            node["input"][1] = "shape/head/scores" if name.endswith("Reshape_1") else "shape/head/boxes"
        elif name == "Postprocessor/Tile":
            node["input"][1] = "one"
    added: list[Node] = [{"name": name, "op": "Const", "input": [], "attr": {}} for name in constants]
    types = {"T": {"type": "DT_FLOAT"}, "Tshape": {"type": "DT_INT32"}}
    for name, source in (("scores", "Postprocessor/convert_scores"), ("boxes", "Postprocessor/Decode/transpose_1")):
        added.append({"name": name, "op": "Reshape", "input": [source, f"shape/{name}"], "attr": types})
    weights.update(constants)
    return [*nodes, *added]
