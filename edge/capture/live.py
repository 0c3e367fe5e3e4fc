"""Pictures of a camera, as FFmpeg delivers them: what network cameras and devices have in common.

Rules: the newest is wanted: a picture that comes late is let go, and a stream that has given none in time for
:data:`~edge.capture.port.SILENCE_S` is broken, whatever it does meanwhile; its next opening begins with what is there then. The
end of a stream is a fault. One decoder thread, because the box has other work. No wait is longer than
:data:`~edge.capture.port.SILENCE_S`; what holds FFmpeg where it cannot look at its clock (a driver, the resolver) is ended by
the runtime, which hears nothing of this process any more. What is larger than a box takes is not decoded.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import av

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.frames import picture_of
from edge.capture.port import SILENCE_S, Address, Picture, StreamInfo
from edge.capture.refusals import left, silent, too_large
from edge.capture.ring import MAX_PIXELS
from edge.capture.timeline import LATE_S, Timeline
from edge.region import Size

_SHOWN = 40
"""Most characters of an address in a message, the last ones: what to do must fit behind it."""


def shown(uri: str) -> str:
    """An address as messages have it; faults redact it."""
    return uri if len(uri) <= _SHOWN else f"...{uri[-_SHOWN:]}"


class LivePort(ABC):
    """A camera that FFmpeg opens; see :class:`edge.capture.port.Port`.

    Args:
        address: of the camera.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._name = shown(address.uri)
        self._container: Any = None

    def open(self) -> StreamInfo:
        """Open it, and learn of its stream. Errors as :class:`edge.capture.port.Port`."""
        self.close()
        self._container = self._opened()
        return _stream(self._container, self._name)

    def pictures(self) -> Iterator[Picture]:
        """Pictures as they come; see :class:`edge.capture.port.Port`."""
        if self._container is None:
            self.open()
        return live_pictures(self._container, self._name)

    def close(self) -> None:
        """Leave it."""
        if self._container is not None:
            self._container.close()
            self._container = None

    @abstractmethod
    def _opened(self) -> Any:
        """A container of PyAV, with timeouts set.

        Raises:
            CaptureError: it cannot be opened.
        """


def _stream(container: Any, name: str) -> StreamInfo:
    """Take the only video of an open container.

    Raises:
        CaptureError: it has none that a box can take.
    """
    if not container.streams.video or container.streams.video[0].codec_context is None:
        raise CaptureError(FaultCode.NOT_VIDEO, f"{name}: gives no video that this box can decode; set the camera to H.264")
    stream = container.streams.video[0]
    context = stream.codec_context
    size = Size(context.width, context.height)
    if size.width * size.height > MAX_PIXELS:
        raise too_large(size)
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}  # the stream may say otherwise later
    rate = stream.average_rate or stream.guessed_rate
    return StreamInfo(size, float(rate or 0), str(context.name), live=True)


def live_pictures(container: Any, name: str) -> Iterator[Picture]:
    """Every picture that comes in time, for as long as they come.

    Args:
        container: of PyAV, open, with timeouts set.
        name: of the source in messages.

    Raises:
        CaptureError: they come no more.
    """
    packets = container.demux(container.streams.video[0])
    timeline = Timeline(time.monotonic())
    fresh_s = time.monotonic()
    while True:
        late = False
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError) as error:
            raise _broken(error, name, waited_s=time.monotonic() - fresh_s) from None
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, OSError):
            frames = []
        for frame in frames:
            moment = timeline.place(frame.time, time.monotonic())
            if moment.late_s > LATE_S:
                late = True
                continue
            yield picture_of(frame, moment.media_s)
            fresh_s = time.monotonic()
        if time.monotonic() - fresh_s > SILENCE_S:
            raise CaptureError(*_fruitless(name, late=late))


def _fruitless(name: str, *, late: bool) -> tuple[FaultCode, str]:
    if late:
        return FaultCode.STALLED, f"{name}: pictures come late: box or network is too slow; take a smaller stream"
    return FaultCode.CORRUPT, f"{name}: what it sends cannot be decoded; look at its codec and its cable"


def _broken(error: Exception, name: str, waited_s: float) -> CaptureError:
    if waited_s >= SILENCE_S or isinstance(error, av.error.ExitError | TimeoutError):
        return silent(name, SILENCE_S)
    return left(name)
