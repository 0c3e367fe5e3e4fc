"""Which releases there are, as whoever plans sees them.

Rule: the manager chooses among releases and can make none. Where they come from is a port; see
:mod:`fleet.rollouts.repository` for the folder that the publisher fills.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from fleet.rollouts.errors import UnknownRolloutError


@dataclass(frozen=True)
class Published:
    """One release that boxes can fetch.

    Attributes:
        content: SHA-256 of its manifest, which names every other file's: the same content has the same.
        size: bytes of a box's largest choice of it, without deltas.
    """

    bundle: str
    release: int
    version: str
    hardware: tuple[str, ...]
    agent: str
    content: str
    size: int


class Catalogue(Protocol):
    """Where releases come from."""

    def releases(self) -> tuple[Published, ...]:
        """All of them, by bundle and number.

        Raises:
            CatalogueError: it cannot be read.
        """

    def fault(self, now: dt.datetime) -> str:
        """Why boxes would take nothing from it now, with the remedy; empty when they would.

        Raises:
            CatalogueError: it cannot be read.
        """


class NothingPublished:
    """A manager without a repository."""

    def releases(self) -> tuple[Published, ...]:
        """See :class:`Catalogue`."""
        return ()

    def fault(self, now: dt.datetime) -> str:
        """See :class:`Catalogue`."""
        return f"no repository of releases is served here at {now:%Y-%m-%d}; start the manager with --updates"


def find_release(releases: tuple[Published, ...], bundle: str, release: int) -> Published:
    """One of them.

    Raises:
        UnknownRolloutError: there is no such bundle or release, with those that there are.
    """
    of_bundle = [one for one in releases if one.bundle == bundle]
    if not of_bundle:
        there = ", ".join(sorted({one.bundle for one in releases})) or "none yet"
        msg = f"no bundle {bundle!r} is published; published are: {there}"
        raise UnknownRolloutError(msg)
    for one in of_bundle:
        if one.release == release:
            return one
    there = ", ".join(str(one.release) for one in of_bundle[-8:])
    msg = f"bundle {bundle} has no release {release}; published are: {there}"
    raise UnknownRolloutError(msg)
