"""How the factory runs a model: as a box without an accelerator does, so that what is measured here holds there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hardware.processor import saturates
from models.bundle.silent import onnxruntime


def open_session(path: Path) -> Any:
    """Load an ONNX model on the CPU: one thread, no sum of 8-bit products cut off."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    if saturates():
        settings.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
