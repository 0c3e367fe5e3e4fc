"""Small videos, made as they are needed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SQUARE = Path(__file__).resolve().parents[3] / "simulator" / "media" / "square.mp4"


def make_clip(
    path: Path, *, size: tuple[int, int] = (160, 120), pictures: int = 20, codec: str = "libx264", moving: bool = True
) -> Path:
    """A clip of noise with a bright square that walks, ten pictures a second."""
    noise = np.random.default_rng(1).integers(60, 90, (size[1], size[0]), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if codec == "mpeg2video":
            stream.bit_rate = 4_000_000
        for i in range(pictures):
            grey = noise.copy()
            if moving:
                left = 4 * i % (size[0] - 16)
                grey[40:70, left : left + 12] = 220
            picture = av.VideoFrame.from_ndarray(np.repeat(grey[..., None], 3, axis=2), format="rgb24")
            picture.pts = i
            picture.time_base = Fraction(1, 10)
            for packet in stream.encode(picture):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def join(path: Path, *parts: Path) -> Path:
    """Byte by byte, as a recorder does that is switched over."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path
