"""``lamplighter gunshots``: incidents, boxes, alerts held to high confidence, through the manager's API.

Rules: whoever types signs in; ``--json`` prints what the API answered and nothing else. Exit status 0: answered; 1: refused.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.console import RenderableType
from rich.markup import escape

from fleet.columns import table
from fleet.rollouts.who import AsJson, run, sign_in

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_JUDGED = {"confirm": "confirmed", "dismiss": "dismissed"}
Reason = Annotated[str, typer.Option(help="Why; it is shown beside the alerts, and recorded with your name")]


app.callback(help="Shots that boxes heard: incidents, boxes, how sure an alert has to be.")(sign_in)


@app.command()
def incidents(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many")] = 20,
    before: Annotated[str, typer.Option(help="Id of the last one on the page before")] = "",
    untold: Annotated[bool, typer.Option("--untold", help="Only those that nobody was told of")] = False,
    as_json: AsJson = False,
) -> None:
    """Incidents, newest first: those that people were told of, and those that they were not."""
    asked = {"limit": str(limit)} | ({"before": before} if before else {}) | ({"raised": "false"} if untold else {})
    run(context, lambda client: client.ask("GET", f"gunshots/incidents?{urlencode(asked)}"), _incidents, as_json=as_json)


@app.command()
def boxes(context: typer.Context, *, as_json: AsJson = False) -> None:
    """How boxes do: what they heard, how far they are trusted, how much of it people confirmed; who shouts comes first."""
    run(context, lambda client: client.ask("GET", "gunshots/boxes"), _boxes, as_json=as_json)


@app.command()
def standard(context: typer.Context, *, as_json: AsJson = False) -> None:
    """How sure an incident has to be before people are told."""
    run(context, lambda client: client.ask("GET", "gunshots/standard"), _standard, as_json=as_json)


@app.command()
def hold(
    context: typer.Context,
    *,
    hours: Annotated[float, typer.Option(min=0.1, max=24.0, help="For how long")],
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Hold alerts of shots to high confidence for some hours: on a night of fireworks."""
    wanted = {"reason": reason, "until": round(1000 * (time.time() + 3600 * hours))}
    run(context, lambda client: client.ask("POST", "gunshots/standard", wanted), _standard, as_json=as_json)


@app.command()
def release(context: typer.Context, *, reason: Reason = "", as_json: AsJson = False) -> None:
    """Let alerts of shots go as on any other day."""
    run(context, lambda client: client.ask("POST", "gunshots/standard/release", {"reason": reason}), _standard, as_json=as_json)


def _incidents(answer: dict[str, Any]) -> RenderableType:
    found = answer["incidents"]
    if not found:
        return "no box has heard shots, or all of it is erased"
    caption = f"older ones: --before {answer['next']}" if answer["next"] else None
    shown = table("began", "told", "heard", "place", "incident", caption=caption)
    for one in found:
        seen = one["seen"]
        cells = (
            _time(one["begun"]).replace(" ", "\n"), _fate(one),
            f"{seen['shots']['value']:g} by {len(seen['boxes'])} boxes\np = {one['assessed']['probability']:.2f}",
            _place(seen["region"]), one["id"],
        )  # fmt: skip
        shown.add_row(*map(escape, cells))
    return shown


def _fate(one: dict[str, Any]) -> str:
    """What became of it."""
    seen = one["seen"]
    if seen.get("became"):
        return "part of another"
    if one["raised"] is not None:
        return "yes" if one["verdict"] is None else f"yes\n{_JUDGED[one['verdict']]}"
    return "held back" if one["withheld"] else "an echo" if seen.get("echo_of") else "no"


def _place(region: dict[str, Any]) -> str:
    match region["type"]:
        case "ellipse":
            return f"{region['lat']:.5f} {region['lon']:.5f}\n{region['major_m']:.0f} by {region['minor_m']:.0f} m"
        case "sector":
            return f"{region['azimuth_deg']:.0f} degrees\nfrom {region['lat']:.5f} {region['lon']:.5f}"
        case "curve":
            return "on a curve"
        case _:
            return f"around\n{region['lat']:.5f} {region['lon']:.5f}"


def _boxes(answer: dict[str, Any]) -> RenderableType:
    if not answer["boxes"]:
        return "no box has heard shots, or all of it is erased"
    doubted = (answer["process"] or {}).get("doubted", [])
    shown = table("box", "heard", "unused", "trust", "confirmed by people", caption="\n".join(map(escape, doubted)) or None)
    for one in answer["boxes"]:
        share = one["confirmed"]
        said = "" if share is None else f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%} of {share['n']})"
        trust = f"{one['trust']:.2f}" + (" shouts" if one["shouts"] else "")
        shown.add_row(*map(escape, (one["device"], str(one["heard"]), str(one["doubted"]), trust, said)))
    return shown


def _standard(answer: dict[str, Any]) -> RenderableType:
    held = answer["held"]
    if held is None:
        return "alerts of shots go as on any other day"
    return escape(f"held to high confidence until {_time(held['until'])} by {held['by']}: {held['reason']}")


def _time(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")
