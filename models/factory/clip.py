"""Frames of a recorded clip, by number: the n-th decoded frame is number n, from 1, whatever its time stamp says."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt


def frames(clip: Path, wanted: Container[int], last: int) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Yield the wanted frames in order: number, and RGB picture uint8 (height, width, 3).

    Args:
        clip: a file that FFmpeg reads.
        wanted: numbers of the frames that are given.
        last: number after which reading stops.
    """
    with av.open(str(clip)) as container:
        for number, frame in enumerate(container.decode(video=0), start=1):
            if number > last:
                return
            if number in wanted:
                yield number, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
