"""ONNX Runtime tells nobody that it runs: no identifier, no cache, no uploader. From a box only events leave."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("protocol", "hardware", "models", "edge", "fleet", "simulator", "benchmarks")
LOADS = """
from pathlib import Path
import os, sys, time
import numpy as np
from edge.infer.onnx_cpu import OnnxCpu
from models.bundle.bundle import zoo
file = next(zoo().glob("person-vehicle-fast/*.int8.onnx"))
OnnxCpu().load(file.read_bytes(), file.name).run(np.zeros((1, 300, 300, 3), np.uint8))
time.sleep(1.0)
sockets = [os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
print(sum(name.startswith("socket:") for name in sockets), sum("curl" in line for line in open("/proc/self/maps")))
"""
SUPPRESSES = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "GITLAB_CI", "BUILD_ID", "TEAMCITY_VERSION"}
"""The library is silent by itself where these are set; a box has none of them."""


def run_on_a_box(program: str, folder: Path) -> tuple[str, list[str]]:
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    environment = {k: v for k, v in os.environ.items() if k not in SUPPRESSES and not k.startswith("ORT_")}
    environment |= {"HOME": str(home), "TMPDIR": str(temporary), "XDG_CACHE_HOME": str(home / ".cache")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, timeout=60, check=True, cwd=ROOT
    )
    return done.stdout.strip(), sorted(p.name for p in folder.rglob("*") if p.is_file())


def test_the_model_runs_and_leaves_neither_file_nor_socket(tmp_path: Path) -> None:
    said, files = run_on_a_box(LOADS, tmp_path)
    assert said.split()[0] == "0", f"open sockets: {said}"
    assert files == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_loads_it_but_by_the_silent_door(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        if file.name == "silent.py":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [n for n in names if n.split(".")[0] == "onnxruntime"], f"{file.relative_to(ROOT)}: {names}"
