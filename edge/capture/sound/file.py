"""Recordings of sound, decoded with FFmpeg through PyAV.

Rules: only local files are opened, whatever a playlist inside them asks for; one decoder thread; more samples a second than are
wanted are made fewer (libswresample, whose filter moves no onset), fewer are refused, because what is above half their rate is
not there; a file that ends before its own header says is reported as truncated, after all the sound that it has.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.logging
import numpy as np

from edge.capture.sound.faults import SoundError, SoundFaultCode
from edge.capture.sound.port import BLOCK_S, Block, Floats, SoundInfo, clean

HIGHEST_HZ = 768_000
"""The most that converters for sound give; a header may claim anything."""

_MOST_SAMPLES = 1 << 20
"""Of a packet and channel: a FLAC block has 65,535 at most, and other codecs fewer."""

_PATIENCE = 30
"""Packets in a row that the decoder refuses, before it is given up: a damaged stream recovers within a few."""

_SHOWN = 40
"""Most characters of a path in a message, the last ones: what is wrong and what to do must fit behind it."""

_TELL_THEIR_LENGTH = frozenset({"wav", "w64", "aiff", "flac", "ogg", "caf", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
"""Formats whose header says how long they are; what others say is guessed from what is there."""

_MOST_CHUNKS = 64
"""Before the sound of a WAV file."""

_NOT_KNOWN = 0xFFFFFFFF
"""Size that stands in the header of a WAV file that was written into a pipe."""

_MISSING = 0.01
"""Part of the promised length that may be missing at the end: codecs pad their first and last packets."""
_MISSING_S = 0.25

av.logging.set_level(None)  # FFmpeg's own lines go to standard error and may carry addresses


class SoundFile:
    """A recording.

    Args:
        path: the file; a leading ``file://`` is allowed.
        rate_hz: samples a second and channel that are wanted.
        channels: how many the file must have.
    """

    def __init__(self, path: str, rate_hz: int, channels: int) -> None:
        self._path = Path(path.removeprefix("file://"))
        self._shown = path if len(path) <= _SHOWN else f"...{path[-_SHOWN:]}"
        self._rate_hz, self._channels = rate_hz, channels
        self._container: Any = None

    def open(self) -> SoundInfo:
        """Open the file and its decoder. Errors as :class:`edge.capture.sound.port.SoundPort`."""
        self.close()
        self._check_file()
        self._container = self._open()
        try:
            context = self._container.streams.audio[0].codec_context
            self._check_sound(int(context.sample_rate or 0), int(context.channels or 0))
        except SoundError:
            self.close()
            raise
        return SoundInfo(self._rate_hz, self._channels, str(context.name), live=False)

    def blocks(self) -> Iterator[Block | float]:
        """All of it; see :class:`edge.capture.sound.port.SoundPort`."""
        if self._container is None:
            self.open()
        promised_s = _promise(self._container) * _times_as_long(self._path)
        size = round(self._rate_hz * BLOCK_S)
        held = np.zeros((self._channels, 0), np.float32)
        first = 0
        for piece in self._pieces():
            held = np.concatenate((held, piece), axis=1)
            while held.shape[1] >= size:
                yield Block(clean(held[:, :size]), first, None)
                first, held = first + size, held[:, size:]
        if held.shape[1]:
            yield Block(clean(held), first, None)
            first += held.shape[1]
        self.close()
        if first == 0:
            raise self._fault(SoundFaultCode.NOT_SOUND, "holds no sound that can be decoded; is it the right file?")
        heard_s = first / self._rate_hz
        if heard_s < promised_s - max(_MISSING_S, promised_s * _MISSING):
            raise self._fault(SoundFaultCode.TRUNCATED, f"ends after {heard_s:.1f} of {promised_s:.1f} s; copy it again")

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _fault(self, code: SoundFaultCode, words: str) -> SoundError:
        return SoundError(code, f"{self._shown}: {words}")

    def _check_file(self) -> None:
        try:
            info = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise self._fault(SoundFaultCode.MISSING, "no such file; put it there or change the uri") from None
        except (OSError, ValueError) as error:
            raise self._fault(SoundFaultCode.UNREADABLE, str(error)) from None
        if stat.S_ISDIR(info.st_mode):
            raise self._fault(SoundFaultCode.NOT_SOUND, "is a folder; name one file in it")
        if stat.S_ISREG(info.st_mode) and info.st_size == 0:
            raise self._fault(SoundFaultCode.TRUNCATED, "is empty; copy it again")

    def _open(self) -> Any:
        try:
            container = av.open(f"file:{self._path}", options={"protocol_whitelist": "file"})
        except av.error.PermissionError:
            raise self._fault(SoundFaultCode.UNREADABLE, "may not be read by this user; change its permissions") from None
        except av.error.InvalidDataError:
            raise self._fault(SoundFaultCode.NOT_SOUND, "is not a recording; is it the right file?") from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._fault(SoundFaultCode.UNREADABLE, getattr(error, "strerror", None) or str(error)) from None
        if not container.streams.audio or container.streams.audio[0].codec_context is None:
            container.close()
            raise self._fault(SoundFaultCode.NOT_SOUND, "has no sound that this box can decode; convert it to WAV")
        container.streams.audio[0].codec_context.thread_count = 1
        return container

    def _check_sound(self, rate_hz: int, channels: int) -> None:
        if channels != self._channels:
            words = f"has {channels} channels, configured are {self._channels}; set channels, or record it anew"
            raise self._fault(SoundFaultCode.CHANNELS, words)
        if not 0 < rate_hz <= HIGHEST_HZ:
            raise self._fault(SoundFaultCode.NOT_SOUND, f"claims {rate_hz} samples a second; is it the right file?")
        if rate_hz < self._rate_hz:
            remedy = "set rate_hz = 16000" if rate_hz >= 16_000 else "record it with 16,000 or more"  # noqa: PLR2004 - the least
            words = f"has {rate_hz} samples a second, {self._rate_hz} are needed; {remedy}"
            raise self._fault(SoundFaultCode.RATE, words)

    def _pieces(self) -> Iterator[Floats]:
        """Sound at the wanted rate, (channels, n), as it comes out of the decoder."""
        resampler: Any = None
        before: tuple[int, int] | None = None
        for frame in self._frames():
            now = int(frame.sample_rate), int(frame.layout.nb_channels)
            if before is None:
                resampler = av.AudioResampler(format="flt", layout=frame.layout, rate=self._rate_hz)
            elif now != before:
                raise self._fault(SoundFaultCode.CORRUPT, "changes its rate or channels on the way; record it anew")
            before = now
            if now[1] != self._channels or frame.samples > _MOST_SAMPLES:
                raise self._fault(SoundFaultCode.CORRUPT, "is not what its header says; copy or record it again")
            frame.pts = None  # what a damaged file says of time would make the resampler fill holes of any length
            yield from self._resampled(resampler, frame)
        if resampler is not None:
            yield from self._resampled(resampler, None)

    def _resampled(self, resampler: Any, frame: Any) -> Iterator[Floats]:
        try:
            for part in resampler.resample(frame):
                # interleaved, one plane: the planes of a layout that has no name are not all there
                yield (
                    np.frombuffer(part.planes[0], np.float32, part.samples * self._channels)
                    .reshape(-1, self._channels)
                    .T.copy()
                )
        except (av.error.FFmpegError, ValueError) as error:
            raise self._fault(SoundFaultCode.CORRUPT, f"cannot be resampled ({error}); record it anew") from None

    def _frames(self) -> Iterator[Any]:
        stream = self._container.streams.audio[0]
        packets = self._container.demux(stream)
        refused = 0
        while True:
            try:
                frames = next(packets).decode()
            except (StopIteration, av.error.EOFError):
                return
            except (av.error.FFmpegError, OSError):
                refused += 1
                if refused >= _PATIENCE:
                    raise self._fault(SoundFaultCode.CORRUPT, "cannot be decoded any more; copy or record it again") from None
                continue
            refused = 0 if frames else refused
            yield from frames


def _times_as_long(path: Path) -> float:
    """How many times longer a WAV file should be than it is: FFmpeg believes its size rather than its header; 1 for others."""
    with path.open("rb") as file:
        if (head := file.read(12))[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 1.0
        whole = path.stat().st_size
        for _ in range(_MOST_CHUNKS):
            name, size = file.read(4), int.from_bytes(file.read(4), "little")
            if name == b"data":
                here = whole - file.tell()
                written = size not in {0, _NOT_KNOWN}
                return size / here if written and here > 0 else 1.0
            if not name or file.tell() + size > whole:
                break
            file.seek(size + size % 2, 1)
    return 1.0


def _promise(container: Any) -> float:
    """How long the file says it is, seconds; 0 when it does not say."""
    if container.format.name not in _TELL_THEIR_LENGTH:
        return 0.0
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration / av.time_base) if container.duration else 0.0
