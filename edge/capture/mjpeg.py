"""Network cameras over HTTP that send one JPEG after the other (``multipart/x-mixed-replace``).

Rules: what comes is bounded before it is decoded; where several pictures have come only the newest is decoded. A picture was
when it came. The end of a stream is a fault, and so is a camera that sends and gives no picture.
"""

from __future__ import annotations

import http.client
import select
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.frames import picture_of
from edge.capture.http import get
from edge.capture.jpegs import JpegError, JpegStream
from edge.capture.live import shown
from edge.capture.port import SILENCE_S, Address, Picture, StreamInfo
from edge.capture.refusals import left, no_stream, nobody, not_allowed, silent
from edge.capture.ring import MAX_PIXELS
from edge.credentials import CredentialError, read_credential
from edge.region import Size

_KIND = 40
"""Most characters of what a camera calls its answer, in a message."""

_READ = 256 << 10
_NEWEST_WITHIN_S = 0.2
"""Longest time that is spent reading on for a newer picture: a link that never runs dry must not starve the eye."""


class MjpegPort:
    """A network camera.

    Args:
        address: with its credential.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._name = shown(address.uri)
        self._answer: http.client.HTTPResponse | None = None
        self._decoder: Any = None

    def open(self) -> StreamInfo:
        """Connect, and ask. Errors as :class:`edge.capture.port.Port`."""
        self.close()
        try:
            path = self._address.credential
            credential = None if path is None else read_credential(Path(path))
            self._answer = get(self._address.uri, credential, SILENCE_S)
        except CredentialError as error:
            raise CaptureError(FaultCode.CREDENTIALS, str(error)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._refused(error) from None
        kind = self._answer.headers.get_content_type()
        if kind != "multipart/x-mixed-replace":
            self.close()
            what = "one picture, no stream" if kind == "image/jpeg" else kind[:_KIND]
            raise CaptureError(FaultCode.NOT_VIDEO, f"{self._name}: gives {what}; take the address of its MJPEG stream")
        self._decoder = av.CodecContext.create("mjpeg", "r")
        self._decoder.thread_count = 1
        self._decoder.options = {"max_pixels": str(MAX_PIXELS)}  # a header may claim anything
        return StreamInfo(Size(0, 0), 0.0, "mjpeg", live=True)

    def pictures(self) -> Iterator[Picture]:
        """Pictures as they come; see :class:`edge.capture.port.Port`."""
        if self._answer is None:
            self.open()
        opened_s = fresh_s = time.monotonic()
        stream = JpegStream()
        while True:
            data = self._newest(stream)
            if data is not None:
                for frame in self._decode(data):
                    yield picture_of(frame, time.monotonic() - opened_s)
                    fresh_s = time.monotonic()
            if time.monotonic() - fresh_s > SILENCE_S:
                raise CaptureError(FaultCode.CORRUPT, f"{self._name}: sends, and gives no picture that can be decoded")

    def close(self) -> None:
        """Leave the camera."""
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def _newest(self, stream: JpegStream) -> bytes | None:
        """Read once, and on while more is there already. Returns the last whole picture, if one came."""
        newest = self._take(stream)
        until_s = time.monotonic() + _NEWEST_WITHIN_S
        while time.monotonic() < until_s and self._more():
            try:
                newest = self._take(stream) or newest
            except CaptureError:
                if newest is None:
                    raise
                break  # it is raised again when this picture has been shown
        return newest

    def _take(self, stream: JpegStream) -> bytes | None:
        try:
            return next(reversed(stream.feed(self._read())), None)
        except JpegError as error:
            msg = f"{self._name}: sends {error}; is it an MJPEG stream?"
            raise CaptureError(FaultCode.NOT_VIDEO, msg) from None

    def _read(self) -> bytes:
        assert self._answer is not None
        try:
            data = self._answer.read1(_READ)
        except TimeoutError:
            raise silent(self._name, SILENCE_S) from None
        except (OSError, ValueError, http.client.HTTPException):
            data = b""  # broken off, or in chunks that are none
        if not data:
            raise left(self._name)
        return data

    def _more(self) -> bool:
        assert self._answer is not None
        return bool(select.select([self._answer], [], [], 0)[0])

    def _decode(self, data: bytes) -> list[Any]:
        try:
            return list(self._decoder.decode(av.Packet(data)))
        except (av.error.FFmpegError, OSError, ValueError):
            return []

    def _refused(self, error: Exception) -> CaptureError:
        name = self._name
        match error:
            case urllib.error.HTTPError(code=401):
                fault = not_allowed(name, self._address.credential)
            case urllib.error.HTTPError(code=404):
                fault = no_stream(name)
            case urllib.error.HTTPError(code=code):
                fault = CaptureError(FaultCode.UNREADABLE, f"{name}: the camera answers with {code}")
            case urllib.error.URLError(reason=Exception() as reason):
                fault = nobody(name, reason)
            case OSError():
                fault = nobody(name, error)
            case ValueError():  # what urllib says of a challenge
                fault = CaptureError(FaultCode.UNREADABLE, f"{name}: asks for a password neither by digest nor by basic")
            case _:
                fault = CaptureError(FaultCode.NOT_VIDEO, f"{name}: what answers there is no camera ({type(error).__name__})")
        return fault
