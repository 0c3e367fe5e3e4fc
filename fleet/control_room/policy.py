"""Headers of the pages: a browser loads and sends nothing beyond this host, and keeps what is named by its content."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = "/room/assets/"
"""Where the pages' own files are; below it stands a name made of their content."""
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
"""Vue compiles the pages' templates in the browser (unsafe-eval) and NiceGUI's frame has its script in line."""


class Policy:
    """Adds the content security policy to pages, and lets browsers keep what is named by its content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(ASSETS) and message["status"] == HTTPStatus.OK:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Security-Policy"] = _POLICY
            await send(message)

        await self._app(scope, receive, with_headers)
