"""Parts of a picture, in its own pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Size of a picture, pixels."""

    width: int
    height: int

    @property
    def whole(self) -> Region:
        """The region that is the whole picture."""
        return Region(0, 0, self.width, self.height)


@dataclass(frozen=True, order=True)
class Region:
    """A rectangle of a picture: left and top are inside, right and bottom are the first pixels outside."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column outside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row outside."""
        return self.top + self.height
