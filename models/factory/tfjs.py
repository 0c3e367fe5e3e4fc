"""TensorFlow.js graph model to a TensorFlow graph definition.

What such a model needs on the way: byte strings are stored in base 64 or as lists of integers; weights lie concatenated
in shards, as 32-bit or 16-bit floats or quantised; fused convolutions have no counterpart in the converter and are taken apart.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from google.protobuf import json_format

Weights: TypeAlias = dict[str, npt.NDArray[Any]]
Node: TypeAlias = dict[str, Any]

_DTYPES = {"float32": "f4", "int32": "i4", "bool": "?", "uint8": "u1", "uint16": "u2", "float16": "f2"}
_FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}
_KEPT = ("T", "strides", "padding", "data_format", "dilations")


def verify(model_json: Path, sha256: str, origin: str) -> None:
    """Check that a model is the one that a recipe was written for, before anything of it is read further.

    Args:
        model_json: the model's description; its shards lie beside it.
        sha256: of it and its shards, in the order in which they are named there.
        origin: package and version, for the message.

    Raises:
        ValueError: when a file is missing or differs.
    """
    digest = hashlib.sha256()
    try:
        data = model_json.read_bytes()
        digest.update(data)
        for group in json.loads(data)["weightsManifest"]:
            for shard in group["paths"]:
                digest.update((model_json.parent / shard).read_bytes())
        found = digest.hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{model_json}: not the weights of {origin} ({error!r}); fetch it again"
        raise ValueError(msg) from error
    if found != sha256:
        msg = f"{model_json}: not the weights of {origin} (SHA-256 {found}); fetch it again"
        raise ValueError(msg)


def read_model(path: Path) -> tuple[list[Node], Weights]:
    """Read ``model.json`` and its shards.

    Returns:
        The nodes, with byte strings in base 64 as protobuf's JSON wants them, and the weights by name.
    """
    model = json.loads(path.read_text("utf-8"))
    nodes = [_with_strings(node) for node in model["modelTopology"]["node"]]
    weights: Weights = {}
    for group in model["weightsManifest"]:
        data = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        offset = 0
        for entry in group["weights"]:
            array, size = _weight(entry, data, offset)
            weights[entry["name"]] = array
            offset += size
        if offset != len(data):
            msg = f"{path}: {len(data) - offset} bytes are left over after the last weight; are all shards of one version?"
            raise ValueError(msg)
    return nodes, weights


def _weight(entry: dict[str, Any], data: bytes, offset: int) -> tuple[npt.NDArray[Any], int]:
    count = int(np.prod(entry["shape"], dtype=np.int64))
    quantised = entry.get("quantization")
    stored = np.frombuffer(data, _DTYPES[(quantised or entry)["dtype"]], count, offset)
    values: npt.NDArray[Any] = stored
    if quantised and "scale" in quantised:
        values = stored.astype("f4") * quantised["scale"] + quantised["min"]
        if entry["dtype"] == "int32":
            values = np.round(values)
    return values.reshape(entry["shape"]).astype(_DTYPES[entry["dtype"]]), stored.nbytes


def _with_strings(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"s"} and isinstance(value["s"], list):
            items = value["s"]
            several = items and not isinstance(items[0], int)
            return {"s": [_base64(item) for item in items] if several else _base64(items)}
        return {key: _with_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_strings(item) for item in value]
    return value


def _base64(item: str | list[int]) -> str:
    """A byte string, which some converters write in base 64 and some as integers."""
    return item if isinstance(item, str) else base64.b64encode(bytes(item)).decode()


def unfuse(nodes: list[Node]) -> list[Node]:
    """Take fused convolutions apart into convolution, bias and activation."""
    plain: list[Node] = []
    for node in nodes:
        if node["op"] not in _FUSED:
            plain.append(node)
            continue
        attributes = node["attr"]
        steps = [base64.b64decode(step).decode() for step in attributes["fused_ops"]["list"]["s"]]
        last: Node = {
            "name": node["name"] + "/unfused",
            "op": _FUSED[node["op"]],
            "input": node["input"][:2],
            "attr": {key: attributes[key] for key in _KEPT if key in attributes},
        }
        plain.append(last)
        for i, step in enumerate(steps):
            name = node["name"] if i == len(steps) - 1 else f"{node['name']}/{step}"
            inputs = [last["name"], node["input"][2]] if step == "BiasAdd" else [last["name"]]
            if step not in {"BiasAdd", "Relu", "Relu6"}:
                msg = f"node {node['name']}: the fused step {step!r} is not known to this recipe"
                raise ValueError(msg)
            last = {"name": name, "op": step, "input": inputs, "attr": {"T": {"type": "DT_FLOAT"}}}
            plain.append(last)
    return plain


def graph_definition(nodes: list[Node], weights: Weights) -> Any:
    """Make a TensorFlow ``GraphDef``; constants take their values from ``weights``."""
    graph = tf.compat.v1.GraphDef()
    document = {"node": [node for node in nodes if node["op"] != "Const"], "versions": {"producer": 1000}}
    json_format.ParseDict(document, graph, ignore_unknown_fields=True)
    for node in nodes:
        if node["op"] == "Const":
            constant = graph.node.add()
            constant.name, constant.op = node["name"], "Const"
            values = weights[node["name"]]
            constant.attr["dtype"].type = tf.as_dtype(values.dtype).as_datatype_enum
            constant.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values))
    return graph
