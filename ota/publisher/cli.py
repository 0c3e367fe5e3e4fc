"""``lamplighter ota``: releases of models, signed by two people, as static files for every box.

The commands about keys and signatures are in :mod:`ota.publisher.cli_keys`; these are about releases and what is out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ota.publisher import cli_keys
from ota.publisher.adding import Added, Wishes
from ota.publisher.console import (
    DEFAULT_WORKSHOP,
    AsJson,
    PasswordVariable,
    WorkshopFolder,
    app,
    asking,
    busy_publisher,
    publisher,
    say,
    say_pending,
    told,
    write,
)
from ota.publisher.errors import PendingError
from ota.publisher.public import PublicFolder
from ota.publisher.publisher import read_trusted
from ota.publisher.roles import TARGETS
from ota.publisher.status import Status
from ota.publisher.surroundings import utc_now
from ota.publisher.verification import Verified, verify

__all__ = ["app", "cli_keys"]

Hardware = Annotated[
    list[str] | None, typer.Option(metavar="BOARD", help="Beginning of the name of a board that it fits; several [all]")
]
Agent = Annotated[str | None, typer.Option(metavar="VERSION", help="Oldest agent that can run it [any]")]
Number = Annotated[int | None, typer.Option("--release", min=1, help="Its number [the next one]")]
Bases = Annotated[
    list[int] | None,
    typer.Option("--from", metavar="RELEASE", help="Release that boxes run, to make deltas from [the last two]"),
]
NoDeltas = Annotated[bool, typer.Option("--no-deltas", help="Make no deltas from earlier releases")]


@app.command()
def add(  # noqa: PLR0913 - options of the command
    folder: Annotated[Path, typer.Argument(help="The bundle")],
    *,
    hardware: Hardware = None,
    agent: Agent = None,
    release: Number = None,
    bases: Bases = None,
    no_deltas: NoDeltas = False,
    as_json: AsJson = False,
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Make a bundle a release; it waits to be signed."""
    with busy_publisher(workshop) as open_publisher:
        wishes = Wishes(tuple(hardware or ()), agent, release, _bases(bases, none=no_deltas))
        added = open_publisher.add(folder, wishes)
        _tell(added, as_json=as_json)
        if not as_json:
            say_pending(open_publisher, TARGETS, dropped=added.dropped)


@app.command()
def again(  # noqa: PLR0913 - options of the command
    bundle: Annotated[str, typer.Argument(help="Its name")],
    number: Annotated[int, typer.Argument(help="Release whose content comes again")],
    *,
    hardware: Hardware = None,
    agent: Agent = None,
    release: Number = None,
    bases: Bases = None,
    no_deltas: NoDeltas = False,
    as_json: AsJson = False,
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Go back: make the content of an old release a new, higher one; it waits to be signed."""
    with busy_publisher(workshop) as open_publisher:
        boards = tuple(hardware) if hardware else None  # as they were
        wishes = Wishes(boards, agent, release, _bases(bases, none=no_deltas))
        added = open_publisher.again(bundle, number, wishes)
        _tell(added, as_json=as_json)
        if not as_json:
            say_pending(open_publisher, TARGETS, dropped=added.dropped)


@app.command()
def remove(
    bundle: Annotated[str, typer.Argument(help="Its name")],
    number: Annotated[int, typer.Argument(help="Release that goes")],
    *,
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Take a release out, with the deltas to it; boxes that run it go on running it."""
    with publisher(workshop, asking()) as open_publisher:
        dropped = open_publisher.remove(bundle, number)
        say_pending(open_publisher, TARGETS, dropped=dropped)


@app.command()
def publish(
    files: Annotated[list[Path] | None, typer.Argument(help="Pending files that came back with signatures")] = None,
    *,
    as_json: AsJson = False,
    password_env: PasswordVariable = "",
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Publish what enough people have signed; ends with 1 when nothing could be, or no box would take it."""
    with publisher(workshop, asking(password_env)) as open_publisher:
        done = open_publisher.publish(files or ())
    if as_json:
        write(done)
    else:
        say(*(f"live: {role} {version}" for role, version in (("root", done.root), ("targets", done.targets)) if version))
        say(*(f"written: {path}" for path in done.written), *(f"waits: {text}" for text in done.waiting))
        if not done.seamless:
            say("between the last two files, readers were refused for a moment; they come again")
    _refuse(done.lost + done.expired)


@app.command()
def refresh(
    *,
    force: Annotated[bool, typer.Option("--force", help="Sign anew, however fresh it is")] = False,
    as_json: AsJson = False,
    password_env: PasswordVariable = "",
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Sign snapshot and timestamp anew before they run out: for a timer. Ends with 1 when boxes refuse all the same."""
    with publisher(workshop, asking(password_env, timer=True)) as open_publisher:
        done = open_publisher.refresh(force=force)
        state = open_publisher.status()
    expires = {role.role: role.expires for role in state.roles}
    if as_json:
        written = {"refreshed": done.roles, "written": done.written, "lost": done.lost, "expired": done.expired}
        write({**written, "expires": expires, "warnings": state.warnings})
    else:
        say(f"signed anew: {', '.join(done.roles)}" if done.roles else "fresh enough; nothing to do")
        say(*(f"written: {path}" for path in done.written))
        say(*(f"warning: {warning}" for warning in state.warnings), err=True)
    _refuse(done.lost + done.expired)


@app.command()
def status(*, as_json: AsJson = False, workshop: WorkshopFolder = DEFAULT_WORKSHOP) -> None:
    """Show roles, releases, what waits for whom, and what runs out."""
    with publisher(workshop, asking()) as open_publisher:
        state = open_publisher.status()
    if as_json:
        write(state)
        return
    say(f"public folder: {state.public}", f"fingerprint of root 1: {state.fingerprint}")
    _show(state)


@app.command("verify")
def verify_public(
    *,
    public: Annotated[Path | None, typer.Option(help="Public folder, to verify without a workshop; with --root")] = None,
    root: Annotated[Path | None, typer.Option(help="A root that you trust [root 1 of the workshop]")] = None,
    as_json: AsJson = False,
    workshop: WorkshopFolder = DEFAULT_WORKSHOP,
) -> None:
    """Look through everything that is public, from a trusted root to the last file; ends with 1 on any fault."""
    with told():
        trusted = read_trusted(root) if root else None
        if public is not None:
            if trusted is None:
                msg = "without a workshop somebody has to say which root is trusted: --root FILE"
                raise PendingError(msg)
            found = verify(PublicFolder(public), trusted, utc_now())
        else:
            with publisher(workshop, asking()) as open_publisher:
                found = open_publisher.verify(trusted)
    _report(found, as_json=as_json)
    raise typer.Exit(bool(found.findings))


def _bases(named: list[int] | None, *, none: bool) -> tuple[int, ...] | None:
    return () if none else tuple(named) if named else None


def _tell(added: Added, *, as_json: bool) -> None:
    release = added.release
    if as_json:
        write({"release": release, "sizes": added.sizes, "deltas": added.deltas, "targets": added.version})
        return
    say(f"{release.bundle} {release.release} (version {release.version}): {sum(added.sizes.values()):,} bytes")
    say(*(f"    {name}: {size:,} bytes" for name, size in {**added.sizes, **added.deltas}.items()))


def _refuse(faults: tuple[str, ...]) -> None:
    say(*(f"boxes refuse: {text}" for text in faults), err=True)
    if faults:
        raise typer.Exit(1)


def _report(found: Verified, *, as_json: bool) -> None:
    counted = {"roots": found.roots, "releases": found.releases, "files": found.files, "bytes": found.bytes}
    if as_json:
        write({**counted, "findings": found.findings})
        return
    say(*(f"{finding.path}: {finding.fault}" for finding in found.findings))
    say(f"{len(found.findings)} faults; " + ", ".join(f"{value:,} {name}" for name, value in counted.items()))


def _show(state: Status) -> None:
    roles = _table("role", "version", "expires", "days left", "signed by", "bytes")
    for role in state.roles:
        by = f"{role.threshold} of " + "\n".join(role.owners)
        left, size = f"{role.days_left:.1f}", f"{role.bytes:,}"
        roles.add_row(role.role, str(role.version), f"{role.expires:%Y-%m-%d %H:%M}", left, by, size)
    releases = _table("bundle", "release", "version", "boards", "bytes", "")
    for item in state.releases:
        sizes = [("every box", item.every_box), *item.forms.items()]
        sizes += [(f"{len(item.deltas)} deltas", sum(item.deltas.values()))] if item.deltas else []
        lines = "\n".join(f"{size:>11,} {name}" for name, size in sizes)
        boards = "\n".join(item.hardware) or "all"
        releases.add_row(item.bundle, str(item.release), item.version, boards, lines, "" if item.published else "pending")
    console = Console()
    for table in (roles, releases):
        if table.row_count:
            console.print(table)
    for pending in state.pending:
        for tally in pending.signatures:
            signed = ", ".join(tally.signed) or "nobody"
            who = f"signed by {signed} ({len(tally.signed)} of {tally.threshold} under root {tally.root})"
            say(f"pending: {pending.role} {pending.version}, {who}; may sign: {', '.join(tally.missing)}; {pending.file}")
    for warning in state.warnings:
        say(f"warning: {warning}")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table
