"""What analytics of plates are shown of one vehicle in one picture."""

from __future__ import annotations

from dataclasses import dataclass

from models.bundle.plates import PlateSeen


@dataclass(frozen=True, slots=True, repr=False)
class Sight:
    """A vehicle whose plate was looked for.

    Attributes:
        track: id of its track.
        plate: what was found; ``None`` = looked, and there was none to be seen.
        label: what the detector calls the vehicle.
        score: of the detector for that label, 0 to 1.
        box: left, top, right, bottom of the vehicle, pixels of the picture.
    """

    track: int
    plate: PlateSeen | None
    label: str
    score: float
    box: tuple[float, float, float, float]

    def __repr__(self) -> str:
        return f"Sight(track {self.track}, {'no plate' if self.plate is None else 'a plate'})"
