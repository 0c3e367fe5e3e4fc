"""``lamplighter lists``: draft, approve and withdraw hit lists, look at them, and the keys of plates.

Rules: whoever types signs in, as for rollouts; ``--json`` prints what the API answered and nothing else. Exit status 0: done;
1: refused. What is done on the manager's own machine (``authority``, ``keys init``) is in :mod:`fleet.lists.cli_ceremony`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from fleet.lists import show
from fleet.lists.cli_ceremony import authority, make_master_key
from fleet.lists.errors import DraftError
from fleet.lists.typed import body_of, pieces, read_end
from fleet.rollouts.client import Client
from fleet.rollouts.who import AsJson, fail, run, sign_in

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
keys_app = typer.Typer(no_args_is_help=True, help="Keys of plates: what there is and was, and how to show that one is gone.")
app.add_typer(authority, name="authority")
app.add_typer(keys_app, name="keys")
keys_app.command("init")(make_master_key)

Number = Annotated[int, typer.Argument(min=1, help="Number of the draft, as listed")]
ListName = Annotated[str, typer.Argument(help="Name of the list: 1-32 of a-z, 0-9 and -, starting with a letter")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record")]


app.callback(help="Hit lists of number plates, made by one person and approved by another; and the keys of plates.")(sign_in)


@app.command()
def draft(  # noqa: PLR0913 - options
    context: typer.Context,
    name: ListName,
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="The whole list: a plate or pattern a line, then a comma, a comment"),
    ] = None,
    *,
    add: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Entries that come, instead of FILE")] = None,
    remove: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="Entries that go, instead of FILE")] = None,
    purpose: Annotated[str, typer.Option(help="Of the fleet's policy; as it stands by default")] = "",
    basis: Annotated[str, typer.Option(help="Reference of the legal basis, a warrant's number; as it stands by default")] = "",
    until: Annotated[str, typer.Option(help="End: 30d, 2026-12-31; as it stands by default")] = "",
    least: Annotated[
        float | None, typer.Option(help="Probability from which a reading is a hit; as it stands, or 0.5, by default")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draft a list, or a change of one; a second person approves it. Comments stay in the manager."""
    wanted: dict[str, Any] = {"list": name, "purpose": purpose, "basis": basis}
    try:
        if until:
            wanted["expires"] = read_end(until, dt.datetime.now(dt.timezone.utc))
        if least is not None:
            wanted["least"] = least
        body = body_of(wanted, file, add, remove)
    except DraftError as error:
        fail(str(error))
    with body:
        parts, size = pieces(body)
        run(context, lambda client: _sent(client, parts, size, quiet=as_json), show.drafted, as_json=as_json)


@app.command()
def approve(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Approve another person's draft; it is signed and sent to the boxes within seconds."""
    _decide(context, f"lists/drafts/{number}/approve", reason, show.decided, as_json=as_json)


@app.command()
def discard(context: typer.Context, number: Number, *, reason: Reason, as_json: AsJson = False) -> None:
    """Take a draft back."""
    _decide(context, f"lists/drafts/{number}/withdraw", reason, show.decided, as_json=as_json)


@app.command()
def withdraw(context: typer.Context, name: ListName, *, reason: Reason, as_json: AsJson = False) -> None:
    """Take a list back from all boxes, at once."""
    _decide(context, f"lists/{quote(name, safe='')}/withdraw", reason, show.decided, as_json=as_json)


@app.command()
def rotate(context: typer.Context, name: ListName, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Give a list another key; the whole of it goes to all boxes anew."""

    def told(found: dict[str, Any]) -> RenderableType:
        return f"key {found['key']} of list {name} is being replaced"

    _decide(context, f"lists/{quote(name, safe='')}/rotate", reason, told, as_json=as_json)


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List what stands and what waits."""
    run(context, lambda client: client.ask("GET", "lists"), show.listed, as_json=as_json)


@app.command("show")
def show_(context: typer.Context, name: ListName, *, as_json: AsJson = False) -> None:
    """Show a list: its versions, who drafted and approved them, and the boxes that use it."""
    run(context, lambda client: client.ask("GET", f"lists/{quote(name, safe='')}"), show.history, as_json=as_json)


@app.command()
def entries(  # noqa: PLR0913 - options
    context: typer.Context,
    number: Number,
    *,
    reason: Reason,
    plate: Annotated[str, typer.Option(help="Only the entries through which this plate is on the list")] = "",
    after: Annotated[int, typer.Option(min=0, help="Entries that are passed over")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Entries that are shown")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show entries with their comments; that you looked, and why, is in the audit log."""
    path, wanted = f"lists/drafts/{number}/entries", {"reason": reason, "after": after, "limit": limit}
    if plate:
        path, wanted = f"lists/drafts/{number}/who", {"reason": reason, "plate": plate}
    run(context, lambda client: client.ask("POST", path, wanted), show.entries, as_json=as_json)


@keys_app.command("list")
def keys(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List keys of lists and pseudonyms, those that were destroyed among them."""
    run(context, lambda client: client.ask("GET", "lists/keys"), show.keys, as_json=as_json)


@keys_app.command("proof")
def proof(
    context: typer.Context, key: Annotated[str, typer.Argument(help="Id of the key, as listed")], *, as_json: AsJson = False
) -> None:
    """Show that a key was destroyed: its commitment, and where the audit log says so."""
    run(context, lambda client: client.ask("GET", f"lists/keys/{quote(key, safe='')}"), show.proof, as_json=as_json)


def _sent(client: Client, parts: Iterator[bytes], size: int, *, quiet: bool) -> Any:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True, quiet=quiet), transient=True) as progress:
        task = progress.add_task("sending the list", total=size)

        def told() -> Iterator[bytes]:
            for part in parts:
                yield part
                progress.update(task, advance=len(part))

        return client.send("lists/drafts", told(), size)


def _decide(context: typer.Context, path: str, reason: str, told: Callable[[Any], RenderableType], *, as_json: bool) -> None:
    run(context, lambda client: client.ask("POST", path, {"reason": reason}), told, as_json=as_json)
