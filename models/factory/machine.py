"""The machine that measured: what it computes with, and nothing that says whose it is."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from protocol.basis import Struct

PACKAGES = ("onnxruntime", "numpy", "opencv-python-headless")
"""What a figure may depend on."""


class Machine(Struct, frozen=True):
    """Where times and memory were measured."""

    processor: str
    cores: int
    """That the process may use."""
    threads: int
    """That one inference used."""
    system: str
    python: str
    packages: dict[str, str]


def this_machine(threads: int = 1, cpuinfo: Path = Path("/proc/cpuinfo")) -> Machine:
    """Describe this machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(
        processor=_processor(cpuinfo),
        cores=cores,
        threads=threads,
        system=platform.system(),
        python=platform.python_version(),
        packages={name: found for name in PACKAGES if (found := _version(name))},
    )


def _processor(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "Model"))), "")
    return f"{model}, {platform.machine()}" if model else platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
