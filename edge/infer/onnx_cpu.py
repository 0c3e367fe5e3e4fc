"""ONNX Runtime on the CPU.

Rules: one thread, because the box has other work and the cores are few; no spinning while idle; the same answers on every
processor. Where sums of 8-bit products are cut off, the library is told to compute them without: 15 instead of 11 ms for the
person detector, but deviation .04 instead of .38.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from edge.infer.accelerator import AcceleratorError, Tensor
from hardware.processor import saturates
from models.bundle.silent import onnxruntime

_QUIET = 3
"""Severity from which ONNX Runtime speaks: errors."""

_EXACT = "session.x64quantprecision"
"""Has 8-bit weights computed so that no sum is cut off. Needless and half as fast where VNNI is."""


class OnnxCpu:
    """The CPU as an accelerator.

    Args:
        exact: compute 8-bit sums so that none is cut off; asked of the processor when absent.
    """

    def __init__(self, *, exact: bool | None = None) -> None:
        self._exact = saturates() if exact is None else exact

    def load(self, model: bytes, name: str) -> OnnxNetwork:
        """Load an ONNX model. Errors as :class:`edge.infer.accelerator.Accelerator`."""
        onnxruntime.set_default_logger_severity(_QUIET)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        if self._exact:
            options.add_session_config_entry(_EXACT, "1")
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - the library has a class per kind of fault and no common base
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            msg = f"{name}: not a model that ONNX Runtime can load ({first[:200]}); install the bundle again"
            raise AcceleratorError(msg) from None
        return OnnxNetwork(session)


class OnnxNetwork:
    """A session."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._names = [output.name for output in session.get_outputs()]

    @property
    def outputs(self) -> tuple[str, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        return tuple(self._names)

    def run(self, image: npt.NDArray[Any]) -> tuple[Tensor, ...]:
        """See :class:`edge.infer.accelerator.Network`."""
        try:
            return tuple(self._session.run(self._names, {self._input: image}))
        except Exception as error:  # noqa: BLE001 - as above
            msg = f"ONNX Runtime: {str(error).splitlines()[0][:200]}"
            raise AcceleratorError(msg) from None
