"""The manager's API as the command line asks it: with a session, bounded waits, and errors in the manager's own words.

Rule: a person decides, so a person signs in; nothing is done in the name of a machine.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_TIMEOUT_S = 30.0
_LONG_S = 300.0
"""For the answer to a million lines, which are sealed before it comes."""


class ClientError(Exception):
    """The manager refused or did not answer; the message is for people.

    Attributes:
        status: of the answer; 0 = there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Access:
    """Where the manager is, and who asks.

    Attributes:
        url: of the manager.
        token: of a session; empty = sign in by name and password.
        ca: certificate of the fleet's authority, for HTTPS.
    """

    url: str
    token: str = ""
    name: str = ""
    password: str = ""
    ca: Path | None = None


class Client:
    """Asks. Use :func:`open_client`."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        """One request below ``/api/v1/``.

        Raises:
            ClientError: refused, or no answer.
        """
        return self._answer(method, path, json=json)

    def send(self, path: str, pieces: Iterator[bytes], size: int) -> Any:
        """Send a long body, a piece at a time.

        Args:
            path: below ``/api/v1/``.
            pieces: of the body.
            size: bytes of all of them.

        Raises:
            ClientError: refused, or no answer.
        """
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        return self._answer("POST", path, content=pieces, headers=headers, timeout=_LONG_S)

    def _answer(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._http.request(method, f"/api/v1/{path}", **options)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            msg = f"{self._http.base_url} does not answer: {why}; is the address right, and does the manager run?"
            raise ClientError(msg) from error
        try:
            value = answer.json()
        except ValueError:
            value = None
        if answer.is_success and value is not None:
            return value
        words = value.get("message") if isinstance(value, dict) else None
        msg = str(words or f"{self._http.base_url} answered {answer.status_code} without words; is this a manager?")
        raise ClientError(msg, answer.status_code)


@contextlib.contextmanager
def open_client(access: Access) -> Iterator[Client]:
    """A client with a session. A session that was begun here ends here.

    Raises:
        ClientError: the manager does not answer, the certificate is not of its authority, or name and password are not its.
    """
    verify: bool | ssl.SSLContext = True
    if access.ca is not None:
        try:
            verify = ssl.create_default_context(cafile=str(access.ca))
        except (OSError, ssl.SSLError) as error:
            msg = f"{access.ca}: not a certificate that can be read; name the fleet's ca.crt with --ca"
            raise ClientError(msg) from error
    try:
        http = httpx.Client(base_url=access.url, timeout=_TIMEOUT_S, verify=verify, trust_env=False)
    except (httpx.InvalidURL, ValueError) as error:
        msg = f"{access.url!r} is no address of a manager: {error}; for example http://127.0.0.1:8080"
        raise ClientError(msg) from error
    with http:
        client = Client(http)
        token = access.token or _sign_in(client, access)
        http.headers["Authorization"] = f"Bearer {token}"
        try:
            yield client
        finally:
            if not access.token:
                with contextlib.suppress(ClientError):
                    client.ask("POST", "logout")


def _sign_in(client: Client, access: Access) -> str:
    return str(client.ask("POST", "login", {"name": access.name, "password": access.password})["token"])
