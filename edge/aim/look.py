"""The technician's side of the door: asks the agent, maps the memory that comes back, and makes a JPEG of the newest picture.

Rules: pixels are in the memory of this process only, and only while it looks; a picture that is too old is none; when the agent
says that it is over, or is gone, there are no more.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np

from edge.agent.aiming import AimNews, AimRequest
from edge.aim.errors import AimError
from edge.capture.port import Plane
from edge.capture.ring import MAX_AGE_S, Ring, RingLayout
from edge.capture.slots import SlotName

_NEWS_BYTES = 4096
_PATIENCE_S = 5.0
_QUALITY = 85


class Look:
    """Looks through one camera until closed.

    Args:
        path: of the agent's socket.
        request: what is asked for.

    Raises:
        AimError: no agent answers.
    """

    def __init__(self, path: Path, request: AimRequest) -> None:
        self._peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._peer.settimeout(_PATIENCE_S)
            self._peer.connect(str(path))
            self._peer.sendall(msgspec.json.encode(request))
            self._peer.settimeout(None)
        except OSError as error:
            self._peer.close()
            msg = f"no agent answers at {path} ({error.strerror or error}); is `lamplighter edge run` running, as this user?"
            raise AimError(msg) from None
        self.over = ""
        """Why there are no more pictures; empty while there are."""
        self._lock = threading.Lock()
        self._ring: Ring | None = None
        self._seen: tuple[SlotName, float] | None = None
        self._thread = threading.Thread(target=self._hear, name="look", daemon=True)
        self._thread.start()

    def jpeg(self) -> tuple[bytes, tuple[int, int]] | None:
        """The newest picture and its size; ``None`` when there is none, or none that is new enough."""
        with self._lock:
            planes = None if self._ring is None else self._newest(self._ring)
        return None if planes is None else (_jpeg(*planes), (planes[0].shape[1], planes[0].shape[0]))

    def close(self) -> None:
        """Look no more; the agent notices."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE_S)
        self._peer.close()

    def _newest(self, ring: Ring) -> tuple[Plane, Plane, Plane] | None:
        name, now_s = ring.newest(), time.monotonic()
        if name is None:
            return None
        if self._seen is None or self._seen[0] != name:
            self._seen = name, now_s
        if now_s - self._seen[1] > MAX_AGE_S or (planes := ring.read(name)) is None:
            return None
        copies = planes[0].copy(), planes[1].copy(), planes[2].copy()
        return copies if ring.read(name) is not None else None  # it was written over meanwhile

    def _hear(self) -> None:
        why = "the agent has ended"
        try:
            while True:
                data, fds, _, _ = socket.recv_fds(self._peer, _NEWS_BYTES, 1)
                if not data:
                    break
                news = msgspec.json.decode(data, type=AimNews)
                if news.closed:
                    why = news.closed
                    break
                if news.layout is not None and fds:
                    self._map(news.layout, fds[0])
        except (OSError, ValueError, msgspec.MsgspecError):
            pass
        self.over = why
        with self._lock:
            self._unmap()

    def _map(self, layout: RingLayout, fd: int) -> None:
        try:
            with self._lock:
                self._unmap()
                self._ring = Ring(layout, fd, writable=False)
        finally:
            os.close(fd)

    def _unmap(self) -> None:
        if self._ring is not None:
            self._ring.close()
            self._ring = None


def _jpeg(y: Plane, u: Plane, v: Plane) -> bytes:
    """JPEG of YUV 4:2:0, BT.601, video range."""
    height, width = y.shape
    whole = np.pad(y, ((0, height % 2), (0, width % 2)), mode="edge")
    planar = np.concatenate([whole.ravel(), u.ravel(), v.ravel()]).reshape(whole.shape[0] * 3 // 2, whole.shape[1])
    picture: Any = cv2.cvtColor(planar, cv2.COLOR_YUV2BGR_I420)[:height, :width]
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])
