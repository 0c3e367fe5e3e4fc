"""Examining an ONNX file before anything is built on it: what cannot run on the boxes is refused with the reason.

Rules: nothing is parsed that is too large; nothing is read but the file itself; whatever the file holds, it passes or raises
one :class:`models.bundle.bundle.BundleError`. Allowed are operators, types and versions that ONNX Runtime runs from 1.20 on: no
control flow, no functions of the file's own, no data outside of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from models.bundle.bundle import BundleError
from protocol.manifest import Input, Output

MOST_BYTES = 64_000_000
"""The whole zoo has 60 MB."""
OPSETS = range(11, 22)
"""From YOLOX's release to what ONNX Runtime 1.20 knows."""
NEWEST_IR = 10
"""Of the file format; likewise."""
MICROSOFT = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

_STANDARD = """
Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv
ConvTranspose CumSum DepthToSpace DequantizeLinear Div Dropout Elu Equal Erf Exp Expand Flatten Floor Gather
GatherElements GatherND Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity
InstanceNormalization LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max MaxPool Min Mod Mul Neg
Not Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceMin ReduceProd
ReduceSum Relu Reshape Resize Round ScatterElements ScatterND Shape Sigmoid Sign Slice Softmax Softplus SpaceToDepth
Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose Unsqueeze Where
"""
_OF_8_BITS = """
QLinearAdd QLinearAveragePool QLinearConcat QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearSigmoid
QLinearSoftmax QGemm QuantizeLinear DequantizeLinear
"""
OPERATORS = {"": frozenset(_STANDARD.split()), MICROSOFT: frozenset(_OF_8_BITS.split())}
"""By domain: what convolutional networks are made of, and every accelerator but the Edge TPU runs. Microsoft's: what 8-bit
models hold that are not in QDQ form."""

_TYPES = {
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.DOUBLE,
    onnx.TensorProto.INT8,
    onnx.TensorProto.UINT8,
    onnx.TensorProto.INT16,
    onnx.TensorProto.UINT16,
    onnx.TensorProto.INT32,
    onnx.TensorProto.UINT32,
    onnx.TensorProto.INT64,
    onnx.TensorProto.BOOL,
}
"""Of weights."""


@dataclass(frozen=True)
class Expected:
    """What a model must take and give.

    Attributes:
        input: name.
        shape: of the input; every size fixed, as accelerators compile it.
        dtype: of the input: ``uint8`` or ``float32``.
        outputs: shape by name; None where any will do. Values are float32.
    """

    input: str
    shape: tuple[int, ...]
    dtype: str
    outputs: Mapping[str, tuple[int, ...] | None]


def expected(its: Input, output: Output) -> Expected:
    """What the variants of a bundle must take and give, by its manifest."""
    channels = 1 if its.colour in {"GREY", "NONE"} else 3
    shapes = {
        "NHWC": (1, its.height, its.width, channels),
        "NCHW": (1, channels, its.height, its.width),
        "SAMPLES": (1, its.width),
    }
    return Expected(its.name, shapes[its.layout], its.dtype, dict.fromkeys(output.names()))


def examine(path: Path, expects: Expected) -> None:
    """Examine a file.

    Args:
        path: an ONNX file.
        expects: what it must take and give.

    Raises:
        BundleError: naming the file, what is wrong with it, and what to do.
    """
    try:
        _examine(path, expects)
    except BundleError:
        raise
    except Exception as error:  # whatever a broken file makes the parsers raise, its reader gets one kind of error
        reason = (str(error) or type(error).__name__).strip().splitlines()[0]
        raise _refused(path, f"cannot be read as ONNX ({reason[:200]})", "export it again") from error


def _examine(path: Path, expects: Expected) -> None:
    model = _parse(path)
    _check_versions(path, model)
    _check_nodes(path, model)
    _check_weights(path, model)
    try:
        onnx.checker.check_model(model)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        reason = " ".join(str(error).split())
        raise _refused(path, f"is not a valid graph ({reason[:300]})", "export it again") from error
    _check_interface(path, model, expects)


def _parse(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})", "build it again") from error
    if len(data) > MOST_BYTES:
        raise _refused(path, f"has over {MOST_BYTES} bytes", "a model of a box is smaller; is this the right file?")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's implementations raise different classes
        raise _refused(path, "is corrupt or truncated: not an ONNX model", "take it again from where it came from") from error
    if not model.graph.node:
        raise _refused(path, "holds no graph: empty, truncated, or not an ONNX model", "take it again from where it came from")
    return model


def _check_versions(path: Path, model: Any) -> None:
    if not 0 < model.ir_version <= NEWEST_IR:
        raise _refused(path, f"is of IR version {model.ir_version}, boxes read up to {NEWEST_IR}", "export it for an older one")
    versions = {_domain(opset): opset.version for opset in model.opset_import}
    if versions.get("") not in OPSETS:
        text = f"uses operator set {versions.get('', 'none')}, boxes have {OPSETS.start} to {OPSETS.stop - 1}"
        raise _refused(path, text, "export it for one of these")
    foreign = sorted(set(versions) - set(OPERATORS))
    used = sorted({_domain(node) for node in _nodes(model.graph)} & set(foreign))
    if used:
        raise _refused(path, f"uses operators of the domain {used[0]!r}", "boxes know ONNX's and com.microsoft's alone")
    if model.functions:
        raise _refused(path, f"defines the function {model.functions[0].name!r}", "inline it when exporting")


def _check_nodes(path: Path, model: Any) -> None:
    version = next(opset.version for opset in model.opset_import if not _domain(opset))
    for node in _nodes(model.graph):
        domain = _domain(node)
        if node.op_type not in OPERATORS.get(domain, ()):
            what = f"{domain}:{node.op_type}" if domain else node.op_type
            text = f"has the operator {what!r} (node {node.name!r}), which not every accelerator runs"
            raise _refused(path, text, "replace it in the network")
        if not domain and not onnx.defs.has(node.op_type, version):
            raise _refused(path, f"has the operator {node.op_type!r}, unknown to operator set {version}", "export it again")


def _check_weights(path: Path, model: Any) -> None:
    if model.graph.sparse_initializer:
        raise _refused(path, "has sparse weights", "export them dense")
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise _refused(path, f"keeps the weights {tensor.name!r} in another file", "export it into one file")
        if tensor.data_type not in _TYPES:
            kind = onnx.TensorProto.DataType.Name(tensor.data_type) if tensor.data_type else "no type"
            raise _refused(path, f"has weights {tensor.name!r} of {kind}", "boxes compute in floats and integers")
        try:
            values = numpy_helper.to_array(tensor)
        except (ValueError, TypeError) as error:
            reason = f"has damaged weights {tensor.name!r} ({str(error)[:100]})"
            raise _refused(path, reason, "take it again from where it came from") from error
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            text = f"has {count} weights that are NaN or infinite in {tensor.name!r}"
            raise _refused(path, text, "the training diverged: start from an earlier checkpoint")


def _check_interface(path: Path, model: Any, expects: Expected) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = {value.name: value for value in model.graph.input if value.name not in weights}
    if set(inputs) != {expects.input}:
        raise _refused(path, f"takes {_listed(inputs)}, not {expects.input!r}", "correct the names in recipe or export")
    found = _described(inputs[expects.input])
    wanted = (np.dtype(expects.dtype).name, expects.shape)
    if found != wanted:
        text = f"takes {expects.input!r} as {_spelt(found)}, not {_spelt(wanted)}"
        raise _refused(path, text, "correct the recipe's input, or export for it")
    outputs = {value.name: value for value in model.graph.output}
    missing = sorted(set(expects.outputs) - set(outputs))
    if missing:
        raise _refused(path, f"gives {_listed(outputs)}, not {missing[0]!r}", "correct the names in recipe or export")
    for name, shape in expects.outputs.items():
        gives = _described(outputs[name])
        if gives[0] != "float32" or (shape is not None and gives[1] != shape):
            text = f"gives {name!r} as {_spelt(gives)}, not {_spelt(('float32', shape or ()))}"
            raise _refused(path, text, "correct the export")


def _described(value: Any) -> tuple[str, tuple[int | str, ...]]:
    kind = value.type.tensor_type
    shape = tuple(size.dim_value or size.dim_param or "?" for size in kind.shape.dim)
    if kind.elem_type not in _TYPES:
        return "no tensor", shape
    return onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name, shape


def _spelt(description: tuple[str, tuple[int | str, ...]]) -> str:
    return f"{description[0]} ({', '.join(str(size) for size in description[1])})"


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(repr(name) for name in sorted(names)) or "nothing"


def _nodes(graph: Any) -> Iterator[Any]:
    """All nodes, those of inner graphs too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    """All weights, constants and those of inner graphs too."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)


def _domain(message: Any) -> str:
    """Of a node or an operator set; ONNX's own has two spellings."""
    return "" if message.domain == "ai.onnx" else str(message.domain)


def _refused(path: Path, what: str, remedy: str) -> BundleError:
    return BundleError(f"{path}: {what}; {remedy}")
