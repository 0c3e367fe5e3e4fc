"""The detector as full-integer TFLite, the form that the Edge TPU's compiler takes; every operator of it runs on that chip.

Rules: the input is the picture as it is, uint8 (1, height, width, 3); the network behind it takes values from -1 to 1, whose
levels are exactly the picture's; the score and the corners are convolutions of their own, so that each has its own scale. Steps
of a 256th are good enough for corners: on their asinh scale they are shares of the offset and not pixels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.factory.graph import Weights, folded
from models.recipes.plate_detector.export import CORNERS, HEAD, INPUT, SCORES
from models.recipes.plate_detector.shape import HEIGHT, STAGES, WIDTH

HALF = 128.0
"""Level that becomes zero, and steps from there to one."""


def write_tflite(weights: Weights, pictures: Iterable[npt.NDArray[np.uint8]], target: Path) -> None:
    """Quantise and write.

    Args:
        weights: as training left them, by name.
        pictures: for calibration, uint8 (1, height, width, 3); ends of the range are added.
        target: where to.

    Raises:
        KeyError: when a weight is missing.
    """
    module = tf.Module()
    picture = tf.TensorSpec((1, HEIGHT, WIDTH, 3), tf.float32, name=INPUT)
    module.network = tf.function(partial(_network, weights), input_signature=[picture])

    def shown() -> Iterable[list[npt.NDArray[np.float32]]]:
        ends = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
        ends[:, ::2] = 255
        for picture in (ends, *pictures):
            yield [picture.astype(np.float32) / np.float32(HALF) - 1]

    with tempfile.TemporaryDirectory() as folder:  # only a saved model keeps the names of outputs
        tf.saved_model.save(module, folder, module.network)
        target.write_bytes(_converted(folder, shown))


def _converted(folder: str, shown: Callable[[], Iterable[Any]]) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = shown
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    return bytes(converter.convert())


def _network(weights: Weights, value: Any) -> dict[str, Any]:
    for at in range(2):
        value = _conv(weights, value, f"stem.{at}", stride=2)
    features = [value]
    for at in range(len(STAGES)):
        value = _conv(weights, value, f"stages.{at}.0", stride=2)
        inner = _conv(weights, value, f"stages.{at}.1.first")
        value = tf.nn.relu(value + _conv(weights, inner, f"stages.{at}.1.second", relu=False))
        features.append(value)
    for at, feature in enumerate(features[-2::-1]):
        above = _plain(value, *folded(weights, f"down.{at}"))
        rows, columns = feature.shape[1:3]
        doubled = tf.compat.v1.image.resize_nearest_neighbor(above, (rows, columns))
        value = _conv(weights, _plain(feature, *folded(weights, f"across.{at}")) + doubled, f"mixed.{at}")
    kernel, bias = folded(weights, HEAD)
    return {SCORES: tf.sigmoid(_plain(value, kernel[:1], bias[:1])), CORNERS: _plain(value, kernel[1:], bias[1:])}


def _conv(weights: Weights, value: Any, name: str, *, stride: int = 1, relu: bool = True) -> Any:
    made = _plain(value, *folded(weights, f"{name}.0", f"{name}.1"), stride)
    return tf.nn.relu(made) if relu else made


def _plain(value: Any, kernel: npt.NDArray[np.float64], bias: npt.NDArray[np.float64], stride: int = 1) -> Any:
    """Convolution; kernels of 3 see one pixel beyond each edge, as in training, where TensorFlow's own padding differs."""
    if kernel.shape[-1] > 1:
        value = tf.pad(value, [[0, 0], [1, 1], [1, 1], [0, 0]])
    made = tf.nn.conv2d(value, kernel.transpose(2, 3, 1, 0).astype(np.float32), stride, "VALID")
    return made + bias.astype(np.float32)
