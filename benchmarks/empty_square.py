"""The square with nobody on it, as a camera would film it for a minute and a half: for whatever should cost nothing then.

The background is the median of pictures of the clip; on it lie a sensor's noise, new in each picture, and an exposure that
drifts as clouds pass; then it is encoded. Nobody who was filmed is left in a median of sixty pictures.
"""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from benchmarks.eye import clip
from benchmarks.real_box import CLIP

NOISE = 3.0
"""Standard deviation of the noise, grey levels: a good sensor at dusk."""
DRIFT = 0.08
"""Amplitude of the exposure, share of the brightness."""
_PERIOD = 400
"""Pictures until the exposure has come back."""
_STEP = 13
_FPS = 10


def film(path: Path, pictures: int, seed: int) -> None:
    """Encode it.

    Args:
        path: of the file to write (MP4).
        pictures: how many.
        seed: of the noise.
    """
    y, u, v = background()
    random = np.random.default_rng(seed)
    height, width = y.shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=_FPS)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = width, height, "yuv420p", 2_000_000
        for number in range(pictures):
            exposure = 1.0 + DRIFT * np.sin(2 * np.pi * number / _PERIOD)
            luma = (y - 16.0) * exposure + 16.0 + random.normal(0, NOISE, y.shape)
            frame = av.VideoFrame.from_ndarray(
                np.concatenate([np.clip(luma, 16, 235).astype(np.uint8).ravel(), u.ravel(), v.ravel()]).reshape(-1, width),
                format="yuv420p",
            )
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def background() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Y, U and V of the square without anybody: the median of every thirteenth picture."""
    kept = [
        (picture.y.copy(), picture.u.copy(), picture.v.copy())
        for number, picture in enumerate(clip(CLIP))
        if number % _STEP == 0
    ]
    y, u, v = (np.median(np.stack(planes), axis=0).astype(np.uint8) for planes in zip(*kept, strict=True))
    return y, u, v
