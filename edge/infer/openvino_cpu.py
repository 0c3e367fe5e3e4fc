"""OpenVINO on the CPU, where somebody has installed it: reads the same ONNX files as ONNX Runtime. One thread, as there."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.infer.accelerator import AcceleratorError, Tensor

_SETTINGS = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
"""In 32 bits where the file is not in 8: on some processors it would compute in 16 by itself."""


class OpenVinoCpu:
    """The CPU as an accelerator.

    Raises:
        AcceleratorError: when the package cannot be used here.
    """

    def __init__(self) -> None:
        try:
            self._core: Any = importlib.import_module("openvino").Core()
        except Exception as error:  # noqa: BLE001 - a library that does not suit this processor fails in ways of its own
            msg = f"OpenVINO cannot be used ({_first(error)}); install it again, or remove it: ONNX Runtime does the same"
            raise AcceleratorError(msg) from None

    def load(self, model: bytes, name: str) -> OpenVinoNetwork:
        """Load an ONNX model. Errors as :class:`edge.infer.accelerator.Accelerator`."""
        try:
            compiled = self._core.compile_model(self._core.read_model(model, b""), "CPU", _SETTINGS)
            return OpenVinoNetwork(compiled)
        except Exception as error:  # noqa: BLE001 - as above
            msg = f"{name}: not a model that OpenVINO can load ({_first(error)}); install the bundle again"
            raise AcceleratorError(msg) from None


class OpenVinoNetwork:
    """A compiled model."""

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()
        self._ports = list(compiled.outputs)
        self._names = tuple(port.get_any_name() for port in self._ports)

    @property
    def outputs(self) -> tuple[str, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        return self._names

    def run(self, image: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        try:
            found = self._request.infer([image], share_inputs=True)
            return tuple(np.array(found[port]) for port in self._ports)
        except Exception as error:  # noqa: BLE001 - as above
            msg = f"OpenVINO: {_first(error)}"
            raise AcceleratorError(msg) from None


def _first(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
