"""Which vehicles need no further look at their plates, so that inferences go where something is to be learnt.

Rules: a vehicle is spared while it stands still and its plate is known, or has been looked for in vain often enough; as soon as
it moves it is looked at again. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.tracking.tracks import Tracks
from models.bundle.detections import pairwise_iou

STILL_S = 1.0
STILL_IOU = 0.85
"""Overlap with where it stood: boxes of a vehicle that stands shiver by a few per cent."""
ENOUGH = 0.975
"""Posterior from which a plate is known: a hundredth below the most that any passage reaches."""
LEAST_LOOKS = 5
MOST_LOOKS = 25
"""Looks at a standing vehicle after which another would show the same; as many as are kept for a consensus."""


@dataclass
class _Stand:
    box: npt.NDArray[np.float32]
    since_s: float
    looks: int = 0


class Standing:
    """Where vehicles stand, and how often they have been looked at there."""

    def __init__(self) -> None:
        self._stands: dict[int, _Stand] = {}

    def take(self, tracks: Tracks, looked: Iterable[int], now_s: float) -> None:
        """Take one picture.

        Args:
            tracks: after it.
            looked: tracks whose plate was looked for.
            now_s: its time.
        """
        before, self._stands = self._stands, {}
        for track, box in zip(tracks.ids.tolist(), tracks.boxes, strict=True):
            stand = before.get(track)
            if stand is None or pairwise_iou(stand.box[None], box[None])[0, 0] < STILL_IOU or now_s < stand.since_s:
                stand = _Stand(box.copy(), now_s)
            self._stands[track] = stand
        for track in set(looked) & self._stands.keys():
            self._stands[track].looks += 1

    def spared(self, track: int, posterior: float, now_s: float) -> bool:
        """Whether a track needs no look.

        Args:
            track: its id.
            posterior: of its plate; 0 without one.
            now_s: the time.
        """
        stand = self._stands.get(track)
        if stand is None or now_s - stand.since_s < STILL_S:
            return False
        return stand.looks >= (LEAST_LOOKS if posterior >= ENOUGH else MOST_LOOKS)

    def tracks(self) -> list[int]:
        """All that are there."""
        return list(self._stands)
