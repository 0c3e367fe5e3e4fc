"""Static quantisation: 8-bit weights per channel, 8-bit activations, QDQ form.

Calibration pictures are whole frames and motion-sized crops of the first hundred frames of the square clip: what the box will
feed, and nothing that is measured on. Box decoding (exponentials, anchors) stays in floating point.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from models.recipes.person_vehicle_fast.convert import SIDE

LAST_FRAME = 100
CROP = 256
TYPES = ("Conv", "Add", "Clip", "Relu", "Sum")
FLOAT_PARTS = ("Preprocessor", "Postprocessor", "ClassPredictor", "BoxEncodingPredictor")
"""Parts that stay in floating point: the heads are 3% of the arithmetic, and quantised scores fall into steps of a tenth."""


def pictures(clip: Path, step: int = 5) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield calibration inputs: uint8 (1, 300, 300, 3), RGB."""
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number > LAST_FRAME:
                return
            if number % step:
                continue
            rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            yield resized(rgb)
            height, width = rgb.shape[:2]
            for left, top in ((0, 100), (width // 3, 60), (width - CROP, 120), (width // 2, height - CROP)):
                yield resized(rgb[top : top + CROP, left : left + CROP])


def quantise(source: Path, target: Path, clip: Path) -> None:
    """Quantise the floating point model at ``source``."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        kept = [node.name for node in graph.node if any(part in node.name for part in FLOAT_PARTS)]
        quantize_static(
            str(prepared),
            str(target),
            _Reader(clip),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=list(TYPES),
            nodes_to_exclude=kept,
            calibrate_method=CalibrationMethod.MinMax,
        )


class _Reader(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, clip: Path) -> None:
        self._pictures = pictures(clip)

    def get_next(self) -> dict[str, Any] | None:
        return next(({"image": picture} for picture in self._pictures), None)


def resized(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Make an input of a part of a picture, as the box does: uint8 (1, 300, 300, 3)."""
    picture: npt.NDArray[np.uint8] = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)[None].astype(np.uint8)
    return picture
