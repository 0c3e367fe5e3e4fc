"""Bytes from a folder: a repository on a stick, under ``file:`` URLs. A stick may hold as strange things as a server sends."""

from __future__ import annotations

import os
import stat
import urllib.parse
from collections.abc import Callable, Iterator, Mapping

from ota.device.errors import FetchError, LyingError, StatusError
from ota.device.transport import Body, Transport

_BLOCK = 1 << 16
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MISSING = 404


class FolderTransport:
    """Behind the port :class:`ota.device.transport.Transport`. Only plain files are read: no links, no pipes, no devices."""

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Open a file; what of it stands behind ``at``, if there is that much."""
        del within_s, etag
        parts = urllib.parse.urlsplit(url)
        path = urllib.parse.unquote(parts.path)
        if parts.scheme != "file" or parts.netloc or "\0" in path:
            msg = f"{url[:120]!r} is no file"
            raise LyingError(msg)
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError as error:
            msg = f"{path}: not there"
            raise StatusError(msg, _MISSING) from error
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror})"
            raise FetchError(msg) from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            msg = f"{path}: not a plain file"
            raise LyingError(msg)
        start = at if at < found.st_size else 0
        file = os.fdopen(descriptor, "rb", buffering=0)
        file.seek(start)
        return Body(start, _blocks(file.read, path), file.close)


class Transports:
    """Chooses by the scheme of a URL.

    Args:
        by_scheme: which there are.
    """

    def __init__(self, by_scheme: Mapping[str, Transport]) -> None:
        self._by_scheme = by_scheme

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Ask for a file."""
        transport = self._by_scheme.get(urllib.parse.urlsplit(url).scheme)
        if transport is None:
            msg = f"{url[:120]!r} cannot be fetched; known are {', '.join(sorted(self._by_scheme))}"
            raise LyingError(msg)
        return transport.open(url, within_s, at, etag)


def _blocks(read: Callable[[int], bytes | None], path: str) -> Iterator[bytes]:
    try:
        while block := read(_BLOCK):
            yield block
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise FetchError(msg) from error
