"""One file over HTTPS, known beforehand by size and SHA-256.

Rules: encrypted from end to end, redirects included; no byte more is kept than the file has; what has arrived is kept beside
the target under the hash of what it is to become, and the next attempt asks for the rest; nothing gets the target's name before
its hash was right; a server that is silent, slow or without end is left.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any, TypeAlias
from urllib.parse import urlsplit

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many bytes of how many are here."""

SILENCE_S = 30.0
"""A server that says nothing for so long is left."""
SLOWEST = 5_000
"""Bytes per second, on average, below which a download is given up: the slowest link that a file of 4 MB has a use for."""
GRACE_S = 60.0
"""Added to what the slowest download may take."""
ATTEMPTS = 5
"""Most connections to one download. One that brings nothing is the last."""
_BLOCK = 1 << 16
_PART = ".part"


class DownloadError(Exception):
    """The file is not here; the message says what was wrong, without a remedy, which depends on who asked."""


class _CutOffError(Exception):
    """The connection ended early; what has arrived is kept."""


@dataclass(frozen=True)
class Wanted:
    """A file, before it is here."""

    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for."""

    silence_s: float = SILENCE_S
    """For its next word."""
    grace_s: float = GRACE_S
    """On top of what the slowest link takes."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(  # noqa: PLR0913 - the signature is urllib's
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https":
            fp.close()
            text = f"{req.host} sends on to {newurl[:200]}, which is not encrypted; that is not followed"
            raise DownloadError(text)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def make_opener(context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """Make what opens addresses: HTTPS and nothing else, through the environment's proxy where there is one.

    Args:
        context: whom to trust; the system's authorities when absent.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPSHandler(context=context or ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        _HttpsOnly(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def download(
    wanted: Wanted,
    target: Path,
    opener: urllib.request.OpenerDirector,
    progress: Progress,
    patience: Patience | None = None,
) -> None:
    """Bring a file to ``target``.

    Args:
        wanted: what, and from where.
        target: its place; the folder is made.
        opener: from :func:`make_opener`.
        progress: told after each block.
        patience: with a slow server.

    Raises:
        DownloadError: when it cannot be brought; ``target`` is as it was.
        OSError: when the disk refuses.
    """
    if urlsplit(wanted.url).scheme != "https":
        msg = f"{wanted.url}: not an address of HTTPS"
        raise DownloadError(msg)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{wanted.sha256}{_PART}")
    with part.open("a+b") as file:
        _alone(file, wanted)
        try:
            _Download(wanted, file, opener, progress, patience or Patience()).run()
        finally:
            if not os.fstat(file.fileno()).st_size:
                part.unlink(missing_ok=True)
        os.fsync(file.fileno())
        part.replace(target)
    _sync_folder(target.parent)


class _Download:
    """The attempts at one file."""

    def __init__(
        self, wanted: Wanted, file: IO[bytes], opener: urllib.request.OpenerDirector, progress: Progress, patience: Patience
    ) -> None:
        self._wanted, self._file, self._opener, self._progress, self._patience = wanted, file, opener, progress, patience
        self._deadline = patience.clock() + patience.grace_s + wanted.size / SLOWEST
        self._host = urlsplit(wanted.url).hostname

    def run(self) -> None:
        """Connect until the file is whole; once more from the beginning when what was resumed turns out to be another."""
        if self._here() > self._wanted.size:
            self._file.truncate(0)
        resumed = self._here() > 0
        self._complete()
        if not self._right() and resumed:
            self._file.truncate(0)
            self._complete()
        if not self._right():
            found = self._digest()
            self._file.truncate(0)
            msg = (
                f"{self._wanted.url} gave another file than the recipe names (SHA-256 {found}, not {self._wanted.sha256}); "
                "it was thrown away"
            )
            raise DownloadError(msg)

    def _complete(self) -> None:
        for _ in range(ATTEMPTS):
            before = self._here()
            if before == self._wanted.size:
                return
            try:
                self._attempt(before)
            except _CutOffError as error:
                if self._here() <= before:
                    msg = f"{self._host} ended the connection ({error}) at {before} of {self._wanted.size} bytes"
                    raise DownloadError(msg) from error
        if self._here() != self._wanted.size:
            msg = f"{self._host} ended {ATTEMPTS} connections early, at {self._here()} of {self._wanted.size} bytes"
            raise DownloadError(msg)

    def _attempt(self, have: int) -> None:
        headers = {"Accept-Encoding": "identity", "User-Agent": "lamplighter"}
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self._wanted.url, headers=headers)  # noqa: S310 - the opener knows HTTPS alone
        try:
            with self._opener.open(request, timeout=self._patience.silence_s) as response:
                self._receive(response, have)
        except urllib.error.HTTPError as error:
            with error:
                if have and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    self._file.truncate(0)
                    return
                msg = f"{self._wanted.url} answered {error.code} {error.reason}"
                raise DownloadError(msg) from error
        except urllib.error.URLError as error:
            raise DownloadError(self._unreached(error.reason)) from error
        except (TimeoutError, http.client.HTTPException, ssl.SSLError, ConnectionError) as error:
            reason = (
                f"silent for {self._patience.silence_s:g} s"
                if isinstance(error, TimeoutError)
                else str(error) or "without a word"
            )
            raise _CutOffError(reason) from error

    def _unreached(self, reason: object) -> str:
        if isinstance(reason, ssl.SSLCertVerificationError):
            return f"{self._host} showed a certificate that is not trusted here ({reason.verify_message})"
        if isinstance(reason, TimeoutError):
            return f"{self._host} could not be reached (no answer within {self._patience.silence_s:g} s)"
        text = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
        return f"{self._host} could not be reached ({text})"

    def _receive(self, response: Any, have: int) -> None:
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            range_ = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
            if range_ is None or int(range_[1]) != have:
                self._file.truncate(0)
                return
        elif response.status == http.HTTPStatus.OK:
            self._file.truncate(0)
            have = 0
        else:
            msg = f"{self._wanted.url} answered {response.status} {response.reason}"
            raise DownloadError(msg)
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and have + int(length) > self._wanted.size:
            self._too_large(have + int(length))
        self._progress(have, self._wanted.size)
        while block := response.read1(_BLOCK):
            have += len(block)
            if have > self._wanted.size:
                self._too_large(None)
            self._file.write(block)
            self._progress(have, self._wanted.size)
            if self._patience.clock() > self._deadline:
                self._file.flush()
                msg = f"{self._host} is too slow: {have} of {self._wanted.size} bytes; what has arrived is kept"
                raise DownloadError(msg)
        self._file.flush()
        if have < self._wanted.size:
            msg = "before its end"
            raise _CutOffError(msg)

    def _too_large(self, size: int | None) -> None:
        self._file.truncate(0)
        how = f"{size} bytes" if size is not None else f"more than {self._wanted.size} bytes"
        msg = f"{self._wanted.url} gives {how}, the recipe names {self._wanted.size}; it was not taken"
        raise DownloadError(msg)

    def _here(self) -> int:
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def _right(self) -> bool:
        return self._here() == self._wanted.size and self._digest() == self._wanted.sha256

    def _digest(self) -> str:
        self._file.seek(0)
        digest = hashlib.sha256()
        while block := self._file.read(_BLOCK):
            digest.update(block)
        return digest.hexdigest()


def _alone(file: IO[bytes], wanted: Wanted) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        msg = f"{wanted.url} is being fetched already, by another process"
        raise DownloadError(msg) from error


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
