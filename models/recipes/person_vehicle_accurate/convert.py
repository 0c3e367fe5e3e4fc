"""NanoDet's graph: cut to what a box needs, then to ONNX.

What is changed, each step exact but for the rounding of a division:

- the picture is taken as uint8, RGB, row by row; that upstream's has its colours the other way round and each divided by its
  deviation is in the weights of the first convolution, so that only their means are subtracted;
- of 80 class columns six stay, cut out of the weights of the heads, which also saves their arithmetic;
- upstream says for each side of a box how likely each of eleven distances is; boxes are the output (:func:`_boxes`), so that
  they are read as those of every detector here;
- the input is lower, and with it each map; shapes that were computed on the way are constants, and the padding before the
  pooling is part of it;
- nodes and constants get an order and names that do not depend on the run.

Weights come as 16-bit floats: the reference is what these give in 32-bit arithmetic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx

from models.factory.tf_to_onnx import to_onnx
from models.factory.tfjs import Node, Weights, read_model

WIDTH, HEIGHT = SIZE = (416, 320)
"""Of the input, pixels: the shape of a camera's picture. Upstream's is 416 x 416, which takes a third more time and finds no
more people in whole pictures (average precision .941 and .946 on frames 201-400 of the square, in 8 bits)."""
UPSTREAM = 416
STRIDES = (8, 16, 32)
"""Pixels of the input to a place of each map; each map has a head."""
PLACES = tuple((WIDTH // stride) * (HEIGHT // stride) for stride in STRIDES)
"""Of each map, in the order of the outputs."""
LABELS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
COLUMNS = (0, 1, 2, 3, 5, 7)
"""Their columns among the 80 of COCO."""
CLASSES = 80
STEPS = 11
"""Distances at which a side of a box may lie: 0 to 10 strides (Li and others, Generalized Focal Loss, NeurIPS 2020)."""
SIDES = 4
"""Left, top, right, bottom."""
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
"""Of red, green and blue in 0 to 255, as upstream was trained."""
SCORES = ("Identity", "Identity_1", "Identity_2")
DISTANCES = ("Identity_3", "Identity_4", "Identity_5")
"""Upstream's outputs, a map each: (1, places, 80) and (1, places, 44)."""

_FIRST = "PartitionedCall/split"
"""Weights of the first convolution: (3, 3, colours, channels)."""
_FLOAT = {"T": "DT_FLOAT"}


def convert(model_json: Path, target: Path) -> None:
    """Convert the TensorFlow.js model to ONNX in 32-bit floating point.

    Input ``image``: uint8 (1, 320, 416, 3), RGB. Outputs ``scores``: float32 (2730, 6), and ``boxes``: float32 (2730, 4), top,
    left, bottom, right as fractions of the input.
    """
    nodes, weights = read_model(model_json)
    weights[_FIRST] = (weights[_FIRST][:, :, ::-1] / np.array(DEVIATION, np.float32)[:, None]).astype(np.float32)
    constants = _constants()
    _fix_heads(nodes, weights)
    weights.update(constants)
    kept = [node for node in nodes if node["op"] != "Placeholder"]
    added = [_node(name, "Const", []) for name in constants] + _input() + _scores() + _boxes()
    model = to_onnx([*added, *kept], weights, {"image": "image"}, {"scores": "scores", "boxes": "boxes"})
    _pool_at_once(model)
    onnx.save(model, str(target))


def _constants() -> Weights:
    rows = [np.divmod(np.arange(places), WIDTH // stride) for places, stride in zip(PLACES, STRIDES, strict=True)]
    middles = np.concatenate([(np.stack(at, axis=1) + 0.5) * stride for at, stride in zip(rows, STRIDES, strict=True)])
    scale = np.array([HEIGHT, WIDTH, HEIGHT, WIDTH])
    expected = np.zeros((SIDES, STEPS, SIDES))
    for side, (column, sign) in enumerate(((1, -1), (0, -1), (3, 1), (2, 1))):
        expected[side, :, column] = sign * np.arange(STEPS)
    return {
        "picture/means": np.tile(np.array(MEAN, np.float32), WIDTH),
        "picture/rows": np.array((HEIGHT, 3 * WIDTH), np.int32),
        "picture/pixels": np.array((1, HEIGHT, WIDTH, 3), np.int32),
        "picture/order": np.array((0, 3, 1, 2), np.int32),
        "heads/sizes": np.array((len(COLUMNS), SIDES * STEPS), np.int32),
        "heads/scores": np.array((1, len(COLUMNS), -1), np.int32),
        "heads/distances": np.array((1, SIDES * STEPS, -1), np.int32),
        "places/axis": np.array(1, np.int32),
        "places/scores": np.array((sum(PLACES), len(COLUMNS)), np.int32),
        "places/sides": np.array((sum(PLACES) * SIDES, STEPS), np.int32),
        "places/steps": np.array((sum(PLACES), SIDES * STEPS), np.int32),
        "places/expected": expected.reshape(SIDES * STEPS, SIDES).astype(np.float32),
        "places/stride": (np.repeat(STRIDES, PLACES)[:, None] / scale).astype(np.float32),
        "places/middle": (np.concatenate([middles, middles], axis=1) / scale).astype(np.float32),
    }


def _fix_heads(nodes: list[Node], weights: Weights) -> None:
    """Cut the classes, and fix the shapes that were computed from the batch."""
    by_name = {node["name"]: node for node in nodes}
    kept = [*COLUMNS, *range(CLASSES, CLASSES + SIDES * STEPS)]
    for node in nodes:
        if node["op"] == "SplitV":
            bias = by_name[by_name[node["input"][0]]["input"][0]]
            for name in (bias["input"][1], by_name[bias["input"][0]]["input"][1]):
                weights[name] = weights[name][..., kept]
            node["input"][1] = "heads/sizes"
        elif node["op"] == "ResizeBilinear":
            weights[node["input"][1]] = weights[node["input"][1]] * np.array((HEIGHT, WIDTH), np.int32) // UPSTREAM
        elif node["op"] == "Reshape":
            node["input"][1] = (
                "heads/scores" if by_name[node["input"][0].split(":")[0]]["op"] == "Sigmoid" else "heads/distances"
            )
            node["attr"]["Tshape"] = {"type": "DT_INT32"}


def _input() -> list[Node]:
    """From the picture to upstream's input, before it is divided.

    Means are subtracted from whole rows: from three values at a time it takes an eighth of the whole network's time.
    """
    sizes = [{"size": str(n)} for n in (1, HEIGHT, WIDTH, 3)]
    picture: Node = {"name": "image", "op": "Placeholder", "input": [], "attr": {"dtype": {"type": "DT_UINT8"}}}
    picture["attr"]["shape"] = {"shape": {"dim": sizes}}
    return [
        picture,
        _node("picture/bytes", "Reshape", ["image", "picture/rows"], T="DT_UINT8", Tshape="DT_INT32"),
        _node("picture/float", "Cast", ["picture/bytes"], SrcT="DT_UINT8", DstT="DT_FLOAT"),
        _node("picture/shifted", "Sub", ["picture/float", "picture/means"], **_FLOAT),
        _node("picture/shaped", "Reshape", ["picture/shifted", "picture/pixels"], Tshape="DT_INT32", **_FLOAT),
        _node("input_1", "Transpose", ["picture/shaped", "picture/order"], Tperm="DT_INT32", **_FLOAT),
    ]


def _scores() -> list[Node]:
    return [
        _node("places/all_scores", "ConcatV2", [*SCORES, "places/axis"], N=len(SCORES), Tidx="DT_INT32", **_FLOAT),
        _node("scores", "Reshape", ["places/all_scores", "places/scores"], Tshape="DT_INT32", **_FLOAT),
    ]


def _boxes() -> list[Node]:
    """Each side lies at the mean of its distances, each as likely as it is; boxes go out from the middle of their place."""
    shape = {"Tshape": "DT_INT32", **_FLOAT}
    return [
        _node("places/all_distances", "ConcatV2", [*DISTANCES, "places/axis"], N=len(DISTANCES), Tidx="DT_INT32", **_FLOAT),
        _node("places/by_side", "Reshape", ["places/all_distances", "places/sides"], **shape),
        _node("places/likely", "Softmax", ["places/by_side"], **_FLOAT),
        _node("places/by_place", "Reshape", ["places/likely", "places/steps"], **shape),
        _node("places/strides", "MatMul", ["places/by_place", "places/expected"], **_FLOAT),
        _node("places/reach", "Mul", ["places/strides", "places/stride"], **_FLOAT),
        _node("boxes", "AddV2", ["places/reach", "places/middle"], **_FLOAT),
    ]


def _node(name: str, operator: str, inputs: list[str], **attributes: str | int) -> Node:
    encoded = {key: {"type": value} if isinstance(value, str) else {"i": str(value)} for key, value in attributes.items()}
    return {"name": name, "op": operator, "input": inputs, "attr": encoded}


def _pool_at_once(model: Any) -> None:
    """Let the pooling pad: quantisation has no number for the minus infinity that stands around its input otherwise."""
    graph = model.graph
    (pool,) = (node for node in graph.node if node.op_type == "MaxPool")
    (pad,) = (node for node in graph.node if node.output[0] == pool.input[0])
    amounts = next(onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer if tensor.name == pad.input[1])
    pool.attribute.append(onnx.helper.make_attribute("pads", [int(n) for n in (*amounts[2:4], *amounts[6:8])]))
    pool.input[0] = pad.input[0]
    graph.node.remove(pad)
    graph.initializer.remove(next(tensor for tensor in graph.initializer if tensor.name == pad.input[2]))
    onnx.checker.check_model(model, full_check=True)


def heads(model: Any) -> tuple[str, ...]:
    """Names of the convolutions whose output is split into scores and distances."""
    split = {node.input[0] for node in model.graph.node if node.op_type == "Split"}
    return tuple(node.name for node in model.graph.node if node.op_type == "Conv" and node.output[0] in split)
