"""Static quantisation: 8-bit weights per channel, 8-bit activations, QDQ form. What a recipe names stays in floating point."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx

from models.factory.tools import quantization, shape_inference

INPUT = "image"
TYPES = ("Conv", "Add", "Clip", "Relu", "Sum")


def quantise(  # noqa: PLR0913 - from what, to what, with what, and what is left out
    source: Path,
    target: Path,
    pictures: Iterable[npt.NDArray[Any]],
    *,
    name: str = INPUT,
    float_parts: tuple[str, ...] = (),
    float_nodes: tuple[str, ...] = (),
    types: tuple[str, ...] = TYPES,
    optimised: bool = True,
) -> None:
    """Quantise the floating point model at ``source``, by what it answers to inputs.

    Args:
        source: ONNX in 32-bit floating point.
        target: where the quantised model goes.
        pictures: calibration inputs, of the model's type and shape: uint8 (1, height, width, 3), RGB, of those that see.
        name: of its input.
        float_parts: nodes whose name has one of these in it stay in floating point.
        float_nodes: nodes of these names stay in floating point.
        types: operators that are quantised.
        optimised: whether ONNX Runtime's own graph optimisation goes before.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        shape_inference.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True, skip_optimization=not optimised)
        graph = onnx.load(str(prepared)).graph
        kept = [n.name for n in graph.node if n.name in float_nodes or any(part in n.name for part in float_parts)]
        quantization.quantize_static(
            str(prepared),
            str(target),
            _reader(name, iter(pictures)),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            op_types_to_quantize=list(types),
            nodes_to_exclude=kept,
            calibrate_method=quantization.CalibrationMethod.MinMax,
        )


def _reader(name: str, pictures: Iterator[npt.NDArray[Any]]) -> Any:
    """What the library asks for its inputs; its base class is known only once the library is loaded."""

    def get_next(_: Any) -> dict[str, Any] | None:
        return next(({name: picture} for picture in pictures), None)

    return type("Reader", (quantization.CalibrationDataReader,), {"get_next": get_next})()
