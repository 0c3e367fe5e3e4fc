"""Plates on their way from an accelerator's process to the agent: arrays as bytes, and back.

Rules: what arrives is bounded, and belongs together or is refused, because the process that sends it has looked at pictures
from anywhere; what is printed of it says how many plates there are and nothing of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from edge.channel import Message
from edge.infer.outcome import PlatesLooked
from models.bundle.plates import COLOURS, PlateSeen
from models.bundle.reading import ALPHABET

MOST_PLATES = 16
"""In one picture: four times what is looked at."""
MOST_COLUMNS = 144
"""Of a reader: twice those of the shipped one."""
CLASSES = len(ALPHABET) + 1
_FARTHEST = 1e5
"""Pixels: corners may lie outside of a picture, not anywhere."""
_ONE = 1.001
"""What a sum of probabilities in 32 bits comes to at most."""

_Short = Annotated[bytes, Meta(max_length=MOST_PLATES * 8 * 4)]
_Colours = Annotated[bytes, Meta(max_length=MOST_PLATES * len(COLOURS) * 4)]
_Columns = Annotated[bytes, Meta(max_length=MOST_PLATES * MOST_COLUMNS * CLASSES * 4)]
_Text = Annotated[str, Meta(max_length=500)]


class PackedPlates(Message, frozen=True):
    """What came of looking for plates: :class:`edge.infer.outcome.PlatesLooked`, packed, row by row."""

    looked_at: _Short = b""
    """int16 (m,): rows of the vehicles that were looked at."""
    vehicles: _Short = b""
    """int16 (n,): those of them that bear a plate."""
    corners: _Short = b""
    """float32 (n, 4, 2)."""
    marks: _Short = b""
    """float32 (n, 3): score, sharpness, contrast."""
    columns: _Columns = b""
    """float32 (n, T, 37)."""
    colours: _Colours = b""
    """float32 (n, names)."""
    detector_ms: float | None = None
    reader_ms: float | None = None
    failed: _Text = ""
    fault: _Text = ""

    def __repr__(self) -> str:
        """How many there are."""
        return f"PackedPlates({len(self.vehicles) // 2} plates{', failed' if self.failed else ''})"

    @classmethod
    def of(
        cls, rows: Sequence[int], seen: Sequence[PlateSeen], detector_ms: float | None, reader_ms: float | None
    ) -> PackedPlates:
        """Pack the plates on the vehicles in these rows of the detections; at most :data:`MOST_PLATES` of either."""
        kept = seen[:MOST_PLATES]
        return cls(
            np.array(rows[:MOST_PLATES], np.int16).tobytes(),
            np.array([plate.vehicle for plate in kept], np.int16).tobytes(),
            b"".join(np.asarray(plate.corners, np.float32).tobytes() for plate in kept),
            np.array([(plate.score, plate.sharpness, plate.contrast) for plate in kept], np.float32).tobytes(),
            b"".join(np.asarray(plate.columns, np.float32).tobytes() for plate in kept),
            b"".join(np.asarray(plate.colours, np.float32).tobytes() for plate in kept),
            detector_ms,
            reader_ms,
        )

    @classmethod
    def failure(cls, model: str, fault: str) -> PackedPlates:
        """Say that a model failed, and why."""
        return cls(failed=model[:500], fault=fault[:500])

    def looked(self, detections: int) -> PlatesLooked:
        """Unpack them.

        Args:
            detections: rows that a vehicle can be.

        Raises:
            ValueError: when the arrays do not belong together, or hold what no model says.
        """
        for name, spent in (("detector", self.detector_ms), ("reader", self.reader_ms)):
            if spent is not None and not 0 <= spent < float("inf"):
                msg = f"{name}_ms is {spent}"
                raise ValueError(msg)
        if self.failed:
            return PlatesLooked((), (), self.detector_ms, self.reader_ms, self.failed, self.fault)
        rows, looked_at = np.frombuffer(self.vehicles, np.int16), np.frombuffer(self.looked_at, np.int16)
        count = len(rows)
        corners = _floats(self.corners, "corners").reshape(count, 4, 2)
        marks = _floats(self.marks, "marks").reshape(count, 3)
        colours = _floats(self.colours, "colours").reshape(count, len(COLOURS))
        columns = _floats(self.columns, "columns").reshape((count, -1, CLASSES) if count else (0, 1, CLASSES))
        _check_rows(rows, looked_at, detections)
        _check(corners, marks, columns, colours)
        seen = (
            PlateSeen(int(row), corners[i], float(marks[i, 0]), columns[i], float(marks[i, 1]), float(marks[i, 2]), colours[i])
            for i, row in enumerate(rows.tolist())
        )
        return PlatesLooked(tuple(seen), tuple(looked_at.tolist()), self.detector_ms, self.reader_ms)


def _floats(data: bytes, what: str) -> npt.NDArray[np.float32]:
    found = np.frombuffer(data, np.float32)
    if not np.isfinite(found).all():
        msg = f"{what} of plates are not all finite"
        raise ValueError(msg)
    return found


def _check_rows(rows: npt.NDArray[np.int16], looked_at: npt.NDArray[np.int16], detections: int) -> None:
    twice = any(len(np.unique(each)) != len(each) for each in (rows, looked_at))
    outside = len(looked_at) and not (looked_at.min() >= 0 and looked_at.max() < detections)
    if twice or outside or not np.isin(rows, looked_at).all():
        msg = f"plates on vehicles {rows.tolist()}, looked at {looked_at.tolist()} of {detections}"
        raise ValueError(msg)


def _check(
    corners: npt.NDArray[np.float32],
    marks: npt.NDArray[np.float32],
    columns: npt.NDArray[np.float32],
    colours: npt.NDArray[np.float32],
) -> None:
    if len(columns) and not 0 < columns.shape[1] <= MOST_COLUMNS:
        msg = f"{columns.shape[1]} columns of a plate"
    elif (np.abs(corners) > _FARTHEST).any() or (marks < 0).any() or (marks[:, 0] > 1).any():
        msg = "plates that lie nowhere, or whose scores are none"
    elif (np.exp(np.minimum(columns, 1.0)).sum(axis=-1) > _ONE).any():
        msg = "columns of plates that are no logarithms of probabilities"
    elif (colours < 0).any() or (colours.sum(axis=-1) > _ONE).any():
        msg = "colours of vehicles that are no probabilities"
    else:
        return
    raise ValueError(msg)
