"""Readings from /proc are of the right size and absent where there is nothing to read."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.system import board, descendants, disk_free_mb, hot_c, load, memory_mb, temperature_c


def test_memory_of_this_process_is_plausible_and_a_dead_one_has_none() -> None:
    mine = memory_mb([os.getpid()])
    assert mine is not None
    assert 5 < mine < 4000
    assert memory_mb([2**22 + 1]) is None


def test_descendants_are_found_through_generations() -> None:
    code = (
        "import subprocess,sys; p=subprocess.Popen(['sleep','30']); print(p.pid, flush=True);"
        "sys.stdin.read(); p.kill(); p.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        found = descendants(os.getpid())
        child.communicate("")
    assert {os.getpid(), child.pid, grandchild} <= set(found)


def test_readings_that_may_be_absent(tmp_path: Path) -> None:
    free = disk_free_mb(tmp_path)
    assert free is not None
    assert free > 0
    assert disk_free_mb(tmp_path / "none") is None
    average = load()
    assert average is None or average >= 0
    heat = temperature_c()
    assert heat is None or -50 < heat < 150
    assert board()


def test_a_board_is_hot_at_80_and_a_pc_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.system._DEVICE_TREE", tmp_path / "model")
    assert hot_c() == math.inf
    (tmp_path / "model").write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    assert (hot_c(), board()) == (80.0, "Raspberry Pi 5 Model B Rev 1.0")
