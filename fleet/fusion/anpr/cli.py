"""``lamplighter anpr``: search, hits, a hit's path, clones, through the manager's API.

Rules: whoever types signs in, and says for which purpose and why; ``--json`` prints what the API answered and nothing else.
Exit status 0: answered, also with nothing found; 1: refused.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import RenderableType
from rich.markup import escape

from fleet.columns import table
from fleet.rollouts.who import AsJson, run, sign_in

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Purpose = Annotated[str, typer.Option(help="Of the fleet's policy, for which this is asked")]
Reason = Annotated[str, typer.Option(help="Why: the number of the case, or what happened; it is recorded with your name")]
Decision = Annotated[str, typer.Option(help="Reference of a prosecutor's written decision, for what is older than a month")]
Since = Annotated[dt.datetime | None, typer.Option(help="From then on; local time, 2026-03-01T08:00")]
Until = Annotated[dt.datetime | None, typer.Option(help="Before then; local time")]


app.callback(help="Ask about number plates: every question needs a purpose and a reason, and is recorded.")(sign_in)


@app.command()
def search(  # noqa: PLR0913 - options
    context: typer.Context,
    plate: Annotated[str, typer.Argument(help="Plate, as it is written; none to ask for boxes and a time")] = "",
    *,
    device: Annotated[list[str] | None, typer.Option(help="Box to ask for instead of a plate; may be repeated")] = None,
    purpose: Purpose = "",
    reason: Reason = "",
    decision: Decision = "",
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Where a plate was read, or what was read at boxes in a time."""
    wanted = (
        _asked(purpose, reason, decision) | _span(since, until) | ({"plate": plate} if plate else {"devices": device or None})
    )
    _run(context, "anpr/search", wanted, as_json=as_json)


@app.command()
def hits(  # noqa: PLR0913 - options
    context: typer.Context,
    *,
    purpose: Purpose = "",
    reason: Reason = "",
    decision: Decision = "",
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Hits of a purpose, newest first."""
    _run(context, "anpr/hits", _asked(purpose, reason, decision) | _span(since, until), as_json=as_json)


@app.command()
def path(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(help="Id of the hit's alert")],
    *,
    reason: Reason = "",
    decision: Decision = "",
    as_json: AsJson = False,
) -> None:
    """All hits of a hit's plate under its purpose, in the order of time."""
    _run(context, f"anpr/hits/{quote(incident, safe='')}/path", {"reason": reason, "decision": decision}, as_json=as_json)


@app.command()
def clones(context: typer.Context, *, purpose: Purpose = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Plates that were read at two places that no drive can join."""
    _run(context, "anpr/clones", _asked(purpose, reason), as_json=as_json)


def _asked(purpose: str, reason: str, decision: str = "") -> dict[str, Any]:
    return {"purpose": purpose, "reason": reason, "decision": decision}


def _span(since: dt.datetime | None, until: dt.datetime | None) -> dict[str, Any]:
    return {
        name: round(moment.timestamp() * 1000) for name, moment in (("since", since), ("until", until)) if moment is not None
    }


def _run(context: typer.Context, way: str, wanted: Any, *, as_json: bool) -> None:
    run(context, lambda client: client.ask("POST", way, wanted), _told, as_json=as_json)


def _told(answer: Any) -> RenderableType:
    return _clones(answer) if isinstance(answer, list) else _sightings(answer)


def _sightings(answer: dict[str, Any]) -> RenderableType:
    found = answer["sightings"]
    if not found:
        return "nothing was found; the question is recorded"
    title = "only the newest are shown: ask for a shorter time" if answer["more"] else None
    shown = table("time", "box", "plate", "list", "posterior", "vehicle", "alert", caption=title)
    last = {one["incident"] or one["event"]: one for one in reversed(found)}  # of a hit that was told again, the last word
    for one in reversed(last.values()):
        vehicle = " ".join(word for word in (one["colour"], one["kind"]) if word != "unknown")
        when = _time(one["at"]) + ("" if one["synchronised"] else " (clock not set)")
        cells = (
            when, f"{one['device']} {one['source']}", one["plate"] or "", one["list"] or "", f"{one['posterior']:.2f}", vehicle,
            one["incident"] or "",
        )  # fmt: skip
        shown.add_row(*map(escape, cells))
    return shown


def _clones(found: list[dict[str, Any]]) -> RenderableType:
    if not found:
        return "no plate was read at two places that no drive can join; the question is recorded"
    shown = table("told", "probability", "times", "places", "between", "quickest drive", "alert")
    for one in found:
        seen = one["seen"]
        places = "\n".join(f"{seen[end]['device']} {_time(seen[end]['at'])}" for end in ("first", "second"))
        cells = (
            _time(one["told_at"]), f"{one['probability']:.2f}", str(seen["contradictions"]), places, f"{seen['took_s']:.0f} s",
            f"{seen['needs_s']:.0f} s", one["incident"],
        )  # fmt: skip
        shown.add_row(*map(escape, cells))
    return shown


def _time(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")
