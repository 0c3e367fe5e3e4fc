"""An ONNX graph whose bytes depend on what it computes, not on the converter's mood.

tf2onnx keeps sets of its own objects, so that two runs order nodes differently, number what they add differently, and keep
another of several equal constants. Rules: nodes stand in the order in which the outputs need them, depth first; names with a
counter of the converter are given anew from the place in that order; what is computed stays the same to the bit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_COUNTED = re.compile(r"__\d+(:\d+)?$")


def canonical(model: Any, merged: str = "") -> Any:
    """Order and name an ``onnx.ModelProto`` in place; returns it.

    Nodes with a counter become ``Conv_7`` (the operator, its number in order); constants with a counter are named after the
    first node that takes them, with the position among its inputs: ``expanded_conv/depthwise/depthwise/1``.

    Args:
        model: the converted model.
        merged: names that begin so are given anew too, behind this prefix: of equal nodes and constants with names of their own
            the converter keeps now the one and now the other. Empty: no such names.

    Raises:
        ValueError: when two things would have one name.
    """
    graph = model.graph
    nodes = list(_in_order(graph))
    constants = {tensor.name: tensor for tensor in graph.initializer}
    fixed = {value.name for value in (*graph.input, *graph.output)}
    names = {name: name for name in fixed}
    used: list[Any] = []

    for number, node in enumerate(nodes):
        node.name = _sure(node.name, f"{'' if _COUNTED.search(node.name) else merged}{node.op_type}_{number}", merged)
        for at, name in enumerate(node.input):
            if name in constants and name not in names:
                names[name] = _sure(name, f"{node.name}/{at}", merged)
                used.append(constants[name])
        for at, name in enumerate(node.output):
            if name not in fixed:
                names[name] = _sure(name, f"{node.name}:{at}", merged)
    if len(set(names.values())) < len(names) or len({node.name for node in nodes}) < len(nodes):
        msg = f"graph {graph.name}: two values or two nodes would have one name; name them apart before"
        raise ValueError(msg)
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for tensor in used:
        tensor.name = names[tensor.name]
    _put(graph.node, nodes)
    _put(graph.initializer, used)
    del graph.value_info[:]
    return model


def in_order(model: Any) -> Any:
    """Order the nodes of an ``onnx.ModelProto`` in place, each after those that it needs; returns it."""
    _put(model.graph.node, list(_in_order(model.graph)))
    return model


def _sure(name: str, instead: str, merged: str) -> str:
    """The name, or another where the converter might have chosen another itself."""
    return instead if _COUNTED.search(name) or (merged and name.startswith(merged)) else name


def _in_order(graph: Any) -> Iterator[Any]:
    """The nodes that the outputs need, each after those that it needs."""
    makers = {name: node for node in graph.node for name in node.output}
    done: set[int] = set()
    open_: list[tuple[Any, bool]] = [(makers[value.name], False) for value in reversed(graph.output)]
    while open_:
        node, ready = open_.pop()
        if id(node) in done:
            continue
        if ready:
            done.add(id(node))
            yield node
        else:
            open_.append((node, True))
            open_.extend((makers[name], False) for name in reversed(node.input) if name in makers)


def _put(field: Any, messages: list[Any]) -> None:
    """Replace what a repeated field holds; the messages may come from it."""
    copies = [type(message)() for message in messages]
    for copy, message in zip(copies, messages, strict=True):
        copy.CopyFrom(message)
    del field[:]
    field.extend(copies)
