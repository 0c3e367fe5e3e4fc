"""Sound stays in the memory of one process: none of it is on disk, in shared memory or on the wire, while it runs and after it.

The microphone gives noise that can be told again, so that every stretch of it can be looked for, in the codings in which it
could have been kept: 16 bits, 32 bits, and base64 of either.
"""

from __future__ import annotations

import base64
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.capture.sound.messages import Progress
from edge.capture.sound.port import BLOCK_S
from tests.edge.capture.sound.live_ports import noise
from tests.edge.capture.sound.sounds import RATE_HZ

BLOCKS = (6, 11, 16)
"""Of the first second, which every test here lets it run."""
STRETCH = 48
"""Samples that are looked for: 96 bytes do not come about by chance."""
_MOST_BYTES = 1 << 26
_HARMLESS = ("socket:", "pipe:", "anon_inode:", "/dev/null", "/dev/pts", "/dev/tty")


def needles() -> list[bytes]:
    """A stretch in the middle of some blocks, in every coding; in base64 at each of its three places."""
    found = []
    for number in BLOCKS:
        samples = noise(number, 1, round(RATE_HZ * BLOCK_S))[0, 300 : 300 + STRETCH]
        for raw in ((samples * 32768).astype("<i2").tobytes(), samples.astype("<f4").tobytes()):
            found.append(raw)
            found += [base64.b64encode(bytes(shift) + raw)[4:-4] for shift in range(3)]
    return found


def places(folder: Path, since: float) -> Iterator[Path]:
    """Files that anybody has written since, where such a process could."""
    temporary = Path(tempfile.gettempdir())
    roots = [folder, Path("/dev/shm"), Path("/run/shm"), Path("/var/tmp"), temporary, Path.cwd()]
    for root in roots:
        for place, folders, files in os.walk(root):
            if root != folder and root != Path("/dev/shm"):
                folders[:] = [name for name in folders if (Path(place) / name).stat().st_mtime >= since]
            for name in files:
                path = Path(place) / name
                try:
                    info = path.lstat()
                except OSError:
                    continue
                if path.is_file() and info.st_size <= _MOST_BYTES and info.st_mtime >= since - 1:
                    yield path


def search(folder: Path, since: float) -> list[tuple[str, int]]:
    """Where sound was found."""
    wanted = needles()
    found = []
    for path in places(folder, since):
        try:
            data = path.read_bytes()
        except OSError:
            continue
        found += [(str(path), i) for i, needle in enumerate(wanted) if needle in data]
    return found


def shared(pid: int) -> list[str]:
    """What a process has in memory that others can have too, or open to be written, that is no pipe or socket."""
    modes = [line.split(maxsplit=5) for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    found = [" ".join(mode) for mode in modes if "w" in mode[1] and "s" in mode[1]]
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = str(entry.readlink())
        flags = int((Path(f"/proc/{pid}/fdinfo") / entry.name).read_text().split("flags:")[1].split()[0], 8)
        if flags & os.O_ACCMODE and not target.startswith(_HARMLESS):
            found.append(target)
    return found


def inherited() -> set[str]:
    """Standard output and error, which a test runner may have put into a file."""
    return {str(Path(f"/proc/self/fd/{number}").readlink()) for number in (1, 2)}


def in_memory(pid: int) -> int:
    """How many of these blocks a process has in memory that is its own."""
    wanted, found = needles()[4::8], set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            area, mode, *_ = line.split()
            begin, end = (int(number, 16) for number in area.split("-"))
            if mode.startswith("rw-p"):
                memory.seek(begin)
                data = memory.read(end - begin)
                found |= {i for i, needle in enumerate(wanted) if needle in data}
    return len(found)


def test_nothing_of_it_is_anywhere_else(drive: Any, tmp_path: Path) -> None:
    """However it ends: in order, killed, or in a crash that would leave its memory in a core dump."""
    since = time.time()
    ways = {None: 0, signal.SIGKILL: -9, signal.SIGABRT: -6}
    drivers = [drive("live:Noise") for _ in ways]
    for driver in drivers:
        driver.until(Progress)
        driver.until(Progress)
    for driver in drivers:
        pid = driver.process.pid
        os.kill(pid, signal.SIGSTOP)  # what it hears is overwritten soon
        assert in_memory(pid) == len(BLOCKS), "what is looked for is there, in the process itself"
        assert set(shared(pid)) <= inherited()
        assert int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16) == 0
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert next(line for line in limits.splitlines() if "core file" in line).split()[4:6] == ["0", "0"]
        os.kill(pid, signal.SIGCONT)
    for driver, how in zip(drivers, ways, strict=True):
        if how is None:
            driver.stop()
        else:
            os.kill(driver.process.pid, how)
        driver.process.join(5.0)
        assert driver.process.exitcode == ways[how]
        assert not [i for i, needle in enumerate(needles()) if needle in driver.bytes]
        assert len(driver.bytes) < 1000
    assert search(tmp_path, since) == []


@pytest.mark.parametrize("where", ["folder", "/dev/shm", "temporary"])
@pytest.mark.parametrize("coding", ["int16", "float32", "base64"])
def test_the_search_finds_what_is_there(tmp_path: Path, where: str, coding: str) -> None:
    since = time.time()
    samples = noise(BLOCKS[1], 1, round(RATE_HZ * BLOCK_S))[0]
    raw = samples.astype("<f4").tobytes() if coding == "float32" else (samples * 32768).astype(np.int16).tobytes()
    data = base64.b64encode(b"x" + raw) if coding == "base64" else b"xyz" + raw
    folder = {"folder": tmp_path, "temporary": Path(tempfile.gettempdir())}.get(where, Path(where))
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(data)
        file.flush()
        assert search(tmp_path, since)
    assert search(tmp_path, since) == []
