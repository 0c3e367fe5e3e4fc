"""`make setup` on machines that are not as expected."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BROKEN = """#!/bin/bash
mkdir -p .venv/bin && ln -s /bin/false .venv/bin/python
echo "ensurepip is not available" >&2
exit 1
"""
"""A Python without its package of virtual environments: Debian's leaves half of one behind."""


def setup(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(exist_ok=True)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "constraints", folder / "constraints", dirs_exist_ok=True)
    return subprocess.run(["make", "setup", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True, check=False)


def test_without_python_it_says_how_to_name_one(tmp_path: Path) -> None:
    done = setup(tmp_path, "")
    assert done.returncode != 0
    assert "make PYTHON=" in done.stdout


def test_half_an_environment_is_not_left_for_the_next_time(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    python = tmp_path / "a python"
    python.write_text(BROKEN)
    python.chmod(0o755)
    for _ in range(2):
        done = setup(folder, str(python))
        assert done.returncode != 0
        assert "ensurepip is not available" in done.stderr
        assert not (folder / ".venv" / "bin" / "python").is_symlink()
