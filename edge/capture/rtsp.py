"""Network cameras over RTSP (RFC 2326), through FFmpeg.

Rules: of the camera's stream only video is asked for. A camera is told a user name and password once in an opening: FFmpeg
answers one challenge, digest (RFC 2617) where the camera offers it, and a refusal is a fault of its own, because cameras lock
accounts. What the camera names instead of a stream (other protocols, files) is not followed. RTCP's sender reports are not
used: they tell the camera's clock, which nobody vouches for.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import av

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.live import LivePort
from edge.capture.port import SILENCE_S
from edge.capture.refusals import no_stream, nobody, not_allowed
from edge.credentials import CredentialError, read_credential

_OPTIONS = {
    "protocol_whitelist": "rtsp,rtp,tcp,udp",
    "allowed_media_types": "video",
    "fflags": "nobuffer",  # what was read to learn of the stream is not shown afterwards
    "analyzeduration": "100000",  # microseconds; the description of the stream says what is needed
    "fpsprobesize": "0",
    "max_delay": "200000",  # microseconds that a datagram out of order is waited for
}

_HASTE_S = 0.1
"""Timers of both libraries differ by less."""


class RtspPort(LivePort):
    """A network camera; its address has a transport and a credential."""

    def _opened(self) -> Any:
        begun_s = time.monotonic()
        options = {**_OPTIONS, "rtsp_transport": self._address.transport}
        try:
            return av.open(self._url(), format="rtsp", options=options, timeout=(SILENCE_S, SILENCE_S))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._refused(error, time.monotonic() - begun_s) from None

    def _url(self) -> str:
        if self._address.credential is None:
            return self._address.uri
        try:
            userinfo = read_credential(Path(self._address.credential)).userinfo
        except CredentialError as error:
            raise CaptureError(FaultCode.CREDENTIALS, str(error)) from None
        return self._address.uri.replace("://", f"://{userinfo}@", 1)

    def _refused(self, error: Exception, took_s: float) -> CaptureError:
        name = self._name
        match error:
            case av.error.HTTPUnauthorizedError():
                fault = not_allowed(name, self._address.credential)
            case av.error.HTTPNotFoundError():
                fault = no_stream(name)
            case av.error.HTTPError():
                fault = CaptureError(FaultCode.UNREADABLE, f"{name}: the camera refuses: {error.strerror}")
            case _ if took_s >= SILENCE_S - _HASTE_S:  # what FFmpeg says depends on where it was interrupted
                fault = nobody(name, TimeoutError())
            case av.error.InvalidDataError():
                fault = CaptureError(FaultCode.NOT_VIDEO, f"{name}: what answers there gives no video over RTSP")
            case _:
                fault = nobody(name, error)
        return fault
