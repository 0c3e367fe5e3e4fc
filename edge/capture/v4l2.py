"""Cameras that are plugged in, by Video4Linux, through FFmpeg.

Rules: only a device is opened. A driver that hangs holds FFmpeg where nothing reaches it; the runtime ends the process then.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Any

import av

from edge.capture.faults import CaptureError, FaultCode
from edge.capture.live import LivePort
from edge.capture.port import SILENCE_S


class V4l2Port(LivePort):
    """A camera of this box; its address is its device, and may have the pictures a second that it is asked for."""

    def _opened(self) -> Any:
        self._check()
        options = {} if self._address.fps is None else {"framerate": f"{self._address.fps:g}"}
        try:
            return av.open(self._address.uri, format="video4linux2", options=options, timeout=(SILENCE_S, SILENCE_S))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._refused(error) from None

    def _check(self) -> None:
        try:
            is_device = stat.S_ISCHR(Path(self._address.uri).stat().st_mode)
        except (OSError, ValueError):
            msg = f"{self._name}: no such device; plug it in; `ls /dev/v4l/by-id` names what is there"
            raise CaptureError(FaultCode.MISSING, msg) from None
        if not is_device:
            raise CaptureError(FaultCode.NOT_VIDEO, f'{self._name}: is no device; a recording has kind = "file"')

    def _refused(self, error: Exception) -> CaptureError:
        name = self._name
        match getattr(error, "errno", None):
            case errno.EACCES | errno.EPERM:
                words = "may not be read by this user; add it to the group video"
                return CaptureError(FaultCode.UNREADABLE, f"{name}: {words}")
            case errno.EBUSY:
                return CaptureError(FaultCode.UNREADABLE, f"{name}: another program has it")
            case errno.ENODEV | errno.ENXIO | errno.EIO:
                return CaptureError(FaultCode.MISSING, f"{name}: the camera has gone; look at its plug")
            case errno.ENOTTY | errno.EINVAL:
                return CaptureError(FaultCode.NOT_VIDEO, f"{name}: is no camera, or has not so many pictures a second")
            case _:
                text = getattr(error, "strerror", None) or type(error).__name__
                return CaptureError(FaultCode.UNREADABLE, f"{name}: cannot be opened: {text}")
