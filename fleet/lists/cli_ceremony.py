"""What is done once on the manager's own machine: the list authority, and the master key of the key store.

Rules: each step says what it did and what comes next; nothing is written over; a password is asked for twice, or read from a
file.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.identity.authority import Authority, KeysError
from fleet.identity.files import write_whole
from fleet.lists.authority import CERTIFICATE, KEY, PASSWORD, PUBLIC, SIGNER, make_authority, take_authority
from fleet.lists.errors import HitListError
from fleet.lists.master import MASTER, make_master
from fleet.lists.master import PASSWORD as KEYS_PASSWORD

authority = typer.Typer(no_args_is_help=True, help="The key that signs hit lists.")

Data = Annotated[Path, typer.Option(help="The manager's data folder")]
FleetName = Annotated[str, typer.Option(help="Name of the fleet")]
PasswordFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="File with the password; asked for when absent")
]


@authority.callback()
def group() -> None:
    """The key that signs hit lists."""


@authority.command("init")
def init(
    *,
    data: Data = Path("var/fleet"),
    fleet: FleetName = "city",
    password_file: PasswordFile = None,
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Public half, PEM, of a key that lies elsewhere, as on a token"),
    ] = None,
) -> None:
    """Make the list authority: its key, or the public half of one that lies elsewhere, and its certificate."""
    folder = data.resolve() / "keys"
    try:
        fleets = Authority(folder, fleet)
        if public_key is not None:
            public = take_authority(folder, public_key)
            typer.echo(f"1. took the public half of the key: {folder / PUBLIC}")
        else:
            public = make_authority(folder, _password(password_file, "password of the list authority's key"))
            typer.echo(f"1. made the key, which the password opens: {folder / KEY}")
        _certify(folder, fleets, public)
    except (HitListError, KeysError, OSError) as error:
        _fail(str(error))
    typer.echo(f"2. the fleet's authority has certified it for hit lists and nothing else: {folder / CERTIFICATE}")
    if public_key is not None:
        typer.echo(f"3. name the command that signs in {SIGNER}: it gets what is to be signed on its standard input")
    else:
        typer.echo(f"3. copy {KEY} to a medium that is locked away, and write the password down apart from it")
        typer.echo(f"4. start the manager with {PASSWORD}, or with {PASSWORD}_FILE and the path of a file with the password")


@authority.command("show")
def show(*, data: Data = Path("var/fleet")) -> None:
    """Show the certificate of the list authority."""
    path = data.resolve() / "keys" / CERTIFICATE
    try:
        typer.echo(path.read_text("ascii"), nl=False)
    except (OSError, UnicodeDecodeError):
        _fail(f"{path}: is not there; make the authority with `lamplighter lists authority init`")


def make_master_key(*, data: Data = Path("var/fleet"), password_file: PasswordFile = None) -> None:
    """Make the master key, under which all keys of plates are sealed. On the manager's machine."""
    folder = data.resolve() / "keys"
    try:
        path = make_master(folder, _password(password_file, "password of the master key"))
    except HitListError as error:
        _fail(str(error))
    typer.echo(f"1. made the master key, which the password opens: {path}")
    typer.echo("2. copy it to a medium that is locked away, apart from copies of the store, and write the password down")
    typer.echo(f"3. start the manager with {KEYS_PASSWORD}, or with {KEYS_PASSWORD}_FILE and the path of a file with it")
    typer.echo(f"   (a secret store may give 32 bytes, base64url, in {MASTER} instead; then this file is not needed)")


def _certify(folder: Path, fleets: Authority, public: Ed25519PublicKey) -> None:
    made = fleets.sign_lists(public, dt.datetime.now(dt.timezone.utc))
    write_whole(folder / CERTIFICATE, made.public_bytes(serialization.Encoding.PEM))


def _password(file: Path | None, what: str) -> str:
    if file is not None:
        return file.read_text("utf-8").strip()
    return str(typer.prompt(what, hide_input=True, confirmation_prompt=True))


def _fail(message: str) -> Any:
    typer.echo(message, err=True)
    raise typer.Exit(1)
