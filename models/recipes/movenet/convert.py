"""MoveNet's graph to ONNX: the same arithmetic, with a fixed input and names that tell the parts apart.

What is changed, each step exact:

- the picture is taken as uint8 (32-bit integers upstream) and has a fixed size, from which shapes are computed at once;
- colours, from which nothing is subtracted and which all have the same factor, are scaled by one number: a tenth of the time
  went into doing it by channel;
- further outputs show what the centres and the displacements from them say: the poses take little notice of it where one
  person is seen, and golden vectors must;
- control edges go: nothing in the graph has a side effect;
- names: ``backbone/`` for the feature extractor, ``heads/`` for what reads keypoints, centres and boxes out of it, ``places/``
  for the arithmetic behind, which turns maps into coordinates (its nodes are numbered: the converter merges equal ones).

Weights come as 16-bit floats: the reference is what these give in 32-bit arithmetic, not what upstream trained.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx

from models.factory.tf_to_onnx import to_onnx
from models.factory.tfjs import Node, Weights, read_model, unfuse
from models.recipes.movenet.pose import Network

_CALL = "StatefulPartitionedCall/"
_EXTRACTOR = "center_net_mobile_net_v2fpn_feature_extractor/model_1/"
_HEADS = ("kpt_heatmap_0/", "kpt_offset_0/", "kpt_regress_0/", "center_0/", "box_scale_0/", "box_offset_0/")
_ENLARGED = {f"{_CALL}{_EXTRACTOR}up_sampling2d{n}/mul": stride for n, stride in (("", 16), ("_1", 8), ("_2", 4))}
"""Nodes that compute how large a map becomes, and how many pixels of the input a cell of it then is."""
PLACES = "places/"
STRIDE = 4
"""Pixels of the input in a cell of the maps."""


def convert(network: Network, model_json: Path, target: Path) -> None:
    """Convert the TensorFlow.js model to ONNX in 32-bit floating point.

    Input ``image``: uint8 (1, side, side, 3), RGB. Outputs, float32, y before x as fractions of the input:

    - ``poses`` (17, 3) or (6, 56): see :func:`models.bundle.keypoints.decode`;
    - ``coarse`` (17, 2) or (6, 17, 2): keypoints as the centre of their person has them, before the map of each keypoint
      places them finely;
    - ``centre`` (1,), of a single person: the highest score of being the centre of somebody.

    Args:
        network: which of the two.
        model_json: the model's description; its shards lie beside it.
        target: where the ONNX file goes.
    """
    nodes, weights = graph(model_json, network.side)
    constants: Weights = {f"{PLACES}shape/{name}": np.array(shape, np.int32) for name, shape in network.shapes.items()}
    constants |= {PLACES + "cell": np.array(STRIDE / network.side, np.float32), PLACES + "all": np.arange(4, dtype=np.int32)}
    weights.update(constants)
    sources = {"poses": PLACES + "Identity", "coarse": PLACES + "fractions", "centre": PLACES + "highest"}
    cells = [PLACES + network.rows, PLACES + network.columns]
    nodes += [
        *(_node(name, "Const", []) for name in constants),
        _node(PLACES + "cells", "Pack", cells, T="DT_FLOAT", N=2, axis=-1),
        _node(sources["coarse"], "Mul", [PLACES + "cells", PLACES + "cell"], T="DT_FLOAT"),
        _node(sources["centre"], "Max", [PLACES + "Sigmoid_1", PLACES + "all"], T="DT_FLOAT", Tidx="DT_INT32"),
        *(
            _node(name, "Reshape", [sources[name], f"{PLACES}shape/{name}"], T="DT_FLOAT", Tshape="DT_INT32")
            for name in network.shapes
        ),
    ]
    model = to_onnx(nodes, weights, {"image": "image"}, {name: name for name in network.shapes}, PLACES)
    onnx.save(model, str(target))


def _node(name: str, operator: str, inputs: list[str], **attributes: str | int) -> Node:
    encoded = {key: {"type": value} if isinstance(value, str) else {"i": str(value)} for key, value in attributes.items()}
    return {"name": name, "op": operator, "input": inputs, "attr": encoded}


def graph(model_json: Path, side: int) -> tuple[list[Node], Weights]:
    """Read the graph, with its input fixed: placeholder ``image``, result ``places/Identity``."""
    nodes, weights = read_model(model_json)
    nodes = unfuse(nodes)
    _scale_at_once(nodes, weights)
    for node in nodes:
        if node["op"] == "Placeholder":
            sizes = [{"size": str(n)} for n in (1, side, side, 3)]
            node["attr"] = {"dtype": {"type": "DT_UINT8"}, "shape": {"shape": {"dim": sizes}}}
        elif node["op"] == "Cast" and node["input"] == ["input"]:
            node["attr"]["SrcT"] = {"type": "DT_UINT8"}
        elif node["name"] in _ENLARGED:
            node["op"], node["input"], node["attr"] = "Const", [], {}
            weights[node["name"]] = np.full(2, side // _ENLARGED[node["name"]], np.int32)
        node["name"] = _called(node["name"])
        node["input"] = [_called(name) for name in node.get("input", []) if not name.startswith("^")]
    return nodes, {_called(name): values for name, values in weights.items()}


def _scale_at_once(nodes: list[Node], weights: Weights) -> None:
    by_name = {node["name"]: node for node in nodes}
    scaling = by_name[_CALL + "truediv_1"]
    subtraction, factors = scaling["input"]
    picture, mean = by_name[subtraction]["input"]
    if weights[mean].any() or np.ptp(weights[factors]):
        found = f"shifted by {weights[mean].ravel()} and scaled by {weights[factors].ravel()}"
        msg = f"colours are {found}; this recipe expects one scale for all"
        raise ValueError(msg)
    scaling["input"] = [picture, factors]
    weights[factors] = weights[factors].ravel()[0]


def _called(name: str) -> str:
    if name == "input":
        return "image"
    name = name.replace(_CALL, "")
    if name.startswith(_EXTRACTOR):
        return "backbone/" + name.removeprefix(_EXTRACTOR).removeprefix("model/")
    return "heads/" + name if name.startswith(_HEADS) else PLACES + name
