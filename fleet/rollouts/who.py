"""Who types: the options in front of all commands, and what is asked for when it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from fleet.rollouts.client import Access


@dataclass(frozen=True)
class Session:
    """The options in front of all commands; a password is asked for when it is needed, not to read the help."""

    url: str
    user: str
    password_file: Path | None
    token: str
    ca: Path | None

    def access(self) -> Access:
        """Who asks."""
        if self.token:
            return Access(self.url, self.token, ca=self.ca)
        user = self.user or str(typer.prompt("name", err=True))
        if self.password_file is not None:
            return Access(self.url, "", user, self.password_file.read_text("utf-8").strip(), self.ca)
        return Access(self.url, "", user, str(typer.prompt("password", hide_input=True, err=True)), self.ca)
