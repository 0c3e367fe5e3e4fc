"""Recipes: one folder a model; what it is made from and the code that it needs."""

import models.bundle.silent  # noqa: F401 - before any recipe loads a part of ONNX Runtime
