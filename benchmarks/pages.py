"""Memory of several processes together, told in ways that other processes on the machine cannot falsify.

The proportional set size divides a library's pages by all that use it, strangers too, so that an agent on a busy machine seems
smaller than on a box of its own. So there are two more numbers: all physical pages that the processes map, each counted once
(proc_pid_pagemap(5); needs CAP_SYS_ADMIN), and what belongs to them alone: anonymous and shared memory, in which leaks live.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_PAGE = os.sysconf("SC_PAGE_SIZE")
_FRAME = np.uint64((1 << 55) - 1)
_PRESENT = np.uint64(63)
_KERNEL = 1 << 47


def mapped_mb(pids: Iterable[int]) -> float | None:
    """Physical memory that the processes map, each page once, MB (1e6 bytes); ``None`` where the kernel does not tell."""
    frames: set[int] = set()
    for pid in pids:
        try:
            frames.update(_frames(pid))
        except OSError:
            continue
    frames.discard(0)  # what the kernel shows to those who may not know
    return len(frames) * _PAGE / 1e6 if frames else None


def own_mb(pids: Iterable[int]) -> float:
    """Anonymous and shared memory of the processes, MB (1e6 bytes), proportional among themselves."""
    total_kb = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
        except OSError:
            continue
        total_kb += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
    return total_kb * 1024 / 1e6


def _frames(pid: int) -> list[int]:
    found: list[int] = []
    folder = Path(f"/proc/{pid}")
    with (folder / "maps").open("r", encoding="ascii", errors="replace") as maps, (folder / "pagemap").open("rb") as pagemap:
        for line in maps:
            first, last = (int(part, 16) for part in line.split(maxsplit=1)[0].split("-"))
            if first >= _KERNEL:
                continue
            pagemap.seek(first // _PAGE * 8)
            entries = np.frombuffer(pagemap.read((last - first) // _PAGE * 8), np.uint64)
            found.extend((entries[entries >> _PRESENT == 1] & _FRAME).tolist())
    return found
