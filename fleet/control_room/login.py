"""The page before all others: plain HTML without a script, so that signing in works wherever a browser does."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Lamplighter: sign in</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{fonts}"><link rel="stylesheet" href="{assets}/login.css">
<link rel="icon" href="{assets}/lamp.svg" type="image/svg+xml"></head>
<body><main>
<h1><i aria-hidden="true"></i>Lamplighter</h1><p>Control room of {fleet}</p>{notice}{error}
<form method="post" action="/login"><input type="hidden" name="next" value="{next}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" maxlength="64" required{focus_name} value="{name}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required{focus_password}>
<button type="submit">Sign in</button></form>
<footer>What you decide here is recorded with your name.</footer>
</main></body></html>
"""


NOTICES = {"ended": "Your session has ended. Sign in to go on where you were."}
"""What the page says to whoever was sent to it, by the word in its address."""


def login_page(  # noqa: PLR0913 - what the page shows
    *, fleet: str, assets: str, fonts: str, after: str = "/", name: str = "", error: str = "", notice: str = ""
) -> str:
    """Render the page.

    Args:
        fleet: whose control room this is.
        assets: address of the folder with the style sheet.
        fonts: address of the fonts' style sheet.
        after: path to go to when signed in, already made safe by :func:`safe_next`.
        name: what was typed before.
        error: why the last try failed.
        notice: why the page is shown.
    """
    return _PAGE.format(
        fleet=escape(fleet),
        assets=escape(assets),
        fonts=escape(fonts),
        next=escape(after),
        name=escape(name),
        error=f'<p class="error" role="alert">{escape(error)}</p>' if error else "",
        notice=f'<p class="notice" role="status">{escape(notice)}</p>' if notice else "",
        focus_name="" if name else " autofocus",
        focus_password=" autofocus" if name else "",
    )


def safe_next(after: str) -> str:
    """Where to go after signing in: a path on this host, or the front page. Never another site."""
    parts = urlsplit(after)
    on_this_host = not parts.scheme and not parts.netloc and after.startswith("/") and not after.startswith(("//", "/\\"))
    return after if on_this_host and "\\" not in after and after.isprintable() else "/"
