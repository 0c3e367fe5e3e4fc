"""One measured figure, and what a bench is.

Rules: a figure says what it was compared with and over how many samples; a target is judged here and nowhere else; a bench
that cannot run raises :class:`Skipped` with the reason and the remedy, and is then reported as skipped, never as passed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec


class Skipped(Exception):  # noqa: N818 - it is not an error
    """A bench that cannot run here; the message says why and what to do."""


class Sense(str, enum.Enum):
    """Which side of the target is good."""

    AT_MOST = "at most"
    AT_LEAST = "at least"
    EXACTLY = "exactly"


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a bench's output."""

    name: str
    value: float
    unit: str
    n: int
    """Samples behind the value."""
    low: float | None = None
    """Lower end of the 95% interval (or the minimum where no interval makes sense)."""
    high: float | None = None
    against: str = ""
    """What it is compared with."""
    target: float | None = None
    sense: Sense = Sense.AT_MOST

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; ``None`` without one. A value that is not a number never meets one."""
        if self.target is None:
            return None
        match self.sense:
            case Sense.AT_MOST:
                return self.value <= self.target
            case Sense.AT_LEAST:
                return self.value >= self.target
            case Sense.EXACTLY:
                return self.value == self.target


@dataclass(frozen=True)
class Options:
    """What a person may choose for a bench."""

    data: Path
    """Folder with the measuring data, which is not part of the repository."""
    quick: bool = False
    """The short form that fits into the tests; says so in ``against``."""
    seconds: float | None = None
    """How long a bench measures that watches something last; each has its own length when nothing is said."""
    seed: int = 1
    progress: Callable[[str], None] = lambda _text: None
    """Told in a few words what is going on."""


@dataclass(frozen=True)
class Bench:
    """A named measurement."""

    name: str
    description: str
    run: Callable[[Options], Iterator[Figure]]
