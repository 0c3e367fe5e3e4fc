"""Who may look, and for how long. Pure.

Rules:

- A code opens the page once, for one browser; too many wrong ones close it for good.
- It is over when its time is, and when the browser has asked for nothing for a while: it was closed, or its owner walked away.
- A browser that has traded the code is known by its ticket, and by nothing else.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

AWAY_S = 15.0
"""Without a picture asked for; the page asks twice a second."""
ENTER_S = 120.0
"""In which the code has to be used."""
WRONG = 5
"""Codes that may be wrong: of a million million, nobody guesses one."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are mistaken for one another."""


def new_code() -> str:
    """A one-time code: eight letters, forty bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


@dataclass
class Admission:
    """Of one page.

    Attributes:
        code: that opens it.
        until_s: monotonic second at which it is over in any case.
        since_s: monotonic second at which it was made.
    """

    code: str
    since_s: float
    until_s: float
    wrong: int = 0
    ticket: str = ""
    """Of the browser that gave the code; empty = none has."""
    seen_s: float = 0.0

    def enter(self, code: str, now_s: float) -> str | None:
        """Trade the code for a ticket; ``None`` where it is wrong or was used."""
        if self.over(now_s):
            return None
        if self.ticket or not hmac.compare_digest(code.strip().upper().encode(), self.code.encode()):
            self.wrong += 1
            return None
        self.ticket, self.seen_s = secrets.token_urlsafe(32), now_s
        return self.ticket

    def admits(self, ticket: str, now_s: float) -> bool:
        """Whether a browser with this ticket may look."""
        known = bool(self.ticket) and hmac.compare_digest(ticket.encode(), self.ticket.encode())
        if not known or self.over(now_s):
            return False
        self.seen_s = now_s
        return True

    def over(self, now_s: float) -> str:
        """Why nobody may look any more; empty while somebody may."""
        if now_s >= self.until_s:
            return "its time is over"
        if self.wrong >= WRONG:
            return f"{WRONG} wrong codes were tried"
        if not self.ticket and now_s - self.since_s >= ENTER_S:
            return f"nobody came within {ENTER_S:.0f} s"
        if self.ticket and now_s - self.seen_s >= AWAY_S:
            return "the browser has gone"
        return ""
