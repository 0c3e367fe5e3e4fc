"""What a refreshed repository says, as the rest of the box sees it: signed facts about files, and nothing about where from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ota.deltafile import Content


@dataclass(frozen=True)
class Target:
    """One file of the repository, as signed."""

    path: str
    content: Content
    custom: object
    """What else was signed of it."""


class Catalogue(Protocol):
    """Signed metadata that were verified at one moment."""

    def find(self, path: str) -> Target | None:
        """Look a target up; ``None`` when nothing of this name is signed.

        Raises:
            TrustError: what is signed of it cannot be used.
            FetchError: metadata that it needs did not come.
        """

    def paths(self) -> tuple[str, ...]:
        """Names of all targets that the top-level role has signed."""
