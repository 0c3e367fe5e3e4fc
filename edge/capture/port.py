"""What capture needs from whatever delivers pictures: a file, a network camera, a device.

Rules: a port of a file yields every decoded picture once, in order, and never sleeps (pacing is not its business); a live one
waits for its camera, lets go of pictures that come late, and never ends but with a fault. It raises :class:`CaptureError` with
a named fault and nothing else for what can go wrong with its input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from edge.region import Size

SILENCE_S = 3.0
"""Longest that a live port waits for its camera: two seconds less than the five in which a fault must be known."""

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """One decoded picture, YUV 4:2:0, BT.601, video range (luma 16-235), as most decoders deliver it.

    The planes are views of the decoder's memory: they are good until the next picture is asked for.
    """

    y: Plane
    """(height, width)."""
    u: Plane
    """((height + 1) // 2, (width + 1) // 2)."""
    v: Plane
    media_s: float
    """Time since the start of the stream, seconds."""

    @property
    def size(self) -> Size:
        """Width and height of the luma plane."""
        height, width = self.y.shape
        return Size(width, height)


@dataclass(frozen=True)
class StreamInfo:
    """What is known when a source has been opened."""

    size: Size
    fps: float
    """Nominal rate; 0 where the stream does not say."""
    codec: str
    live: bool
    """Whether pictures come at their own time (a camera) or when asked for (a file)."""


@dataclass(frozen=True)
class Address:
    """What a port is made from."""

    uri: str
    transport: Literal["tcp", "udp"] = "tcp"
    """Of RTSP."""
    credential: str | None = None
    """File with the user name and password."""
    fps: float | None = None
    """Pictures a second that a device is asked for."""


class Port(Protocol):
    """Something that delivers pictures."""

    def open(self) -> StreamInfo:
        """Open the stream.

        Raises:
            CaptureError: with the fault to report.
        """

    def pictures(self) -> Iterator[Picture]:
        """Every picture from the start; ends at the end of the stream. May be called again to begin anew.

        Raises:
            CaptureError: with the fault to report.
        """

    def close(self) -> None:
        """Let go of everything; may be called twice."""
