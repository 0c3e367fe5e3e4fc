"""Tracks: what the tracker hands on."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Floats


class TrackState(enum.IntEnum):
    """Where a track stands in its life."""

    TENTATIVE = 0
    """Seen once or twice; may be a false alarm."""
    CONFIRMED = 1
    COASTING = 2
    """Confirmed, but not seen where it was looked for."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks after one picture.

    Attributes:
        ids: int64 (n,), from 1 within a boot; never used again.
        boxes: float32 (n, 4): left, top, right, bottom in pixels of the picture; predicted where nothing was seen.
        existence: float32 (n,): probability that this is a person who is still there.
        states: int8 (n,): values of :class:`TrackState`.
        velocities: float32 (n, 2): of the boxes, pixels per second; to the right and downwards.
    """

    ids: npt.NDArray[np.int64]
    boxes: Floats
    existence: Floats
    states: npt.NDArray[np.int8]
    velocities: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Which tracks count as people: confirmed or coasting."""
        mask: npt.NDArray[np.bool_] = self.states != TrackState.TENTATIVE
        return mask

    @classmethod
    def none(cls) -> Tracks:
        """No tracks."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros(0, np.int8),
            np.zeros((0, 2), np.float32),
        )

    def select(self, rows: npt.NDArray[Any]) -> Tracks:
        """Those of some rows, by a mask or by their numbers."""
        return Tracks(self.ids[rows], self.boxes[rows], self.existence[rows], self.states[rows], self.velocities[rows])
