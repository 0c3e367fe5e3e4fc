"""LiteRT (TensorFlow Lite), where it is installed: one thread, one input, one output.

Rule: the package is asked for when a model is loaded, never on import: most boxes have no model that needs it.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError

PACKAGE = "ai-edge-litert"
_MODULE = "ai_edge_litert.interpreter"


class LiteRtNetwork:
    """A TFLite model, loaded.

    Args:
        model: the file's content.
        name: of the file, for messages.

    Raises:
        BundleError: when LiteRT is not installed, or cannot load the model, or the model has several inputs or outputs.
    """

    def __init__(self, model: bytes, name: str) -> None:
        self._name = name
        try:
            library: Any = importlib.import_module(_MODULE)
        except ImportError as error:
            msg = f"{name}: needs LiteRT, which is not here ({error}); install it with: pip install {PACKAGE}"
            raise BundleError(msg) from error
        try:
            self._interpreter = library.Interpreter(model_content=model, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            msg = f"{name}: not a model that LiteRT can load ({reason[:200]}); install the bundle again"
            raise BundleError(msg) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            msg = f"{name}: has {len(inputs)} inputs and {len(outputs)} outputs, not one of each; this is another model"
            raise BundleError(msg)
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self.input: tuple[str, tuple[int, ...], np.dtype[Any]] = _described(inputs[0])
        """Name, shape and type of a value."""
        self.output: tuple[str, tuple[int, ...], np.dtype[Any]] = _described(outputs[0])
        """Likewise."""

    def run(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One inference.

        Args:
            values: of the input's shape and type.

        Returns:
            A copy of the output.

        Raises:
            BundleError: when the input has another shape or type, or LiteRT refuses.
        """
        _, shape, kind = self.input
        if values.shape != shape or values.dtype != kind:
            msg = f"{self._name}: takes {kind} {shape}, was given {values.dtype} {values.shape}"
            raise BundleError(msg)
        try:
            self._interpreter.set_tensor(self._input, values)
            self._interpreter.invoke()
            return np.array(self._interpreter.get_tensor(self._output))
        except (ValueError, RuntimeError) as error:
            msg = f"{self._name}: LiteRT: {str(error)[:200]}"
            raise BundleError(msg) from error


def _described(details: dict[str, Any]) -> tuple[str, tuple[int, ...], np.dtype[Any]]:
    return str(details["name"]), tuple(int(size) for size in details["shape"]), np.dtype(details["dtype"])
