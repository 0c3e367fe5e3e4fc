"""The shape of a vehicle: its visible end as a curved surface, its sides, roof and wheels, in metres.

Rule: everything on the visible end (lamps, grille, lettering, plate) is placed by metres to the right of the middle and metres
above the ground, and this module says where in space that is; so that all of it bends and turns with the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.synthesis.chance import chance
from models.synthesis.projection import Points


class Kind(Enum):
    """What is drawn."""

    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    BUS = "bus"
    MOTORCYCLE = "motorcycle"


@dataclass(frozen=True)
class Body:
    """A body, seen from one end.

    Attributes:
        kind: of vehicle.
        front: whether the visible end is the front.
        width: metres.
        length: metres.
        clearance: height of the lower edge.
        bumper: height of the bumper's upper edge.
        belt: height at which the windows begin.
        roof: height of the roof.
        deck: metres that bonnet or boot reach back before the window begins.
        rake: metres that the window leans back.
        bulge: metres by which the end's corners lie behind its middle.
        taper: width at the roof over width at the belt.
    """

    kind: Kind
    front: bool
    width: float
    length: float
    clearance: float
    bumper: float
    belt: float
    roof: float
    deck: float
    rake: float
    bulge: float
    taper: float

    @property
    def shoulder(self) -> float:
        """Height at which the deck meets the window."""
        return self.belt + 0.06 * self.deck

    @cached_property
    def _profile(self) -> tuple[list[float], list[float]]:
        """Heights, and depths (z) of the end's middle at them."""
        foot, slope = 0.03, 0.05 + 0.04 * (self.belt - self.bumper)
        heights = [self.clearance, self.clearance + 0.12, self.bumper, self.bumper + 0.03, self.belt]
        heights += [self.shoulder + 1e-3, self.roof]
        depths = [0.10, 0.0, 0.0, foot, slope, slope + self.deck, slope + self.deck + self.rake]
        return heights, depths

    def depth(self, height: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Depth (z) of the end's middle at heights, metres."""
        return np.interp(height, *self._profile)

    def end(self, places: Points) -> Points:
        """Points of the visible end in space, (n, 3), from places on it, (n, 2): metres to the right and up."""
        x, y = places[:, 0], places[:, 1]
        ratio = np.interp(y, [self.clearance, self.clearance + 0.15, self.belt, self.roof], [0.95, 1.0, 1.0, self.taper])
        made = np.empty((len(places), 3))
        made[:, 0] = x * ratio
        made[:, 1] = y
        made[:, 2] = np.interp(y, *self._profile) + self.bulge * np.abs(2 * x / self.width) ** 3
        return made

    def side(self, right: int, along: npt.ArrayLike, height: npt.ArrayLike) -> Points:
        """Points of a side, (n, 3): ``right`` is 1 or -1, ``along`` metres from the visible end."""
        z, y = np.broadcast_arrays(np.asarray(along, np.float64), np.asarray(height, np.float64))
        ratio = np.interp(y, [self.clearance, self.belt, self.roof], [1.0, 1.0, self.taper])
        return np.stack([right * self.width / 2 * ratio, y, z], axis=-1).reshape(-1, 3)

    def hull(self) -> Points:
        """Points between which the vehicle lies: what a vehicle detector's box would touch."""
        half = self.width / 2
        far = self.length
        top = self.depth(np.array([self.roof]))[0]
        corners = [
            [s * half, y, z] for s in (-1, 1) for y, z in ((0.0, 0.3), (0.0, far - 0.4), (self.belt, far), (self.belt, 0.1))
        ]
        corners += [[s * half * self.taper, self.roof, z] for s in (-1, 1) for z in (top, far - 0.8)]
        return np.array(corners)


def drawn_body(random: np.random.Generator, kind: Kind) -> Body:
    """Draw a body of a kind; sizes as they are met (a car is 1.6 to 1.95 m wide and 1.35 to 1.9 m high)."""
    u = random.uniform
    front = chance(random, 0.45)  # most cameras look at rears as often as at fronts
    if kind is Kind.CAR:
        belt = u(0.82, 1.08)
        saloon = chance(random, 0.9 if front else 0.45)
        deck = (u(0.7, 1.15) if front else u(0.25, 0.7)) if saloon else u(0.0, 0.12)
        return Body(
            kind, front, u(1.55, 1.95), u(3.5, 4.9), u(0.16, 0.34), u(0.48, 0.66), belt, belt + u(0.42, 0.75), deck,
            u(0.5, 0.9) if saloon else u(0.1, 0.45), u(0.05, 0.38), u(0.68, 0.9),
        )  # fmt: skip
    if kind is Kind.VAN:
        belt = u(1.0, 1.3)
        deck = u(0.2, 0.8) if front else 0.0
        return Body(
            kind, front, u(1.75, 2.1), u(4.2, 6.0), u(0.22, 0.38), u(0.5, 0.75), belt, belt + u(0.75, 1.4), deck,
            u(0.4, 0.8) if front else u(0.02, 0.15), u(0.02, 0.2) if front else u(0.01, 0.08), u(0.85, 0.97),
        )  # fmt: skip
    if kind is Kind.TRUCK:
        belt = u(1.2, 1.8)
        return Body(
            kind, front, u(2.1, 2.55), u(6.0, 10.0), u(0.3, 0.6), u(0.7, 0.95), belt, belt + u(1.1, 2.2),
            u(0.6, 1.2) if front and chance(random, 0.3) else 0.0, u(0.0, 0.2), u(0.0, 0.12), u(0.92, 1.0),
        )  # fmt: skip
    if kind is Kind.BUS:
        belt = u(1.0, 1.4)
        return Body(
            kind, front, u(2.3, 2.55), u(9.0, 12.0), u(0.25, 0.4), u(0.6, 0.9), belt, belt + u(1.4, 2.0), 0.0, u(0.0, 0.25),
            u(0.02, 0.2), u(0.92, 1.0),
        )  # fmt: skip
    return Body(
        kind, front, u(0.7, 0.95), u(1.9, 2.3), u(0.2, 0.35), u(0.55, 0.8), u(0.9, 1.1), u(1.35, 1.75), 0.0, u(0.2, 0.5),
        u(0.0, 0.05), u(0.5, 0.8),
    )  # fmt: skip
