"""Static quantisation: 8-bit weights per channel, 8-bit activations, QDQ form.

Rules: calibration crops are rendered, from the training's alphabets, and kept beside the recipe; the crop's standardisation
before the first convolution and the classes after the last stay in floating point: the former makes the range, and steps of a
tenth in log-probabilities would cost the calibration of the latter.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.recipes.plate_reader.export import INPUT

TYPES = ("Conv", "Add", "Relu")
FLOAT_NODES = ("add_0", "classes")
"""The sum in the standardisation, and the classes."""


def quantise(source: Path, target: Path, crops: npt.NDArray[np.uint8]) -> None:
    """Quantise the floating point model at ``source`` with crops (n, height, width, 3)."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True, skip_optimization=True)
        quantize_static(
            str(prepared),
            str(target),
            _Reader(crops),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(TYPES),
            nodes_to_exclude=list(FLOAT_NODES),
            calibrate_method=CalibrationMethod.MinMax,
        )


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, crops: npt.NDArray[np.uint8]) -> None:
        self._crops = iter(crops)

    def get_next(self) -> dict[str, Any] | None:
        return next(({INPUT: crop[None]} for crop in self._crops), None)
