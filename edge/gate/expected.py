"""What the gate is told: what a model can see, and where somebody is expected."""

from __future__ import annotations

from dataclasses import dataclass

from edge.region import Region, Size


@dataclass(frozen=True)
class Acuity:
    """How small a thing a model finds well."""

    input: Size
    """Pixels that the model takes; a part of a picture is stretched to it."""
    least_px: float
    """Height of the smallest thing that is found well, pixels of the input."""

    def least_in(self, part: Size) -> float:
        """The same in pixels of the picture, where a part of this size is looked at."""
        return self.least_px * part.height / self.input.height


@dataclass(frozen=True)
class Expected:
    """Somebody who is followed."""

    box: Region
    """Where they are expected at :attr:`at_s`, pixels."""
    velocity: tuple[float, float]
    """Pixels per second, to the right and downwards."""
    at_s: float
    """Time in the stream, seconds."""
    every_s: float
    """How long they can go without a look, seconds; 0 = to be seen in every picture."""
