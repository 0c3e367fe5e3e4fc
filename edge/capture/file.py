"""Video files, decoded with FFmpeg through PyAV.

Rules: only local files are opened, whatever a playlist inside them asks for; one decoder thread, because the box has other
work; a change of resolution or codec in the middle of a stream is followed, not fatal; a file that ends before its own index
says is reported as truncated, after every picture that it has.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.frames import picture_of
from edge.capture.port import Address, Picture, StreamInfo
from edge.region import Size

_PATIENCE = 60
"""Packets in a row without a picture, before the stream is opened anew from the first of them: reordering holds back 16 at
most, another codec is swallowed for ever."""

_REFUSAL = 10
"""What a packet counts that the decoder refuses outright: a damaged stream recovers within a packet or two."""

_FEWER_THAN_PROMISED = 0.01
"""Part of the promised pictures that may be missing at the end before the file counts as truncated: indexes count pictures
that are never shown (edit lists), a copy that broke off loses more."""

_SHOWN = 40
"""Most characters of a path in a message, the last ones: what is wrong and what to do must fit behind it."""

_STREAMS = frozenset({"mpegts", "mpeg", "h264", "hevc", "m4v", "mjpeg", "mpegvideo"})
"""Formats without an index: they may change codec midway, and what they say of their length is guessed from what is there."""

_NOT_PICTURES = frozenset({"ansi", "bintext", "xbin", "idf"})
"""Decoders that turn plain text into pictures."""


def file_port(address: Address) -> FilePort:
    """What plays a source of kind ``file``."""
    return FilePort(address.uri)


class FilePort:
    """A video file.

    Args:
        path: the file; a leading ``file://`` is allowed.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path.removeprefix("file://"))
        self._shown = path if len(path) <= _SHOWN else f"...{path[-_SHOWN:]}"
        self._container: Any = None

    def open(self) -> StreamInfo:
        """Open the file and its decoder. Errors as :class:`edge.capture.port.Port`."""
        self.close()
        self._check()
        self._container = container = self._open_at(0)
        stream = container.streams.video[0]
        context = stream.codec_context
        rate = stream.average_rate or stream.guessed_rate
        return StreamInfo(Size(context.width, context.height), float(rate or 0), str(context.name), live=False)

    def pictures(self) -> Iterator[Picture]:
        """Every picture; see :class:`edge.capture.port.Port`."""
        if self._container is None:
            self.open()
        shown = 0
        last_s = base_s = 0.0
        position = 0
        promised = _promise(self._container)
        rate = _rate(self._container)
        while True:
            gave_up_at = None
            for item in _decoded(self._container):
                if isinstance(item, int):
                    gave_up_at = item
                    break
                shown += 1
                last_s = max(last_s, base_s + item.media_s)
                yield Picture(item.y, item.u, item.v, last_s)
            if gave_up_at is None:
                break
            base_s = last_s
            position += gave_up_at
            self._follow_change(position, shown)
        self.close()
        if shown == 0:
            raise CaptureError(
                FaultCode.NOT_VIDEO, f"{self._shown}: holds no picture that can be decoded; is it the right file?"
            )
        if promised and shown < promised - max(2, promised * _FEWER_THAN_PROMISED):
            if last_s > (promised - max(2, promised * _FEWER_THAN_PROMISED)) / rate:
                msg = f"{self._shown}: only {shown} of {promised} pictures can be decoded; copy or record it again"
                raise CaptureError(FaultCode.CORRUPT, msg)
            msg = f"{self._shown}: ends after {shown} of {promised} pictures; copy it again"
            raise CaptureError(FaultCode.TRUNCATED, msg)

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _check(self) -> None:
        try:
            info = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise CaptureError(FaultCode.MISSING, f"{self._shown}: no such file; put it there or change the uri") from None
        except (OSError, ValueError) as error:
            raise CaptureError(FaultCode.UNREADABLE, f"{self._shown}: {error}") from None
        if stat.S_ISDIR(info.st_mode):
            raise CaptureError(FaultCode.NOT_VIDEO, f"{self._shown}: is a folder; name one file in it")
        if stat.S_ISREG(info.st_mode) and info.st_size == 0:
            raise CaptureError(FaultCode.TRUNCATED, f"{self._shown}: is empty; copy it again")

    def _open_at(self, position: int) -> Any:
        """Open at a byte position of the file; the codec is probed from there."""
        url = f"file:{self._path}" if position == 0 else f"subfile,,start,{position},end,0,,:{self._path}"
        try:
            container = av.open(url, options={"protocol_whitelist": "file,subfile"})
        except av.error.PermissionError:
            msg = f"{self._shown}: may not be read by this user; change its permissions"
            raise CaptureError(FaultCode.UNREADABLE, msg) from None
        except av.error.InvalidDataError:
            raise CaptureError(*self._undecodable()) from None
        except (av.error.FFmpegError, OSError, ValueError) as error:
            text = getattr(error, "strerror", None) or str(error)
            raise CaptureError(FaultCode.UNREADABLE, f"{self._shown}: {text}") from None
        if not container.streams.video or container.streams.video[0].codec_context is None:
            container.close()
            msg = f"{self._shown}: has no video that this box can decode; convert it to H.264"
            raise CaptureError(FaultCode.NOT_VIDEO, msg)
        context = container.streams.video[0].codec_context
        if context.name in _NOT_PICTURES:
            container.close()
            raise CaptureError(FaultCode.NOT_VIDEO, f"{self._shown}: is text, not video; is it the right file?")
        context.thread_count = 1
        return container

    def _undecodable(self) -> tuple[FaultCode, str]:
        """Tell a video that broke off from something that never was one."""
        with self._path.open("rb") as file:
            head = file.read(16)
        if head[4:8] == b"ftyp" or head.startswith((b"\x1aE\xdf\xa3", b"RIFF")):
            return FaultCode.TRUNCATED, f"{self._shown}: begins like a video and breaks off before its index; copy it again"
        return FaultCode.NOT_VIDEO, f"{self._shown}: is not a video; is it the right file?"

    def _follow_change(self, position: int, shown: int) -> None:
        """Open again from where the decoder gave up, for the codec that is used there."""
        self.close()
        msg = f"{self._shown}: cannot be decoded after picture {shown} (byte {position}); copy or record it again"
        if position == 0:
            raise CaptureError(FaultCode.CORRUPT, msg)
        try:
            self._container = self._open_at(position)
        except CaptureError:
            raise CaptureError(FaultCode.CORRUPT, msg) from None


def _promise(container: Any) -> int:
    """How many pictures the file says it has; 0 when it does not say."""
    stream = container.streams.video[0]
    if stream.frames:
        return int(stream.frames)
    rate = stream.average_rate
    if not rate or container.format.name in _STREAMS:
        return 0
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * rate)
    if container.duration and len(container.streams) == 1:
        return int(container.duration / av.time_base * rate)
    return 0


def _rate(container: Any) -> float:
    stream = container.streams.video[0]
    return float(stream.average_rate or stream.guessed_rate or 25)


def _decoded(container: Any) -> Iterator[Picture | int]:
    """Pictures of an open container; a byte position as the last item when the decoder has given up there."""
    stream = container.streams.video[0]
    rate = _rate(container)
    may_change = container.format.name in _STREAMS
    fruitless = fruitless_from = count = 0
    start_s: float | None = None
    packets = container.demux(stream)
    while True:
        packet: Any = None
        try:
            packet = next(packets)
            frames = packet.decode()
        except (StopIteration, av.error.EOFError):
            return
        except (av.error.FFmpegError, OSError):
            frames = []
            cost = _REFUSAL
        else:
            cost = 1
        if not frames:
            fruitless_from = fruitless_from or _position(packet)
            fruitless += cost
            if fruitless >= _PATIENCE and may_change:
                yield fruitless_from
                return
            continue
        fruitless = fruitless_from = 0
        for frame in frames:
            time_s = count / rate if frame.time is None else float(frame.time)
            start_s = time_s if start_s is None else start_s
            count += 1
            yield picture_of(frame, time_s - start_s)


def _position(packet: Any) -> int:
    position = getattr(packet, "pos", None)
    return int(position) if position is not None and position > 0 else 0
