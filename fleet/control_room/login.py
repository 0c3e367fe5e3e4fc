"""The pages before all others: plain HTML without a script, so that signing in works wherever a browser does."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

_FRAME = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Lamplighter: {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{fonts}"><link rel="stylesheet" href="{assets}/login.css">
<link rel="icon" href="{assets}/lamp.svg" type="image/svg+xml"></head>
<body><main>
<h1><i aria-hidden="true"></i>Lamplighter</h1><p>Control room of {fleet}</p>{inside}
</main></body></html>
"""
_SIGN_IN = """{notice}{error}
<form method="post" action="/login"><input type="hidden" name="next" value="{next}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" maxlength="64" required{focus_name} value="{name}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required{focus_password}>
<button type="submit">Sign in</button></form>
<footer>What you decide here is recorded with your name.</footer>"""
_REFUSED = """<p class="error" role="alert">Your role does not include {guarded}.</p>
<p>You are signed in as {name}, {role}.</p>
<form method="get" action="/"><button type="submit" autofocus>Go to the live page</button></form>
<form method="post" action="/logout"><button type="submit" class="second">Sign in as somebody else</button></form>"""

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
    inside = _SIGN_IN.format(
        next=escape(after),
        name=escape(name),
        error=f'<p class="error" role="alert">{escape(error)}</p>' if error else "",
        notice=f'<p class="notice" role="status">{escape(notice)}</p>' if notice else "",
        focus_name="" if name else " autofocus",
        focus_password=" autofocus" if name else "",
    )
    return _framed("sign in", inside, fleet, assets, fonts)


def refused_page(  # noqa: PLR0913 - what the page shows
    *, fleet: str, assets: str, fonts: str, name: str, role: str, guarded: str
) -> str:
    """Render what somebody sees who opens a page that is not theirs.

    Args:
        fleet: whose control room this is.
        assets: address of the folder with the style sheet.
        fonts: address of the fonts' style sheet.
        name: of who is signed in.
        role: of theirs.
        guarded: what the role does not include.
    """
    inside = _REFUSED.format(guarded=escape(guarded), name=escape(name), role=escape(role))
    return _framed("not for your role", inside, fleet, assets, fonts)


def _framed(title: str, inside: str, fleet: str, assets: str, fonts: str) -> str:
    return _FRAME.format(title=title, inside=inside, fleet=escape(fleet), assets=escape(assets), fonts=escape(fonts))


def safe_next(after: str) -> str:
    """Where to go after signing in: a path on this host, or the front page. Never another site."""
    parts = urlsplit(after)
    on_this_host = not parts.scheme and not parts.netloc and after.startswith("/") and not after.startswith(("//", "/\\"))
    return after if on_this_host and "\\" not in after and after.isprintable() else "/"
