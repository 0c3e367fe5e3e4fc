"""Files that hold many sounds: those of Doom-like games (WAD, Fink, "The Unofficial Doom Specs") and SoundFonts (2.04, E-mu).

Rule: what does not add up is left out, not guessed: these are packages that anybody may have changed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST = 400
"""Samples of a sound that is one."""
RATES = range(4_000, 96_001)
_WAD_HEADER = 12
_DMX = 3
_DMX_HEADER, _DMX_PAD = 8, 16
_SAMPLE = struct.Struct("<20sIIIIIBbHH")
_LEFT = 4


@dataclass(frozen=True)
class Pcm:
    """A sound as it lies in a file: int16 (n,), samples a second."""

    samples: npt.NDArray[np.int16]
    rate: int


def wad_sounds(data: bytes) -> dict[str, Pcm]:
    """Sounds of a WAD by the names of their lumps (``DS...``, 8 bits)."""
    found: dict[str, Pcm] = {}
    if data[:4] not in {b"IWAD", b"PWAD"} or len(data) < _WAD_HEADER:
        return found
    count, directory = struct.unpack_from("<II", data, 4)
    for at in range(directory, min(directory + 16 * count, len(data) - 15), 16):
        start, size, name = struct.unpack_from("<II8s", data, at)
        lump = data[start : start + size]
        if not name.startswith(b"DS") or len(lump) < _DMX_HEADER + 2 * _DMX_PAD + LEAST:
            continue
        kind, rate, samples = struct.unpack_from("<HHI", lump)
        if kind == _DMX and rate in RATES:
            pcm = np.frombuffer(lump[_DMX_HEADER : _DMX_HEADER + samples], np.uint8)[_DMX_PAD:-_DMX_PAD]
            found[name.rstrip(b"\0").decode("ascii", "replace")] = Pcm((pcm.astype(np.int16) - 128) * 256, rate)
    return found


def soundfont_samples(data: bytes) -> dict[str, Pcm]:
    """Samples of a SoundFont by name and number; of stereo pairs the left one."""
    chunks = dict(_chunks(data))
    content = chunks.get(b"smpl", b"")
    pcm = np.frombuffer(content[: len(content) // 2 * 2], "<i2")
    found: dict[str, Pcm] = {}
    headers = chunks.get(b"shdr", b"")
    for number in range(len(headers) // _SAMPLE.size - 1):  # the last one says that it is the last
        name, start, end, _, _, rate, _, _, _, kind = _SAMPLE.unpack_from(headers, number * _SAMPLE.size)
        if kind in {1, _LEFT} and end - start >= LEAST and end <= len(pcm) and rate in RATES:
            found[f"{number} {name.split(bytes(1))[0].decode('ascii', 'replace')}"] = Pcm(pcm[start:end], rate)
    return found


def _chunks(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of all chunks of a RIFF file that hold no others."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, start)
        if name in {b"RIFF", b"LIST"}:
            yield from _chunks(data, start + 12, min(end, start + 8 + size))
        else:
            yield name, data[start + 8 : start + 8 + size]
        start += 8 + size + size % 2
