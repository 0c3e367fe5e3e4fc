"""Everything the device needs has a wheel for each of its machines."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.packaging.programs import ROOT, run


@pytest.mark.parametrize("python", ["3.10", "3.11"])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_package_of_the_device_has_a_wheel(python: str, machine: str, tmp_path: Path) -> None:
    platforms = [f"--platform=manylinux_{glibc}_{machine}" for glibc in ("2_17", "2_28", "2_31", "2_35")]
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--require-hashes", "--only-binary=:all:",
        f"--python-version={python}", "--implementation=cp", "--abi=abi3", "--abi=none", f"--abi=cp{python.replace('.', '')}",
        f"--platform=manylinux2014_{machine}", *platforms, f"--target={tmp_path}",
        "-r", ROOT / "constraints" / f"device-{python}.txt",
    )  # fmt: skip
