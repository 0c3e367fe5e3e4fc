"""A wall clock that really steps under a process, while its monotonic clock goes on: libfaketime (Debian: faketime).

Rule: what runs under it must not wait by ``time.sleep``, which that library breaks where the wall clock has moved; waits on
descriptors, locks and conditions go on.
"""

from __future__ import annotations

from pathlib import Path


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def missing() -> str:
    """Debian package that this machine lacks for it; empty where none."""
    return "" if _library() else "faketime"


class SteppedWall:
    """One wall clock.

    Args:
        file: that tells the library how far it has moved; written here.

    Attributes:
        environment: of the processes that live by it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._moved_s = 0.0
        self.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """Step it; steps add up."""
        self._moved_s += seconds
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{self._moved_s:+.0f}\n", "ascii")
        beside.replace(self._file)
