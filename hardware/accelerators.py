"""Which accelerators a box has, and for each that it lacks, why.

Rules: looking is cheap and harmless: device nodes, the kernel's lists and installed packages are read, nothing is opened and no
library is loaded (a driver that hangs must hang elsewhere). An accelerator that is there but cannot be used by this
version is named with that reason; it is never silently left out.
"""

from __future__ import annotations

import ctypes.util
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_CORAL_USB = frozenset({("1a6e", "089a"), ("18d1", "9302")})
"""USB identities of the Coral accelerator, before and after its firmware is loaded."""

_NO_CODE = "it is there, but this version of the agent has no code for it; the CPU is used"


@dataclass(frozen=True)
class Accelerator:
    """One accelerator that a box may have."""

    name: str
    runtime: str
    """Which compiled models it runs: ``onnxruntime``, ``tensorrt``, ``edgetpu``, ``litert``."""
    precisions: tuple[str, ...]
    """In the order in which it runs them best."""
    available: bool
    reason: str = ""
    """Why it cannot be used; empty when it can."""
    on_processor: bool = False
    """Whether it is the processor, by one library or another: nothing that could be unplugged."""


FindPackage = Callable[[str], Path | None]
"""Folder of an installed package, without importing it."""

FindLibrary = Callable[[str], str | None]
"""File name of a shared library that the system has, without loading it."""


def find_package(name: str) -> Path | None:
    """Folder of an installed package, without importing it; ``None`` when it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def detect(
    root: Path = Path("/"), package: FindPackage = find_package, library: FindLibrary = ctypes.util.find_library
) -> tuple[Accelerator, ...]:
    """Look at the box.

    Args:
        root: of the file system with ``dev`` and ``sys``.
        package: finds installed packages.
        library: finds shared libraries.

    Returns:
        Every kind of accelerator that is known, the best first.
    """
    return (
        Accelerator("tensorrt", "tensorrt", ("int8", "fp16", "fp32"), available=False, reason=_tensorrt(root, package)),
        Accelerator("cuda", "onnxruntime", ("fp16", "fp32"), available=False, reason=_cuda(root, package)),
        _edgetpu(root, package, library),
        _cpu(package),
        _packaged("litert", "litert", ("int8", "fp16", "fp32"), package("ai_edge_litert"), "ai-edge-litert"),
        _packaged("openvino", "onnxruntime", ("int8", "fp32"), package("openvino"), "openvino"),
    )


def _packaged(name: str, runtime: str, precisions: tuple[str, ...], folder: Path | None, wheel: str) -> Accelerator:
    """Another library that runs models on the processor, where somebody has installed it."""
    reason = "" if folder else f"the package {wheel} is not installed; it is not needed unless a model is only for it"
    return Accelerator(name, runtime, precisions, available=folder is not None, reason=reason, on_processor=True)


def _cpu(package: FindPackage) -> Accelerator:
    if package("onnxruntime") is None:
        reason = "the package onnxruntime is not installed; install lamplighter again"
        return Accelerator("cpu", "onnxruntime", ("int8", "fp32"), available=False, reason=reason, on_processor=True)
    return Accelerator("cpu", "onnxruntime", ("int8", "fp32"), available=True, on_processor=True)


def _nvidia(root: Path) -> str:
    """Why there is no NVIDIA GPU; empty when there is one."""
    nodes = ("dev/nvidia0", "dev/nvhost-gpu", "dev/nvgpu/igpu0/power")  # a card; Jetson; Jetson since JetPack 6
    if any((root / node).exists() for node in nodes):
        return ""
    return "no NVIDIA GPU (/dev/nvidia0 and /dev/nvhost-gpu are not there)"


def _cuda(root: Path, package: FindPackage) -> str:
    if reason := _nvidia(root):
        return reason
    folder = package("onnxruntime")
    if folder is None or not (folder / "capi" / "libonnxruntime_providers_cuda.so").exists():
        return "there is an NVIDIA GPU, but the installed onnxruntime is built without CUDA"
    return _NO_CODE


def _tensorrt(root: Path, package: FindPackage) -> str:
    if reason := _nvidia(root):
        return reason
    if package("tensorrt") is None:
        return "there is an NVIDIA GPU, but the package tensorrt is not installed"
    return _NO_CODE


def _edgetpu(root: Path, package: FindPackage, library: FindLibrary) -> Accelerator:
    reason = ""
    if not _coral(root):
        reason = "no Edge TPU (neither /dev/apex_0 nor a Coral accelerator on USB)"
    elif library("edgetpu") is None:
        reason = "there is an Edge TPU, but libedgetpu not found; install libedgetpu1-std for this board (docs/hardware.md)"
    elif package("ai_edge_litert") is None:
        reason = "there is an Edge TPU, but the package ai-edge-litert is not installed: pip install ai-edge-litert"
    return Accelerator("edgetpu", "edgetpu", ("int8",), available=not reason, reason=reason)


def _coral(root: Path) -> bool:
    """Whether there is one, on PCIe or on USB."""
    devices = (root / "sys" / "bus" / "usb" / "devices").glob("*")
    on_usb = any((_word(device / "idVendor"), _word(device / "idProduct")) in _CORAL_USB for device in devices)
    return (root / "dev" / "apex_0").exists() or on_usb


def _word(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
