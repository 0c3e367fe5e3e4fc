"""ONNX Runtime's tools for building, loaded behind the silent door (:mod:`models.bundle.silent`).

They are submodules of the library: whoever imported them by name would load it before it is told to keep silent.
"""

from __future__ import annotations

import importlib
from typing import Any

from models.bundle.silent import onnxruntime

_NAME = onnxruntime.__name__

quantization: Any = importlib.import_module(f"{_NAME}.quantization")
shape_inference: Any = importlib.import_module(f"{_NAME}.quantization.shape_inference")
float16: Any = importlib.import_module(f"{_NAME}.transformers.float16")
