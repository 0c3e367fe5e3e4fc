"""A box without hit lists and without keys, as every box is before it is given any: nothing matches, and nothing leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from edge.analytics.anpr.ports import HitLists, Match, Pseudonyms
from models.bundle.reading import Reading
from protocol.events import Pseudonym


class Known(HitLists, Pseudonyms, Protocol):
    """What a box knows of plates: its hit lists, and what stands for everyone else."""


class Without:
    """Knows nothing."""

    def match(self, readings: Sequence[Reading], lists: Sequence[str], now: dt.datetime) -> list[Match]:
        """See :class:`edge.analytics.anpr.ports.HitLists`."""
        del readings, lists, now
        return []

    def of(self, purpose: str, plate: str, now: dt.datetime) -> Pseudonym | None:
        """See :class:`edge.analytics.anpr.ports.Pseudonyms`."""
        del purpose, plate, now
        return None
