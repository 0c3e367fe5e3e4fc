"""How often each camera of a box was looked at in a while, and whether the accelerator was shared fairly among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from protocol.state import SourceTelemetry


class Looks(NamedTuple):
    """Of each camera, by its id.

    Attributes:
        pictures: that were decoded.
        looks: pictures, or parts of one, that the model was asked about.
        lost: pictures that were to be looked at and were not.
    """

    pictures: Mapping[str, int]
    looks: Mapping[str, int]
    lost: Mapping[str, int]

    @property
    def sharing(self) -> float:
        """Looks at the camera that had the fewest, over looks at the one that had the most; 0 when nobody was looked at."""
        most = max(self.looks.values(), default=0)
        return min(self.looks.values()) / most if most else 0.0


def between(before: Mapping[str, SourceTelemetry], after: Mapping[str, SourceTelemetry]) -> Looks:
    """What happened between two readings of a box that was not started anew meanwhile.

    Raises:
        RuntimeError: when the cameras are not the same.
    """
    if before.keys() != after.keys():
        msg = f"cameras have come or gone meanwhile: {', '.join(sorted(before.keys() ^ after.keys()))}"
        raise RuntimeError(msg)
    return Looks(
        {name: late.pictures - before[name].pictures for name, late in after.items()},
        {name: late.inferences - before[name].inferences for name, late in after.items()},
        {name: sum(late.drops.values()) - sum(before[name].drops.values()) for name, late in after.items()},
    )


def together(several: list[Looks]) -> Looks:
    """The sum of several whiles of the same cameras."""
    pictures, looks, lost = (
        {name: sum(each[part][name] for each in several) for name in several[0].looks} for part in range(len(Looks._fields))
    )
    return Looks(pictures, looks, lost)
