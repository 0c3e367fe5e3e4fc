"""Memory of the agent, and how it is told (row 56: flat over days; the long form is `lamplighter bench edge-memory`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import edge_memory
from benchmarks.figure import Options
from benchmarks.pages import mapped_mb, own_mb

MB = 1_000_000

HOLDER = """
import mmap, sys
with open(sys.argv[1], "rb+") as file:
    shared = mmap.mmap(file.fileno(), 0)
shared[:] = b"s" * len(shared)
kept = []
print("ready", flush=True)
for line in sys.stdin:
    kept.append(b"x" * int(line))
    print("taken", flush=True)
"""


@pytest.fixture
def holders() -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that share 40 MB and take more when they are told how much."""
    fd = os.memfd_create("shared")
    os.ftruncate(fd, 40 * MB)
    command = [sys.executable, "-c", HOLDER, f"/proc/{os.getpid()}/fd/{fd}"]
    pair = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in pair:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    yield pair
    for process in pair:
        process.communicate(timeout=30)
    os.close(fd)


def take(process: subprocess.Popen[str], size: int) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{size}\n")
    process.stdin.flush()
    assert process.stdout.readline() == "taken\n"


def test_what_is_shared_counts_once_and_what_is_taken_shows(holders: list[subprocess.Popen[str]]) -> None:
    one, two = holders[0].pid, holders[1].pid
    own, mapped = own_mb([one, two]), mapped_mb([one, two])
    assert 40 < own < 75
    assert own_mb([one]) + own_mb([two]) == pytest.approx(own, abs=0.5)
    take(holders[0], 20 * MB)
    assert own_mb([one, two]) - own == pytest.approx(20, abs=1)
    if mapped is not None:  # the kernel tells frames to the superuser only
        assert 40 < mapped < 75
        alone = (mapped_mb([one]) or 0) - 20 + (mapped_mb([two]) or 0)
        assert alone - mapped > 40
        assert (mapped_mb([one, two]) or 0) - mapped == pytest.approx(20, abs=1)


def test_the_agent_stays_within_its_memory(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in edge_memory.run(Options(data=tmp_path, quick=True))}
    assert figures["pss_mb"].reached
    assert figures["pss_mb"].value > 80
    assert figures["growth_mb"].reached is None, "a few seconds promise nothing"
    assert -5 < figures["growth_mb"].value < 10, "but a megabyte or two a second would be a leak"
    assert figures["growth_mb"].n >= 6
    for cameras in (2, 4):
        assert figures[f"pss_mb_{cameras}"].value > 80
        assert figures[f"sharing_{cameras}"].value > 0, "each was looked at"
        assert figures[f"sharing_{cameras}"].n >= 2 * cameras
    further = figures["further_camera_mb"]
    assert further.low is not None
    assert 5 < further.low <= further.value < 40, "a decoder and a ring; a process that shares nothing has ninety"
