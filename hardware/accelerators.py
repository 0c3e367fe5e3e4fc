"""Which accelerators a box has, and for each that it lacks, why.

Rules: looking is cheap and harmless: device nodes, the kernel's lists and installed packages are read, nothing is opened and no
library is loaded (a driver that hangs must hang elsewhere). An accelerator that is there but cannot be used by this
version is named with that reason; it is never silently left out.
"""

from __future__ import annotations

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
    """Which compiled models it runs: ``onnxruntime``, ``tensorrt``, ``edgetpu``."""
    precisions: tuple[str, ...]
    """In the order in which it runs them best."""
    available: bool
    reason: str = ""
    """Why it cannot be used; empty when it can."""


FindPackage = Callable[[str], Path | None]
"""Folder of an installed package, without importing it."""


def find_package(name: str) -> Path | None:
    """Folder of an installed package, without importing it; ``None`` when it is not installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def detect(root: Path = Path("/"), package: FindPackage = find_package) -> tuple[Accelerator, ...]:
    """Look at the box.

    Args:
        root: of the file system with ``dev`` and ``sys``.
        package: finds installed packages.

    Returns:
        Every kind of accelerator that is known, the best first.
    """
    return (
        Accelerator("tensorrt", "tensorrt", ("int8", "fp16", "fp32"), available=False, reason=_tensorrt(root, package)),
        Accelerator("cuda", "onnxruntime", ("fp16", "fp32"), available=False, reason=_cuda(root, package)),
        Accelerator("edgetpu", "edgetpu", ("int8",), available=False, reason=_edgetpu(root)),
        _cpu(package),
    )


def _cpu(package: FindPackage) -> Accelerator:
    if package("onnxruntime") is None:
        reason = "the package onnxruntime is not installed; install lamplighter again"
        return Accelerator("cpu", "onnxruntime", ("int8", "fp32"), available=False, reason=reason)
    return Accelerator("cpu", "onnxruntime", ("int8", "fp32"), available=True)


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


def _edgetpu(root: Path) -> str:
    if (root / "dev" / "apex_0").exists():
        return _NO_CODE
    for device in (root / "sys" / "bus" / "usb" / "devices").glob("*"):
        if (_word(device / "idVendor"), _word(device / "idProduct")) in _CORAL_USB:
            return _NO_CODE
    return "no Edge TPU (neither /dev/apex_0 nor a Coral accelerator on USB)"


def _word(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
