"""Addresses of cameras in a configuration.

Rules: no user name and no password, wherever cameras take them (before the host, in the query, in the path): configurations
travel, are stored and are shown. Nothing that would end a line of a request. Messages never repeat the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from protocol.redact import redact

_SCHEMES = {"rtsp": ("rtsp",), "mjpeg": ("http", "https")}
"""By the kind of a source."""

_TAKE_OUT = (
    'a user name or password stands in the uri, and a configuration travels: take it out, give credential = "NAME", and write '
    "it on the box with `lamplighter edge credential NAME`"
)

_OTHER = re.compile(r"[^\x21-\x7e]")
"""What cannot stand in an address (RFC 3986): blanks, control characters, what is not ASCII."""


def address_faults(kind: str, uri: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a source's address.

    Args:
        kind: of the source.
        uri: its address.

    Yields:
        The field at fault, ``uri`` or ``kind``, and what to do.
    """
    scheme = uri.partition("://")[0].lower() if "://" in uri else ""
    of_camera = next((of for of, schemes in _SCHEMES.items() if scheme in schemes), None)
    if (scheme not in {"", "file"} or kind in _SCHEMES) and redact(uri) != uri:
        yield "uri", _TAKE_OUT
    if kind in _SCHEMES:
        yield from _of_network(uri, _SCHEMES[kind])
    elif of_camera is not None:
        yield "kind", f'its uri is the address of a camera: give kind = "{of_camera}"'
    elif scheme not in {"", "file"}:
        yield (
            "uri",
            "nothing is read from there; give a recording's path, or rtsp://, http:// or https:// and the camera's kind",
        )
    elif kind == "v4l2" and not uri.startswith("/"):
        yield "uri", "a device is named by its path, /dev/video0 or better one of /dev/v4l/by-id"


def _of_network(uri: str, schemes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if _OTHER.search(uri):
        yield "uri", "blanks and characters beyond ASCII are written as % and two digits in an address"
        return
    try:
        parts = urlsplit(uri)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, usable = None, False
    if parts is not None and parts.scheme not in schemes:
        yield "uri", f"the address of such a camera begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    elif not usable:
        yield (
            "uri",
            f"a host is missing or its port is none: {schemes[0]}://10.0.0.4/path, with :PORT behind the host if need be",
        )
