"""The landmarks of a calibrated camera, in the box's state folder: so that it knows when it was turned while the box was off.

Rules: places and answers only, never a picture (docs/adr/0027). They belong to one calibration and one size of picture; those
of another count for nothing. What cannot be read counts as never written, for they are learnt again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from edge.capture.scene.landmarks import BITS, Landmarks
from edge.capture.scene.place import MOST
from edge.capture.scene.post import Post
from edge.ownerfile import write_file
from protocol.basis import Struct

_MAX_BYTES = 65536
"""200 landmarks take 15 kB."""
_MOST_SIDE = 1024


class _Kept(Struct, frozen=True):
    """The file."""

    calibration: Annotated[str, Meta(max_length=64)]
    width: Annotated[int, Meta(ge=1, le=_MOST_SIDE)]
    height: Annotated[int, Meta(ge=1, le=_MOST_SIDE)]
    moved: bool
    points: Annotated[tuple[tuple[float, float], ...], Meta(max_length=MOST)]
    bits: Annotated[bytes, Meta(max_length=MOST * BITS)]


def read_landmarks(where: Post, width: int, height: int) -> tuple[Landmarks, bool] | None:
    """Landmarks of this calibration, and whether the camera had moved.

    Args:
        where: the file and the calibration.
        width: of the small picture now, pixels.
        height: likewise.

    Returns:
        ``None`` when there are none, when they belong to another calibration or size, or when they cannot be read.
    """
    try:
        with Path(where.path).open("rb") as file:
            kept = msgspec.json.decode(file.read(_MAX_BYTES), type=_Kept)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if (kept.calibration, kept.width, kept.height) != (where.calibration, width, height):
        return None
    points = np.array(kept.points, np.float64).reshape(-1, 2)
    if len(kept.bits) != BITS * len(points) or not ((points >= 0) & (points <= [width, height])).all():
        return None
    bits = np.frombuffer(kept.bits, np.uint8).reshape(-1, BITS).copy()
    return Landmarks(points.astype(np.float32), bits), kept.moved


def write_landmarks(where: Post, width: int, height: int, known: Landmarks, *, moved: bool) -> None:
    """Keep them.

    Raises:
        OSError: they cannot be written.
    """
    points = tuple((round(float(x), 1), round(float(y), 1)) for x, y in known.points)
    path = Path(where.path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(path, msgspec.json.encode(_Kept(where.calibration, width, height, moved, points, known.bits.tobytes())))
