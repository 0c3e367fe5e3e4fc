"""Static quantisation: 8-bit weights per channel, 8-bit activations, QDQ form.

Calibration pictures are drawn scenes of the training split, without anything from packages, so that they are the same wherever
the bundle is built. The last convolution stays in floating point: it is 1% of the arithmetic, and corners in steps of the
largest offset's two hundred and fiftieth would miss small plates.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.recipes.plate_detector.export import HEAD, INPUT
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.synthesis.material import Material
from models.synthesis.recording import draw_scene

SCENES = 96
"""Calibration pictures; the ranges of MinMax no longer grow by a hundredth after some eighty."""
SEED = 3
TYPES = ("Conv", "Add", "Relu", "Resize")


def calibration_pictures() -> Iterator[npt.NDArray[np.uint8]]:
    """Yield inputs, uint8 (1, height, width, 3)."""
    material = Material("train", packages=False)
    for at in range(SCENES):
        yield draw_scene(np.random.default_rng([SEED, at]), material, WIDTH, HEIGHT).picture[None]


def quantise(source: Path, target: Path) -> None:
    """Quantise the floating point model at ``source`` into ``target``."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(target),
            _Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(TYPES),
            nodes_to_exclude=[HEAD],
            calibrate_method=CalibrationMethod.MinMax,
        )


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self) -> None:
        self._pictures = calibration_pictures()

    def get_next(self) -> dict[str, Any] | None:
        return next(({INPUT: picture} for picture in self._pictures), None)
