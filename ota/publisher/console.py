"""What all commands of ``lamplighter ota`` share: options, secrets, and how things are told.

Rules: what a pipe may read goes to standard output, what a person reads meanwhile to standard error; an error that somebody can
do something about is one line and exit status 1; a password is never an argument, which others see in the list of processes.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from ota.publisher.errors import KeyRefusedError, PublisherError
from ota.publisher.keys import Ask
from ota.publisher.publisher import Publisher
from ota.publisher.settings import OnlineSigner
from ota.publisher.surroundings import Surroundings, nobody_asked

PASSWORD = "LAMPLIGHTER_OTA_PASSWORD"  # noqa: S105 - the name of a variable
ERR = Console(stderr=True)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

WorkshopFolder = Annotated[
    Path, typer.Option("--workshop", envvar="LAMPLIGHTER_OTA_WORKSHOP", help="The publisher's own folder")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text")]
PasswordVariable = Annotated[
    str, typer.Option("--password-env", help=f"Environment variable with the key's password [{PASSWORD}; else it is asked for]")
]
Signers = Annotated[
    list[str] | None,
    typer.Option("--signer", metavar="NAME=ADDRESS", help="What signs for an online key [NAME.pem beside NAME.pub]"),
]
DEFAULT_WORKSHOP = Path("var/updates/workshop")
DEFAULT_PUBLIC = Path("var/updates/public")


def asking(variable: str = "", *, twice: bool = False, timer: bool = False) -> Ask:
    """Give secrets from an environment variable, or by asking the person at the terminal.

    Args:
        variable: its name; the usual one when nothing is said.
        twice: ask again, so that a typing error is found.
        timer: there may be no person.
    """

    def ask(secret: str) -> str:
        name = variable or PASSWORD
        if name in os.environ:
            return os.environ[name]
        if variable:
            msg = f"the environment variable {variable}, which should hold the {secret}, is not set; set it"
            raise KeyRefusedError(msg)
        if timer and not sys.stdin.isatty():
            return nobody_asked(secret)
        return str(typer.prompt(secret, hide_input=True, confirmation_prompt=twice, err=True))

    return ask


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Errors that a person can do something about become one line and exit status 1."""
    try:
        yield
    except (PublisherError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@contextlib.contextmanager
def publisher(workshop: Path, ask: Ask) -> Iterator[Publisher]:
    """Open a workshop; errors are told."""
    with told():
        yield Publisher(workshop, Surroundings(ask=ask))


@contextlib.contextmanager
def busy_publisher(workshop: Path) -> Iterator[Publisher]:
    """Open a workshop for what takes long and asks nobody; what it does is shown."""
    with told(), ERR.status("reading") as status:
        yield Publisher(workshop, Surroundings(told=status.update))


def online_signers(given: list[str] | None, keys: list[Path], variable: str) -> dict[str, OnlineSigner]:
    """What signs for online keys: as said, else the private half that lies beside the public one.

    Raises:
        KeyRefusedError: when an address is not given as NAME=ADDRESS.
    """
    found = {}
    for path in keys:
        private = path.with_suffix(".pem")
        if private.exists():
            found[path.stem] = OnlineSigner(str(private.resolve()), variable)
    for text in given or ():
        name, equals, address = text.partition("=")
        if not equals or not address:
            msg = "a signer is given as NAME=ADDRESS; the name is that of its key"
            raise KeyRefusedError(msg)
        local = Path(address)
        found[name] = OnlineSigner(str(local.resolve()) if local.exists() else address, variable)
    return found


def write(value: Any) -> None:
    """Write JSON for a pipe."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def say(*lines: str, err: bool = False) -> None:
    """Write text for a person.

    What comes from outside is shown as it is: markup is none here, and no character moves the cursor or turns text around.
    """
    for line in lines:
        shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)
        typer.echo(shown, err=err)


def say_pending(open_publisher: Publisher, *roles: str, dropped: bool = False) -> None:
    """Say what waits for whom, and which file is carried to them."""
    if dropped:
        say("signatures that were given before no longer count, because what was signed has changed")
    state = open_publisher.status()
    if not state.roles:
        say(f"fingerprint of root 1: {state.fingerprint}", "note it on paper; whoever signs compares it")
    for item in state.pending:
        if item.role in roles:
            for tally in item.signatures:
                missing = f"{tally.threshold - len(tally.signed)} of {', '.join(tally.missing)}"
                say(f"pending: {item.role} {item.version}, to be signed by {missing}")
            say(f"carry to them: {item.file}")
