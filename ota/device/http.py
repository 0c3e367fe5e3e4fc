"""Bytes over HTTP: ranges, and a deadline that holds whatever a server does.

Rules:

- Nothing is decoded, guessed or followed beyond what is asked for: no content coding, three redirects, none from TLS to plain.
  The body of a redirect or an error is never read: it may have no end.
- A range is what was asked for, or it is a lie: 206 with another beginning, another total or without saying which is not taken.
- Within a deadline the connection is shut from beside (:mod:`ota.device.lines`).
- Proxies are taken from the environment (``HTTPS_PROXY``, ``NO_PROXY`` and so on).

One request at a time; not for several threads.
"""

from __future__ import annotations

import re
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from ota.device.errors import FetchError, LyingError, StatusError
from ota.device.lines import Guard, Lines, watched
from ota.device.transport import Body

_BLOCK = 1 << 16
_WAIT_S = 20.0
"""For a connection, and for the next byte: twice what a modem takes to wake up."""
_REDIRECTS = 3
_MOVED = frozenset({301, 302, 303, 307, 308})
_OK, _PARTIAL = 200, 206
_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)\Z")
_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"\Z')


class HttpTransport:
    """Behind the port :class:`ota.device.transport.Transport`.

    Args:
        agent: what it calls itself.
        tls: whom to believe; nothing = those whom the system believes.
        environment: proxies by scheme, as ``urllib.request.getproxies_environment`` reads them; nothing = the environment's.
        wait_s: for a connection, and for the next byte.
    """

    def __init__(
        self,
        agent: str = "lamplighter",
        tls: ssl.SSLContext | None = None,
        environment: dict[str, str] | None = None,
        wait_s: float = _WAIT_S,
    ) -> None:
        self._headers = {"User-Agent": agent, "Accept-Encoding": "identity"}
        self._proxies = urllib.request.getproxies_environment() if environment is None else environment
        self._tls, self._wait_s = tls, wait_s
        self._managers: dict[str, urllib3.PoolManager] = {}
        self._lines = Lines()

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Ask for a file, or for what of it stands behind ``at``."""
        headers = dict(self._headers)
        if at:
            headers["Range"] = f"bytes={at}-"
        if at and etag:
            headers["If-Range"] = etag
        guard = Guard(self._lines, within_s)
        try:
            response = self._follow(url, headers)
            try:
                start = _start(response, url, at)
            except FetchError:
                response.close()
                raise
        except BaseException as error:
            guard.end()
            if guard.fired and isinstance(error, FetchError):
                raise guard.error(url) from error
            raise
        tag = response.headers.get("ETag", "")

        def close() -> None:
            guard.end()
            response.close()

        return Body(start, _blocks(response, url, guard), close, tag if _STRONG_TAG.match(tag) else "")

    def close(self) -> None:
        """Close what stands open."""
        for manager in self._managers.values():
            manager.clear()
        self._lines.sweep()

    def _follow(self, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """Ask, and ask again where it has moved to."""
        for _ in range(_REDIRECTS + 1):
            response = self._ask(url, headers)
            if response.status not in _MOVED:
                return response
            response.close()
            following = urllib.parse.urljoin(url, response.headers.get("Location", ""))
            if url.startswith("https:") and not following.startswith("https:"):
                msg = f"{url} sends to {following[:80]}, out of TLS; that is not followed"
                raise LyingError(msg)
            url = following
        msg = f"{url} is the {_REDIRECTS + 1}th place that is sent to; that is not followed"
        raise LyingError(msg)

    def _ask(self, url: str, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"{url[:120]!r} is no address of a web server"
            raise LyingError(msg)
        timeout = urllib3.Timeout(connect=self._wait_s, read=self._wait_s)
        try:
            return self._manager(parts.scheme, parts.hostname).request(
                "GET", url, headers=headers, preload_content=False, redirect=False, retries=False, timeout=timeout
            )
        except (HTTPError, OSError, ValueError) as error:
            server = f"{parts.scheme}://{parts.netloc}"  # a whole address would leave no room for the reason
            untrusted = next((each for each in error.args if isinstance(each, ssl.SSLCertVerificationError)), None)
            if untrusted is not None:
                msg = f"{server}: its certificate is not trusted ({untrusted.verify_message}); mend the box's ca"
            else:
                msg = f"{server}: no answer ({_told(error)})"
            raise FetchError(msg) from error

    def _manager(self, scheme: str, host: str) -> urllib3.PoolManager:
        proxy = ""
        if not urllib.request.proxy_bypass(host, self._proxies):
            proxy = self._proxies.get(scheme) or self._proxies.get("all", "")
        if proxy not in self._managers:
            kept: dict[str, Any] = {"num_pools": 4, "maxsize": 1}
            if self._tls is not None:
                kept["ssl_context"] = self._tls
            manager = urllib3.ProxyManager(proxy, **kept) if proxy else urllib3.PoolManager(**kept)
            manager.pool_classes_by_scheme = watched(self._lines)
            self._managers[proxy] = manager
        return self._managers[proxy]


def _start(response: urllib3.BaseHTTPResponse, url: str, at: int) -> int:
    """From which byte on it is sent.

    Raises:
        FetchError: it is not sent, or something else is.
    """
    if response.status not in {_OK, _PARTIAL}:
        msg = f"{url}: {response.status} {(response.reason or '')[:40]}".rstrip()
        raise StatusError(msg, response.status)
    coding = response.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        msg = f"{url} is sent as {coding[:40]!r}, which was not asked for; configure the mirror to send files as they are"
        raise LyingError(msg)
    if response.status == _OK:
        return 0
    found = _RANGE.match(response.headers.get("Content-Range", ""))
    if not at or found is None or int(found[1]) != at:
        said = response.headers.get("Content-Range", "no range")[:60]
        msg = f"{url} is sent in part ({said}), and asked for was what stands behind byte {at}; another mirror is tried"
        raise LyingError(msg)
    return at


def _blocks(response: urllib3.BaseHTTPResponse, url: str, guard: Guard) -> Iterator[bytes]:
    """What comes, as it comes."""
    try:
        while block := response.read1(_BLOCK):
            yield block
    except (HTTPError, OSError, ValueError) as error:
        if guard.fired:
            raise guard.error(url) from error
        msg = f"{url}: broken off ({_told(error)})"
        raise FetchError(msg) from error
    finally:
        guard.end()
    if guard.fired:
        raise guard.error(url)


def _told(error: BaseException) -> str:
    """The beginning of what a library says, which may be long and name objects in memory."""
    return re.sub(r"<[^>]*>:? ?", "", str(error))[:100] or type(error).__name__
