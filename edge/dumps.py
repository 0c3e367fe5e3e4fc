"""Nothing of a process's memory goes to the disk when it crashes.

A core dump of a camera's or an accelerator's process would hold pictures, and the camera's password; one of a microphone's
would be a recording. The kernel is told to leave all memory out of it (core(5)): by the limit on its size, which does not hold
where dumps are piped to a program, and by the filter of what goes into one, which does.
"""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path

NO_MEMORY = "0"
"""No kind of mapping (proc(5), coredump_filter)."""


def keep_from_dumps() -> None:
    """Leave this process's memory out of core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # where there is no /proc there is no such filter
        Path("/proc/self/coredump_filter").write_text(f"{NO_MEMORY}\n", "ascii")
