"""Rows 2 and 20: what applying takes in memory, seen from outside the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRIVER = """
import io, resource, sys
from ota.deltafile import SPLIT, Content, DeltaError, Header, Method
from ota.device.delta import apply
from tests.ota.forging import BLOCK_MOST, blocks, run_of

class Nowhere(io.RawIOBase):
    written = 0
    def write(self, data):
        self.written += len(data)
        return len(data)

size, lie, window_log, method = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Method[sys.argv[4]]
runs = [run_of(0, BLOCK_MOST, last=False)] * (lie // BLOCK_MOST) + [run_of(0, lie % BLOCK_MOST, last=True)]
payload = blocks(size, *runs, window_log=window_log or None)
base = b"" if method is Method.FULL else bytes(1000)
import hashlib
digest = hashlib.sha256()
for at in range(0, size, 1 << 20):
    digest.update(bytes(min(1 << 20, size - at)))
signed = Content(size, digest.hexdigest())
header = Header(method, None if method is Method.FULL else Content.of(base), signed)
delta = io.BytesIO(header.pack() + (SPLIT.pack(0) if method is Method.DIFFERENCE else b"") + payload)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
target = Nowhere()
try:
    apply(delta, io.BytesIO(base), target, signed)
    said = "done"
except DeltaError as error:
    said = type(error).__name__
print(said, target.written, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
MB = 1_000_000


def measured(size: int, lie: int, window_log: int, method: str) -> tuple[str, int, float]:
    """How it ended, bytes written, and growth of the process at its peak in MB."""
    command = [sys.executable, "-c", DRIVER, str(size), str(lie), str(window_log), method]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    said, written, grown_kb = done.stdout.split()
    return said, int(written), int(grown_kb) / 1000


@pytest.mark.parametrize("method", ["FULL", "PATCH", "DIFFERENCE"])
def test_a_large_file_goes_through_a_small_window(method: str) -> None:
    said, written, grown_mb = measured(100 * MB, 100 * MB, 20, method)
    assert (said, written) == ("done", 100 * MB)
    assert grown_mb < 12


@pytest.mark.parametrize("method", ["FULL", "PATCH", "DIFFERENCE"])
@pytest.mark.parametrize("window_log", [0, 17])
def test_a_bomb_takes_no_more_than_the_signed_file(method: str, window_log: int) -> None:
    """4 GB in 120 kB that say they are 1 MB."""
    said, written, grown_mb = measured(MB, 4000 * MB, window_log, method)
    assert said == "DamagedError"
    assert written <= MB
    assert grown_mb < 12


@pytest.mark.parametrize(("size", "window_log"), [(100 * MB, 0), (100 * MB, 27), (MB, 31)])
def test_a_window_that_is_too_large_is_never_made(size: int, window_log: int) -> None:
    said, written, grown_mb = measured(size, size, window_log, "FULL")
    assert (said, written) == ("UnsupportedError", 0)
    assert grown_mb < 12
