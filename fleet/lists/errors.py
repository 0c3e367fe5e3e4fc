"""Errors of hit lists and keys.

Rule: each message says what was wrong, with what value, and what to do next; none repeats a plate.
"""

from __future__ import annotations

from msgspec import Struct


class HitListError(Exception):
    """Something about a hit list or a key that cannot be done."""


class DraftError(HitListError):
    """A draft that cannot be taken: its purpose, basis, end or threshold."""


class Fault(Struct, frozen=True):
    """A line that is no entry."""

    line: int
    message: str


class EntriesError(HitListError):
    """Lines that cannot be entries.

    Attributes:
        faults: the first of them.
        total: how many there are.
    """

    def __init__(self, message: str, faults: tuple[Fault, ...] = (), total: int = 0) -> None:
        super().__init__(message)
        self.faults, self.total = faults, total


class UnknownListError(HitListError):
    """A list, draft or key that is not there."""


class StateError(HitListError):
    """A draft or list is not in the state for what was asked."""


class RoleError(HitListError):
    """The role does not include it."""


class SecondPersonError(HitListError):
    """Whoever drafted would approve."""


class ReasonError(HitListError):
    """A look at entries without a reason."""


class NotLoadedError(HitListError):
    """The key store's master key or the list authority's key is not loaded."""


class KeyGoneError(HitListError):
    """A key that was destroyed, or whose file cannot be opened."""
