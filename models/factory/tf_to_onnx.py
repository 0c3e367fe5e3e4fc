"""TensorFlow graph to ONNX in 32-bit floating point, with bytes that depend on the graph alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
import tensorflow as tf
import tf2onnx

from models.factory.canonical import canonical
from models.factory.tfjs import Node, Weights, graph_definition

OPSET = 17


def to_onnx(
    nodes: list[Node], weights: Weights, inputs: Mapping[str, str], outputs: Mapping[str, str], merged: str = ""
) -> Any:
    """Convert nodes and weights to an ``onnx.ModelProto``, checked and in canonical order.

    Args:
        nodes: of the graph; what the outputs do not need is left out.
        weights: values of its constants, by name.
        inputs: names of placeholders, and what they are called in the model.
        outputs: names of nodes, and what they are called in the model.
        merged: prefix of names among which there are equal things, see :func:`models.factory.canonical.canonical`.
    """
    definition = graph_definition(needed(nodes, tuple(outputs)), weights)
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(definition, name="")
    model, _ = tf2onnx.convert.from_graph_def(
        graph.as_graph_def(),
        input_names=[f"{name}:0" for name in inputs],
        output_names=[f"{name}:0" for name in outputs],
        opset=OPSET,
    )
    _rename(model, {f"{name}:0": called for name, called in (*inputs.items(), *outputs.items())})
    canonical(model, merged)
    onnx.checker.check_model(model, full_check=True)
    return model


def needed(nodes: list[Node], outputs: tuple[str, ...]) -> list[Node]:
    """Those nodes that the outputs need, in their order."""
    by_name = {node["name"]: node for node in nodes}
    wanted: set[str] = set()
    queue = list(outputs)
    while queue:
        name = queue.pop().split(":")[0].lstrip("^")
        if name not in wanted:
            wanted.add(name)
            queue.extend(by_name[name].get("input", []))
    return [node for node in nodes if node["name"] in wanted]


def _rename(model: Any, names: dict[str, str]) -> None:
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        value.name = names.get(value.name, value.name)
