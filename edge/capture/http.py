"""Asking a camera over HTTP.

Rules: exactly this address is asked: no proxy of the environment, no redirection, nothing but HTTP. A user name and password
are told once, digest (RFC 7616) before basic (RFC 7617) where a camera takes both, and only after it has asked.
"""

from __future__ import annotations

import urllib.request
from http.client import HTTPMessage, HTTPResponse
from typing import Any

from edge.credentials import Credential


def _is_first(request: urllib.request.Request) -> bool:
    """Whether the camera was told nothing yet."""
    return not request.has_header("Authorization")


class _Digest(urllib.request.HTTPDigestAuthHandler):
    def http_error_401(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        return super().http_error_401(req, fp, code, msg, headers) if _is_first(req) else None


class _Basic(urllib.request.HTTPBasicAuthHandler):
    def http_error_401(self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage) -> Any:
        return super().http_error_401(req, fp, code, msg, headers) if _is_first(req) else None


def get(uri: str, credential: Credential | None, timeout_s: float) -> HTTPResponse:
    """Ask for an address.

    Args:
        uri: http:// or https://.
        credential: what the camera is told when it asks.
        timeout_s: longest wait for the connection, and for anything to come over it.

    Returns:
        The answer, its body not read.

    Raises:
        OSError: nobody answers, or the camera refuses (:class:`urllib.error.HTTPError`, with its status).
        ValueError: it asks for something that is not known here.
        http.client.HTTPException: it answers no HTTP.
    """
    opener = urllib.request.OpenerDirector()
    opener.addheaders = [("User-Agent", "Lamplighter")]
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ]
    if credential is not None:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, uri, credential.user, credential.password)
        handlers += [_Digest(passwords), _Basic(passwords)]
    for handler in handlers:
        opener.add_handler(handler)
    answer: HTTPResponse = opener.open(urllib.request.Request(uri), timeout=timeout_s)  # noqa: S310 - no handler for anything else
    return answer
