"""Static quantisation: 8-bit weights per channel, 8-bit activations, QDQ form.

Parts that the recipe names stay in floating point.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

TYPES = ("Conv", "Add", "Clip", "Relu", "Sum")


def quantise(
    source: Path,
    target: Path,
    pictures: Iterable[npt.NDArray[np.uint8]],
    *,
    float_parts: tuple[str, ...],
    types: tuple[str, ...] = TYPES,
) -> None:
    """Quantise the floating point model at ``source``, whose input is ``image``.

    Args:
        source: ONNX in 32-bit floating point.
        target: where the quantised model goes.
        pictures: calibration inputs, uint8 (1, height, width, 3), RGB.
        float_parts: nodes whose name has one of these in it stay in floating point.
        types: operators that are quantised.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        kept = [node.name for node in graph.node if any(part in node.name for part in float_parts)]
        quantize_static(
            str(prepared),
            str(target),
            _Reader(pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(types),
            nodes_to_exclude=kept,
            calibrate_method=CalibrationMethod.MinMax,
        )


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, pictures: Iterable[npt.NDArray[np.uint8]]) -> None:
        self._pictures = iter(pictures)

    def get_next(self) -> dict[str, Any] | None:
        return next(({"image": picture} for picture in self._pictures), None)
