"""Mirrors in memory, behind the port :class:`ota.device.transport.Transport`: honest ones, and such as a test makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from ota.device.errors import FetchError, StatusError
from ota.device.transport import Body

_BLOCK = 2048


class MemoryTransport:
    """Serves each host's files.

    Args:
        mirrors: files by path, by host: ``memory://HOST/PATH``.
        breaks: told the path and how many bytes are about to be sent; says after how many the connection breaks.

    Attributes:
        asked: path and first byte of each request, in order.
        sent: bytes.
        down: nobody answers.
    """

    def __init__(
        self, mirrors: Mapping[str, Mapping[str, bytes]], breaks: Callable[[str, int], int] = lambda _path, size: size
    ) -> None:
        self._mirrors, self._breaks = mirrors, breaks
        self.asked: list[tuple[str, int]] = []
        self.sent = 0
        self.down = False

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Ask for a file; ranges are honoured."""
        assert within_s > 0
        parts = urlsplit(url)
        path = unquote(parts.path).lstrip("/")
        self.asked.append((path, at))
        files = self._mirrors.get(parts.hostname or "")
        if self.down or files is None:
            msg = f"{url}: nobody answers"
            raise FetchError(msg)
        if path not in files:
            msg = f"{url}: 404"
            raise StatusError(msg, 404)
        tag = f'"{len(files[path])}"'
        start = at if not etag or etag == tag else 0
        if start and start >= len(files[path]):
            msg = f"{url}: 416"
            raise StatusError(msg, 416)
        return Body(start, self._blocks(path, files[path][start:]), lambda: None, tag)

    def _blocks(self, path: str, data: bytes) -> Iterator[bytes]:
        until = self._breaks(path, len(data))
        for at in range(0, min(until, len(data)), _BLOCK):
            block = data[at : min(until, at + _BLOCK)]
            self.sent += len(block)
            yield block
        if until < len(data):
            msg = f"{path}: the connection broke after {until} bytes"
            raise FetchError(msg)
