"""The two MoveNets, and what is special to each recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from models.recipes.movenet.people import Picture

Part: TypeAlias = tuple[int, int, int, int, int]
"""Number of the frame; left, top, width and height in pixels."""


@dataclass(frozen=True)
class Network:
    """One of the MoveNets.

    Attributes:
        side: width and height of the input in pixels.
        shapes: of the outputs, by name; upstream gives them with leading ones.
        rows: node that gives the row of each keypoint in cells of the maps, as seen from the centre of its person.
        columns: node that gives its column.
    """

    side: int
    shapes: Mapping[str, tuple[int, ...]]
    rows: str
    columns: str


SINGLE = Network(192, {"poses": (17, 3), "coarse": (17, 2), "centre": (1,)}, "add_2", "add_3")
MULTI = Network(256, {"poses": (6, 56), "coarse": (6, 17, 2)}, "add_6", "add_7")


@dataclass(frozen=True)
class Pose:
    """A recipe.

    Attributes:
        name: of the bundle.
        network: which MoveNet.
        model: name of the model's description in the package.
        pictures: what it is calibrated on.
        golden: parts of frames that the golden vectors show it.
    """

    name: str
    network: Network
    model: str
    pictures: Callable[[int], Iterable[Picture]]
    golden: tuple[Part, ...]

    @property
    def several(self) -> bool:
        """Whether it sees more than one person."""
        return self.network is MULTI
