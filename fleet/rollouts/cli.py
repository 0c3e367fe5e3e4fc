"""``lamplighter rollout``: plan, decide about and watch rollouts, through the manager's API.

Rules: whoever types signs in, with a session's token (``LAMPLIGHTER_TOKEN``) or a name and a password; ``--json`` prints what
the API answered and nothing else. Exit status 0: done; 1: refused, or the rollout that was watched was stopped or aborted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console, RenderableType
from rich.live import Live

from fleet.rollouts import show
from fleet.rollouts.client import Client, ClientError, open_client
from fleet.rollouts.errors import PlanError
from fleet.rollouts.typed import Typed, read_plan_file, read_window
from fleet.rollouts.who import AsJson, Session, fail, print_json, run, sign_in

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Number = Annotated[int, typer.Argument(min=1, help="Number of the rollout, as listed")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for people and the record")]
_LOOK_S = 1.0


app.callback(help="Roll releases of models out to boxes, in groups, with a brake.")(sign_in)


@app.command()
def plan(  # noqa: PLR0913 - options
    context: typer.Context,
    bundle: Annotated[str, typer.Argument(help="Name of the bundle")] = "",
    release: Annotated[int, typer.Argument(help="Of the bundle, as in the repository")] = 0,
    *,
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Plan as JSON, for what the options cannot say")
    ] = None,
    canary: Annotated[list[str] | None, typer.Option(help="Box of the first group; may be repeated")] = None,
    percent: Annotated[
        list[float] | None, typer.Option(help="Share of a group, counted through; may be repeated; the last group is the rest")
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="Only boxes at one of these")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only boxes with all of these")] = None,
    hardware: Annotated[list[str] | None, typer.Option(help="Only boards whose name begins so")] = None,
    running: Annotated[list[str] | None, typer.Option(help="Only boxes that run one of these versions of the bundle")] = None,
    budget: Annotated[float, typer.Option(help="Percent of a group whose failure stops the rollout")] = 5.0,
    success: Annotated[float, typer.Option(help="Least percent of successes for the next group to come")] = 95.0,
    minimum: Annotated[int, typer.Option(help="Least boxes that must have come to an end")] = 10,
    soak: Annotated[int, typer.Option(help="Least seconds from one group to the next")] = 0,
    timeout: Annotated[int, typer.Option(help="Seconds from a box's acceptance to its last word")] = 7200,
    window: Annotated[
        str, typer.Option(help="When boxes may switch, local: '02:00-04:00 Europe/Brussels', or with days: '... sat,sun'")
    ] = "",
    stay_open: Annotated[bool, typer.Option("--open", help="Stay open and catch boxes that appear later")] = False,
    reason: Reason = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what it would do, and do nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan a rollout; a second person approves it."""
    typed = Typed(
        bundle, release, canary or (), percent or (), site or (), tag or (), hardware or (), running or (), budget, success,
        minimum, soak, timeout, window, stay_open, reason,
    )  # fmt: skip
    try:
        wanted = typed.plan() if file is None else read_plan_file(file)
    except PlanError as error:
        fail(str(error))
    path, told = ("rollouts/preview", show.preview) if preview else ("rollouts", _decided)
    run(context, lambda client: client.ask("POST", path, wanted), told, as_json=as_json)


@app.command()
def approve(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Approve another person's plan."""
    _decide(context, number, "approve", reason, as_json=as_json)


@app.command()
def start(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Start an approved rollout."""
    _decide(context, number, "start", reason, as_json=as_json)


@app.command()
def pause(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Give no further orders until it is resumed."""
    _decide(context, number, "pause", reason, as_json=as_json)


@app.command()
def resume(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Go on with a paused rollout."""
    _decide(context, number, "resume", reason, as_json=as_json)


@app.command()
def abort(context: typer.Context, number: Number, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """End a rollout for good; orders that no box has followed are taken back."""
    _decide(context, number, "abort", reason, as_json=as_json)


@app.command()
def back(
    context: typer.Context,
    number: Number,
    *,
    release: Annotated[int | None, typer.Option(min=1, help="Higher release with the earlier content; found by itself")] = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Plan to take a rollout's boxes back to what they ran before."""
    wanted = {"release": release, "reason": reason}
    run(context, lambda client: client.ask("POST", f"rollouts/{number}/back", wanted), _decided, as_json=as_json)


@app.command("list")
def list_(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List rollouts, newest first."""
    run(context, lambda client: client.ask("GET", "rollouts"), show.listed, as_json=as_json)


@app.command()
def releases(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the releases that boxes can be given."""
    run(context, lambda client: client.ask("GET", "releases"), show.releases, as_json=as_json)


@app.command()
def place(  # noqa: PLR0913 - options
    context: typer.Context,
    device: Annotated[str, typer.Argument(help="Name of the box")],
    *,
    site: Annotated[str, typer.Option(help="Where it stands: 1-32 of a-z, 0-9 and -")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated; replaces the tags that it has")] = None,
    powered: Annotated[
        str, typer.Option(help="Hours with power, local: '20:00-06:00 Europe/Brussels'; always by default")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say where a box stands, how it is tagged and when it has power."""
    try:
        wanted = {"site": site, "tags": list(tag or ()), "powered": read_window(powered) if powered else None}
    except PlanError as error:
        fail(str(error))
    path = f"devices/{quote(device, safe='')}/place"
    run(context, lambda client: client.ask("PUT", path, wanted), lambda _: f"{device} is placed", as_json=as_json)


@app.command("show")
def show_(context: typer.Context, number: Number, *, as_json: AsJson = False) -> None:
    """Show one rollout."""
    run(context, lambda client: client.ask("GET", f"rollouts/{number}"), show.progress, as_json=as_json)


@app.command()
def watch(context: typer.Context, number: Number, *, as_json: AsJson = False) -> None:
    """Watch a rollout until it is over; with --json one line for each change."""
    shared: Session = context.obj
    try:
        with open_client(shared.access()) as client:
            state = _watch(client, number, as_json=as_json)
    except ClientError as error:
        fail(str(error))
    raise typer.Exit(0 if state == "completed" else 1)


def _watch(client: Client, number: int, *, as_json: bool) -> str:
    last: Any = None
    with Live(console=Console(quiet=as_json), auto_refresh=False) as live:
        while True:
            found = client.ask("GET", f"rollouts/{number}")
            told = {**found, "versions": None}  # the chart's end moves with the clock
            if told != last:
                last = told
                if as_json:
                    print_json(found)
                else:
                    live.update(show.progress(found), refresh=True)
            state = str(found["rollout"]["state"])
            if state in show.OVER:
                return state
            time.sleep(_LOOK_S)


def _decide(context: typer.Context, number: int, verb: str, reason: str, *, as_json: bool) -> None:
    path = f"rollouts/{number}/{verb}"
    run(context, lambda client: client.ask("POST", path, {"reason": reason}), _decided, as_json=as_json)


def _decided(answer: dict[str, Any]) -> RenderableType:
    next_step = {"planned": "; a second person approves it", "approved": "; start it when it is time"}
    return f"rollout {answer['number']} is {answer['state']}{next_step.get(answer['state'], '')}"
