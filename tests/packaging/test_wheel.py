"""The wheel, in an empty environment: the device alone first, then with the manager, where the whole demo passes."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest

from tests.packaging.programs import ROOT, run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    run("git", "clone", "--quiet", ROOT, source)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, source)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the device's packages and the wheel, nothing else; returns its folder of programs."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    locked = ROOT / "constraints" / "device-3.11.txt"
    run(programs / "python", "-m", "pip", "install", "-q", "--require-hashes", "-r", locked)
    run(programs / "python", "-m", "pip", "install", "-q", "--no-deps", wheel)
    return programs


@pytest.mark.timeout(900)
def test_the_device_starts_alone_and_the_demo_passes_with_the_manager(installed: Path, tmp_path: Path) -> None:
    assert "edge" in run(installed / "lamplighter", "--help", cwd=tmp_path).stdout
    example = run(installed / "lamplighter", "edge", "example", cwd=tmp_path).stdout
    (tmp_path / "box.toml").write_text(example)
    run(installed / "lamplighter", "edge", "check", "--config", tmp_path / "box.toml", cwd=tmp_path)
    run(
        installed / "python", "-m", "pip", "install", "-q", "--require-hashes",
        "-r", ROOT / "constraints" / "fleet-3.11.txt",
    )  # fmt: skip
    done = run(installed / "lamplighter", "demo", "--check", "--seconds", "12", cwd=tmp_path, timeout=240)
    last = json.loads(done.stdout.splitlines()[-1])
    assert last["lost"] == 0
    assert last["doubled"] == 0
    assert last["events"]["crowd.count"] > 0
