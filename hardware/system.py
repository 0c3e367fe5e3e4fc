"""Readings of the box: memory, load, disk, heat. Everything from ``/proc`` and ``/sys``; what is not there is ``None``."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_THERMAL = Path("/sys/class/thermal")
_DEVICE_TREE = Path("/proc/device-tree/model")
_BOARD_HOT_C = 80.0


def memory_mb(pids: Iterable[int]) -> float | None:
    """Proportional set size of the processes together, in MB (1e6 bytes): shared pages are counted once.

    ``None`` when not one of them can be read.
    """
    total = 0
    found = False
    for pid in pids:
        try:
            text = (_PROC / str(pid) / "smaps_rollup").read_text("ascii")
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
                found = True
                break
    return total / 1e6 if found else None


def descendants(pid: int) -> tuple[int, ...]:
    """The process and everything it started, by ``/proc/PID/task/*/children``."""
    found = [pid]
    for parent in found:
        for path in (_PROC / str(parent) / "task").glob("*/children"):
            try:
                found.extend(int(child) for child in path.read_text("ascii").split())
            except OSError:
                continue
    return tuple(found)


def load() -> float | None:
    """One-minute load average."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def disk_free_mb(folder: Path) -> float | None:
    """Free space on the file system of ``folder`` for this user, in MB (1e6 bytes)."""
    try:
        return shutil.disk_usage(folder).free / 1e6
    except OSError:
        return None


def temperature_c() -> float | None:
    """Hottest thermal zone, degrees Celsius."""
    readings = []
    for path in _THERMAL.glob("thermal_zone*/temp"):
        try:
            readings.append(int(path.read_text("ascii")) / 1000)
        except (OSError, ValueError):
            continue
    return max(readings, default=None)


def hot_c() -> float:
    """From which temperature on this machine is too hot, degrees Celsius.

    80 on a board with a device tree: a Raspberry Pi slows itself down from there on, most others a little later. Never on a PC,
    which is built to run at 95 and looks after itself.
    """
    return _BOARD_HOT_C if _DEVICE_TREE.exists() else math.inf


def board() -> str:
    """What the board calls itself, for people (device tree, else DMI, else the machine's architecture)."""
    for path in (_DEVICE_TREE, Path("/sys/class/dmi/id/product_name")):
        try:
            name = path.read_text("utf-8", errors="replace").strip("\0\n ")
        except OSError:
            continue
        if name:
            return name[:90]
    return os.uname().machine


def start_of_system() -> str:
    """Names this start of the operating system; empty where it cannot be asked (random(4), ``boot_id``)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def memory_available_mb() -> float | None:
    """Memory that can be had without swapping, MB (proc(5), ``MemAvailable``)."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if found is None else int(found) * 1024 / 1e6
