"""What the analytics of plates are given: the hit lists, and what stands for everyone else.

Rule: both answer for one moment; a list that has expired and a key that has ended answer nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.bundle.reading import Reading
from protocol.events import Pseudonym


@dataclass(frozen=True)
class Match:
    """A reading that is on a list.

    Attributes:
        list: which.
        version: of the list.
        plate: the reading, normalised.
        probability: of the reading.
        pattern: whether an entry with unknown characters matched, and none that is whole.
        least: posterior from which the list wants to hear of it.
    """

    list: str
    version: int
    plate: str
    probability: float
    pattern: bool
    least: float


class HitLists(Protocol):
    """The lists of this box."""

    def match(self, readings: Sequence[Reading], lists: Sequence[str], now: dt.datetime) -> list[Match]:
        """Hold readings against lists.

        Args:
            readings: plausible ones of one passage.
            lists: names of those that count here.
            now: wall clock.

        Returns:
            For each list at most one, of its most probable reading.
        """


class Pseudonyms(Protocol):
    """What stands for plates that are on no list."""

    def of(self, purpose: str, plate: str, now: dt.datetime) -> Pseudonym | None:
        """The pseudonym of a plate; ``None`` where no key of the purpose is held."""
