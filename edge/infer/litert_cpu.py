"""LiteRT (TensorFlow Lite) on the CPU. One thread, as :mod:`edge.infer.onnx_cpu`, and for the same reason.

Outputs go by the names that the model's signature gives them, which the bundle's manifest uses too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from edge.infer.accelerator import AcceleratorError, Tensor
from models.bundle.bundle import BundleError
from models.bundle.litert import LiteRtNetwork


class LiteRtCpu:
    """The CPU as an accelerator."""

    def load(self, model: bytes, name: str) -> LiteRtModel:
        """Load a TFLite model. Errors as :class:`edge.infer.accelerator.Accelerator`."""
        return LiteRtModel(model, name)


class LiteRtModel:
    """A loaded model.

    Args:
        model: the file's content.
        name: of the file, for messages.
        delegates: what runs parts of it elsewhere.

    Raises:
        AcceleratorError: when the file is not a model for this device.
    """

    def __init__(self, model: bytes, name: str, delegates: Sequence[Any] = ()) -> None:
        try:
            self._network = LiteRtNetwork(model, name, None, delegates)
        except BundleError as error:
            raise AcceleratorError(str(error)) from None

    @property
    def outputs(self) -> tuple[str, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        return self._network.names

    def run(self, image: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        """See :class:`edge.infer.accelerator.Network`; outputs of 8 bits come as float32."""
        try:
            return self._network.answers(image)
        except BundleError as error:
            raise AcceleratorError(str(error)) from None
