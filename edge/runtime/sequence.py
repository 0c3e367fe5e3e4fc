"""Puts results back into the order of capture: a picture that is dropped at once must not overtake one that is being looked at.

Pure.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class _Place(Generic[T]):
    number: int
    result: T | None = None


class Sequence(Generic[T]):
    """Results of one opened source, by picture number."""

    def __init__(self) -> None:
        self._places: deque[_Place[T]] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def expect(self, number: int) -> None:
        """A picture has been captured; numbers rise."""
        self._places.append(_Place(number))

    def settle(self, number: int, result: T) -> list[T]:
        """A picture's result is known. Returns what can be handed on now, in order; a number that nobody expects is ignored."""
        for place in self._places:
            if place.number == number:
                place.result = result
                break
        ready: list[T] = []
        while self._places and (first := self._places[0].result) is not None:
            ready.append(first)
            self._places.popleft()
        return ready
