"""LiteRT (TensorFlow Lite), where it is installed: one thread, one input.

Rule: the package is asked for when a model is loaded, never on import: most boxes have no model that needs it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError

PACKAGE = "ai-edge-litert"
MODULE = "ai_edge_litert.interpreter"
RUNTIME = "litert"
"""As manifests name it."""


def installed() -> bool:
    """Whether the package is here; nothing is loaded."""
    return importlib.util.find_spec(MODULE.partition(".")[0]) is not None


class LiteRtNetwork:
    """A TFLite model, loaded.

    Args:
        model: the file's content.
        name: of the file, for messages.
        outputs: names that the model's signature gives its outputs, in the order in which they are wanted; without them the
            model has a single one; ``None`` = all that the signature names.
        delegates: what runs parts of the model elsewhere.

    Raises:
        BundleError: when LiteRT is not installed, or cannot load the model, or the model has other inputs or outputs.
    """

    def __init__(self, model: bytes, name: str, outputs: Sequence[str] | None = (), delegates: Sequence[Any] = ()) -> None:
        self._name = name
        try:
            library: Any = importlib.import_module(MODULE)
        except ImportError as error:
            msg = f"{name}: needs LiteRT, which is not here ({error}); install it with: pip install {PACKAGE}"
            raise BundleError(msg) from error
        try:
            self._interpreter = library.Interpreter(model_content=model, num_threads=1, experimental_delegates=list(delegates))
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            msg = f"{name}: not a model that LiteRT can load ({reason[:200]}); install the bundle again"
            raise BundleError(msg) from error
        inputs = self._interpreter.get_input_details()
        self.names = self._signed() if outputs is None else tuple(outputs)
        """Of the outputs, as the model's signature has them."""
        found = self._outputs_named(self.names) if self.names else self._interpreter.get_output_details()
        if len(inputs) != 1 or len(found) != max(1, len(self.names)):
            msg = f"{name}: has {len(inputs)} inputs and {len(found)} outputs, not one of each; this is another model"
            raise BundleError(msg)
        self._input, self._outputs = inputs[0]["index"], found
        self.input: tuple[str, tuple[int, ...], np.dtype[Any]] = _described(inputs[0])
        """Name, shape and type of a value."""
        self.output: tuple[str, tuple[int, ...], np.dtype[Any]] = _described(found[0])
        """Likewise, of the first output."""

    def _signed(self) -> tuple[str, ...]:
        try:
            return tuple(self._interpreter.get_signature_runner().get_output_details())
        except (ValueError, RuntimeError) as error:
            msg = f"{self._name}: names no outputs (it has no signature): convert it again from its saved model"
            raise BundleError(msg) from error

    def _outputs_named(self, names: Sequence[str]) -> list[dict[str, Any]]:
        known = self._interpreter.get_signature_runner().get_output_details()
        if set(names) - set(known):
            msg = f"{self._name}: has outputs {', '.join(known)}, not {', '.join(names)}; this is another model"
            raise BundleError(msg)
        return [known[name] for name in names]

    def run(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """One inference.

        Args:
            values: of the input's shape and type.

        Returns:
            A copy of the first output.

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
            return np.array(self._interpreter.get_tensor(self._outputs[0]["index"]))
        except (ValueError, RuntimeError) as error:
            msg = f"{self._name}: LiteRT: {str(error)[:200]}"
            raise BundleError(msg) from error

    def answers(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], ...]:
        """One inference; all outputs, float32, where they are 8 bits times their scale. Errors as :meth:`run`."""
        self.run(values)
        return tuple(
            _real(np.array(self._interpreter.get_tensor(each["index"])), each["quantization"]) for each in self._outputs
        )


def _real(value: npt.NDArray[Any], quantization: tuple[float, int]) -> npt.NDArray[np.float32]:
    scale, zero = quantization
    real = value.astype(np.float32)
    return (real - np.float32(zero)) * np.float32(scale) if scale else real


def _described(details: dict[str, Any]) -> tuple[str, tuple[int, ...], np.dtype[Any]]:
    return str(details["name"]), tuple(int(size) for size in details["shape"]), np.dtype(details["dtype"])
