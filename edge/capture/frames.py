"""What FFmpeg decodes, as pictures."""

from __future__ import annotations

from typing import Any

import av.logging
import numpy as np

from edge.capture.port import Picture, Plane

_TOLERATED_FORMATS = frozenset({"yuv420p"})

av.logging.set_level(None)  # FFmpeg's own lines go to standard error and may carry addresses


def picture_of(frame: Any, media_s: float) -> Picture:
    """A decoded frame as a picture; its planes are views of the frame's memory where its format allows."""
    if frame.format.name not in _TOLERATED_FORMATS or any(plane.line_size < 0 for plane in frame.planes):
        frame = frame.reformat(format="yuv420p", dst_color_range="MPEG")
    y, u, v = (_plane(plane) for plane in frame.planes)
    return Picture(y, u, v, media_s)


def _plane(plane: Any) -> Plane:
    rows: Plane = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
