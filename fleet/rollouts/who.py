"""Who types: the options in front of all commands that ask the manager, one question, and how its answer is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console, RenderableType

from fleet.rollouts.client import Access, Client, ClientError, open_client

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


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


def sign_in(  # noqa: PLR0913 - options
    context: typer.Context,
    *,
    url: Annotated[str, typer.Option(envvar="LAMPLIGHTER_URL", help="Address of the manager")] = "http://127.0.0.1:8080",
    user: Annotated[str, typer.Option("--user", envvar="LAMPLIGHTER_USER", help="Who signs in")] = "",
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with the password; asked for when absent")
    ] = None,
    token: Annotated[str, typer.Option(envvar="LAMPLIGHTER_TOKEN", help="Of a session, instead of name and password")] = "",
    ca: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The fleet's ca.crt, for HTTPS")] = None,
) -> None:
    """The options in front of all commands; for ``app.callback(help=...)``."""
    context.obj = Session(url, user, password_file, token, ca)


def run(context: typer.Context, ask: Callable[[Client], Any], told: Callable[[Any], RenderableType], *, as_json: bool) -> None:
    """Ask the manager, and show what it says.

    Args:
        context: of a command, after :func:`sign_in`.
        ask: asks.
        told: lays the answer out for people.
        as_json: print the answer itself.

    Raises:
        typer.Exit: it refused or did not answer; why has been said.
    """
    shared: Session = context.obj
    try:
        with open_client(shared.access()) as client:
            answer = ask(client)
    except ClientError as error:
        fail(str(error))
    if as_json:
        print_json(answer)
    else:
        Console().print(told(answer))


def print_json(answer: Any) -> None:
    """For programs: one line."""
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def fail(message: str) -> NoReturn:
    """Say why nothing was done.

    Raises:
        typer.Exit: always, with status 1.
    """
    typer.echo(message, err=True)
    raise typer.Exit(1)
