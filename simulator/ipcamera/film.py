"""Films for a network camera: access units as an encoder makes them, to be played round and round."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

ENCODERS = {"h264": "libx264", "hevc": "libx265"}
"""By codec."""

GROUP = 5
"""A picture that needs no other comes with each so many."""


def make_film(
    path: Path, codec: str = "h264", size: tuple[int, int] = (320, 240), pictures: int = 20, fps: float = 10.0
) -> Path:
    """A bright square that walks over noise; its noise is new in each picture, as a sensor's is.

    Args:
        path: where it is written.
        codec: one of :data:`ENCODERS`.
        size: width and height, pixels.
        pictures: how many, a multiple of :data:`GROUP`.
        fps: pictures a second.
    """
    random = np.random.default_rng(1)
    width, height = size
    encoder = av.CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 1000), Fraction(fps).limit_denominator(1000)
    encoder.gop_size, encoder.max_b_frames, encoder.thread_count = GROUP, 0, 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x265-params": "log-level=none:repeat-headers=1"}
    packets = []
    for i in range(pictures):
        luma = random.integers(60, 90, (height, width), np.uint8)
        left = round(i / pictures * (width - 40))
        luma[height // 3 : height // 3 + 60, left : left + 24] = 220
        picture = np.concatenate([luma, np.full((height // 2, width), 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = round(i * 1000 / fps), encoder.time_base
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    path.write_bytes(b"".join(struct.pack(">I", packet.size) + bytes(packet) for packet in packets))
    return path
