"""First contact: the one-time code for a certificate, over HTTPS (plain HTTP to this machine only).

Rules: only the manager's own words are a refusal; a proxy without a manager behind it, a captive portal or a busy manager is
something to try again.
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from edge.identity.files import Identity, IdentityError, IdentityFiles
from protocol.codec import encode_body
from protocol.enrolment import ENROL_PATH, EnrolRequest, EnrolResponse

_MAX_BYTES = 65536
_TIMEOUT_S = 15.0
_LATER = {408, 429}
"""Answers of the manager itself that ask for another try (too slow, too many)."""
_SERVER_ERROR = 500
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_manager(url: str) -> None:
    """Check the address of a manager.

    Raises:
        IdentityError: no code may go there; says why and what to write.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        msg = f"manager.url {url}: not an address ({error})"
        raise IdentityError(msg) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"manager.url {url}: not an address of a manager; write https://host or https://host:port"
        raise IdentityError(msg)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        msg = f"manager.url {url}: the code must not travel in clear; use https://"
        raise IdentityError(msg)


class EnrolmentRefusedError(IdentityError):
    """The manager refused; trying again with the same code is of no use."""


def enrol(  # noqa: PLR0913 - what first contact needs
    files: IdentityFiles, fleet: str, device: str, url: str, code: str, ca: Path | None
) -> Identity:
    """Trade the code for a certificate.

    Args:
        files: where key and certificate are kept.
        fleet: which fleet the box believes it belongs to.
        device: its name.
        url: the manager's address.
        code: one-time code.
        ca: certificate authority that signs the manager's certificate; the system's when absent.

    Raises:
        EnrolmentRefusedError: the manager's reason, with the remedy.
        IdentityError: anything else, with the remedy.
    """
    check_manager(url)
    request = EnrolRequest(device, code, files.request(device))
    data = _post(url.rstrip("/") + ENROL_PATH, encode_body(request), ca)
    try:
        answer = msgspec.json.decode(data, type=EnrolResponse)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"{url}: the answer is not a manager's ({error}); check manager.url"
        raise IdentityError(msg) from error
    if answer.fleet != fleet:
        msg = f"{url}: this manager leads the fleet {answer.fleet!r}, the box says {fleet!r}; correct box.fleet or manager.url"
        raise EnrolmentRefusedError(msg)
    return files.store(answer)


def _post(url: str, body: bytes, ca: Path | None) -> bytes:
    context = _context(ca) if url.startswith("https:") else None
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=context) as answer:  # noqa: S310 - checked above
            return bytes(answer.read(_MAX_BYTES))
    except urllib.error.HTTPError as error:
        words = _own_words(error)
        if words is None:
            msg = f"{url}: answered {error.code} {error.reason}, not as a manager; check manager.url and what stands before it"
            raise IdentityError(msg) from None
        msg = f"{url}: {words}"
        if error.code in _LATER or error.code >= _SERVER_ERROR:
            raise IdentityError(msg) from None
        raise EnrolmentRefusedError(msg) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            msg = f"{url}: the manager's certificate is not trusted ({error.reason.verify_message}); set manager.ca"
            raise IdentityError(msg) from None
        msg = f"{url}: the manager does not answer ({error.reason}); check manager.url and the network"
        raise IdentityError(msg) from None
    except UnicodeError as error:
        msg = f"{url}: not a name that can be looked up; correct manager.url"
        raise IdentityError(msg) from error
    except (OSError, http.client.HTTPException) as error:
        msg = f"{url}: the manager does not answer ({error}); check manager.url and the network"
        raise IdentityError(msg) from None


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except OSError as error:  # also what is not a certificate
        msg = f"manager.ca {ca}: cannot be used: {error.strerror or error}"
        raise IdentityError(msg) from error


def _own_words(error: urllib.error.HTTPError) -> str | None:
    """The manager's reason; ``None`` when this is not how a manager refuses."""
    with error:
        try:
            text = json.loads(error.read(_MAX_BYTES))["message"]
        except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
            return None
    return str(text)[:300]
