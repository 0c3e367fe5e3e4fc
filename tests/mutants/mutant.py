"""One defence taken out: an exact replacement in one file.

Rule: its text stands exactly once in the file, which a fast test checks, so that a mutant never silently stops being one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """One defence taken out.

    Attributes:
        defence: in words.
        file: that it stands in, from the root.
        old: its text.
        new: what stands there instead.
        tests: that must be green before and red after: files, folders, or single tests.
    """

    defence: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def occurrences(self) -> int:
        """How often the text to replace stands in its file."""
        return (ROOT / self.file).read_text("utf-8").count(self.old)
