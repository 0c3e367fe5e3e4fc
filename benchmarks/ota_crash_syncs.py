"""Each place at which an update syncs something, by name, so that one of them can be taken out.

A place is where the update's code calls for it, and what it calls for: the same lines write the state and the metadata.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.ota_crash_cases import Case

_KINDS = ("sync", "sync_folder")
_DEVICE = "ota/device/"
_VARYING = (
    (r"[0-9a-f]{64}", "SHA256"),
    (r"state-[01]", "state"),
    (r"^releases/[a-z-]+", "releases/BUNDLE"),
    (r"/[0-9]+", "/N"),
)


def place(kind: str, path: str) -> str | None:
    """Name the place from which a disk is called now; ``None`` for what is no sync."""
    if kind not in _KINDS:
        return None
    frame = sys._getframe(1)  # noqa: SLF001 - the callers of this call are what is asked for
    names = []
    while frame is not None:
        file = Path(frame.f_code.co_filename).as_posix()
        if _DEVICE in file:
            names.append(f"{Path(file).stem}.{frame.f_code.co_name}")
        following = frame.f_back
        if following is None or len(names) == 2:
            break
        frame = following
    for pattern, name in _VARYING:
        path = re.sub(pattern, name, path)
    return f"{' < '.join(names)}: {kind} {path or '.'}"


class Places:
    """Notes them while boxes live undisturbed."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[Case, list[int]]] = defaultdict(lambda: defaultdict(list))

    def watching(self, case: Case) -> Callable[[str, str], None]:
        """For a disk's plan: note the calls of one case."""
        count = 0

        def watch(kind: str, path: str) -> None:
            nonlocal count
            count += 1
            found = place(kind, path)
            if found is not None:
                self.calls[found][case].append(count)

        return watch


def deaf_at(which: str) -> Callable[[str, str], bool]:
    """For a disk's plan: take one place out."""
    return lambda kind, path: place(kind, path) == which
