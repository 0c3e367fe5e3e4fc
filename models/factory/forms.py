"""The compiled forms of a model that can be measured where the factory runs: on the CPU, through ONNX Runtime or LiteRT."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from models.bundle.bundle import Bundle
from models.bundle.litert import MODULE
from models.factory.recipe import Planned
from protocol.manifest import Manifest, Variant

CPU = ("litert", "onnxruntime")
"""Runtimes; the last is what devices without an accelerator use."""


def form(variant: Variant | Planned) -> str:
    """Name of a form in figures: its precision, and the runtime where it is not ONNX Runtime (``int8-litert``)."""
    return variant.precision if variant.runtime == "onnxruntime" else f"{variant.precision}-{variant.runtime}"


def runs_here(variant: Variant) -> bool:
    """Whether this installation can run it on the CPU."""
    if variant.runtime == "litert":
        package = MODULE.split(".", maxsplit=1)[0]
        return importlib.util.find_spec(package) is not None
    return variant.runtime == "onnxruntime"


def preferred(manifest: Manifest) -> Variant | None:
    """The first variant for ONNX Runtime, or else for LiteRT; none where only an accelerator runs the bundle."""
    on_cpu = [variant for variant in manifest.variants if variant.runtime in CPU]
    return max(on_cpu, key=lambda variant: CPU.index(variant.runtime), default=None)


def used_file(bundle: Bundle) -> Path:
    """The file that devices without an accelerator use: 8 bits, ONNX Runtime.

    Raises:
        BundleError: when its size or hash differ from the manifest.
    """
    (variant,) = (v for v in bundle.manifest.variants if (v.precision, v.runtime) == ("int8", "onnxruntime"))
    bundle.read(variant)
    return bundle.folder / variant.file
