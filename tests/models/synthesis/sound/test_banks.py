"""Files that hold many sounds: what is in them is found, and what anybody may have put there is no sound."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.synthesis.sound.banks import LEAST, soundfont_samples, wad_sounds


def wad(*lumps: tuple[bytes, bytes]) -> bytes:
    body, directory = b"", b""
    for name, data in lumps:
        directory += struct.pack("<II8s", 12 + len(body), len(data), name)
        body += data
    return b"IWAD" + struct.pack("<II", len(lumps), 12 + len(body)) + body + directory


def dmx(samples: int, rate: int = 11_025, kind: int = 3) -> bytes:
    pcm = (128 + 100 * np.sin(np.arange(samples))).astype(np.uint8).tobytes()
    return struct.pack("<HHI", kind, rate, samples + 32) + pcm[:1] * 16 + pcm + pcm[-1:] * 16


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def sample(name: bytes, start: int, end: int, rate: int = 44_100, kind: int = 1) -> bytes:
    return struct.pack("<20sIIIIIBbHH", name, start, end, 0, 0, rate, 60, 0, 0, kind)


def soundfont(pcm: np.ndarray, *headers: bytes) -> bytes:
    last = sample(b"EOS", 0, 0, 0)
    inside = b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", pcm.astype("<i2").tobytes()))
    return chunk(b"RIFF", inside + chunk(b"LIST", b"pdta" + chunk(b"shdr", b"".join(headers) + last)))


def test_sounds_of_a_wad_are_those_of_its_lumps() -> None:
    found = wad_sounds(wad((b"DSPISTOL", dmx(2000)), (b"E1M1", b"map"), (b"DPPISTOL", dmx(2000))))
    (pcm,) = found.values()
    assert list(found) == ["DSPISTOL"]
    assert (len(pcm.samples), pcm.rate) == (2000, 11_025)
    assert pcm.samples[:3].tolist() == [(int(128 + 100 * np.sin(n)) - 128) * 256 for n in range(3)]


@pytest.mark.parametrize("lump", [dmx(LEAST - 1), dmx(2000, rate=100), dmx(2000, kind=2), b""])
def test_what_is_no_sound_is_left_out(lump: bytes) -> None:
    assert wad_sounds(wad((b"DSX", lump))) == {}


def test_samples_of_a_soundfont_lie_where_its_headers_say() -> None:
    pcm = np.arange(3000, dtype=np.int16)
    headers = (
        sample(b"Gun", 100, 1100),
        sample(b"right", 100, 1100, kind=2),
        sample(b"far", 2900, 4000),
        sample(b"left", 0, 500, kind=4),
    )
    found = soundfont_samples(soundfont(pcm, *headers))
    assert list(found) == ["0 Gun", "3 left"]
    assert found["0 Gun"].samples.tolist() == list(range(100, 1100))


@given(st.binary(max_size=400), st.integers(0, 300))
def test_bytes_from_anywhere_are_some_sounds_or_none(noise: bytes, cut: int) -> None:
    for read, good in (
        (wad_sounds, wad((b"DSX", dmx(500)))),
        (soundfont_samples, soundfont(np.zeros(800), sample(b"a", 0, 500))),
    ):
        for data in (noise, good[:cut] + noise, good[: len(good) - cut], good[:4] + noise):
            for pcm in read(data).values():
                assert pcm.samples.dtype == np.int16
