"""Rollouts on a terminal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from fleet.columns import table

_COLOURS = {
    "planned": "white", "approved": "cyan", "running": "green", "paused": "yellow", "completed": "green", "aborted": "red",
    "stopped": "red",
}  # fmt: skip
_STATES = ("waiting", "ordered", "accepted", "fetched", "on-probation", "succeeded", "failed", "aside")
_NAMED = 5
OVER = frozenset({"completed", "aborted", "stopped"})


def listed(rollouts: list[dict[str, Any]]) -> RenderableType:
    """A table of rollouts."""
    shown = table("no.", "release", "state", "boxes", "succeeded", "failed", "planned")
    for one in rollouts:
        counts = one["counts"]
        release = f"{one['bundle']} {one['release']} ({one['version']})"
        row = (str(sum(counts.values())), str(counts.get("succeeded", 0)), str(counts.get("failed", 0)))
        planned = f"{_time(one['planned_at'])} {escape(one['planned_by'])}"
        shown.add_row(str(one["number"]), release, _state(one["state"]), *row, planned)
    return shown


def releases(found: list[dict[str, Any]]) -> RenderableType:
    """A table of releases."""
    shown = table("bundle", "release", "version", "for boards", "bytes")
    for one in found:
        boards = ", ".join(one["hardware"]) or "all"
        shown.add_row(one["bundle"], str(one["release"]), one["version"], escape(boards), f"{one['size']:,}")
    return shown


def progress(found: dict[str, Any]) -> RenderableType:
    """One rollout: its groups, why boxes failed, what was decided."""
    rollout = found["rollout"]
    head = Text.assemble(
        (f"rollout {rollout['number']}: ", "bold"),
        f"{rollout['bundle']} release {rollout['release']} ({rollout['version']}) is ",
        (rollout["state"], _COLOURS[rollout["state"]]),
        f": {rollout['reason']}" if rollout["reason"] else "",
    )
    groups = table("group", "turn", "boxes", "asks for")
    for group in found["groups"]:
        counts = ", ".join(f"{group['counts'][state]} {state}" for state in _STATES if group["counts"].get(state))
        asks = f"{group['success_percent']:g}% of at least {group['minimum']}, stops at {group['budget_percent']:g}% failed"
        groups.add_row(group["name"], group["turn"], counts, asks)
    parts: list[RenderableType] = [head, groups]
    parts += [Text(f"  {words}", style="yellow") for words in (found["mover"], found["outlook"]) if words]
    for reason in found["reasons"]:
        shown = ", ".join(reason["devices"][:_NAMED])
        more = f" and {reason['count'] - _NAMED} more" if reason["count"] > _NAMED else ""
        detail = f" ({reason['detail']})" if reason["detail"] else ""
        parts.append(Text(f"  {reason['count']} {reason['state']}: {reason['reason']}{detail}: {shown}{more}"))
    parts += [Text(f"  {count} reports: {words}") for words, count in found["flagged"].items()]
    parts += [
        Text(f"  {_time(note['at'])} {note['action']} by {note['actor']}: {note['words']}".rstrip(": "), style="dim")
        for note in reversed(found["notes"])
    ]
    return Group(*parts)


def preview(seen: dict[str, Any]) -> RenderableType:
    """What a plan would do."""
    shown = table("group", "boxes", "for example")
    for group in seen["groups"]:
        shown.add_row(group["name"], str(group["boxes"]), ", ".join(group["devices"][:_NAMED]))
    reasons: dict[str, int] = {}
    for reason in seen["left_out"].values():
        reasons[reason] = reasons.get(reason, 0) + 1
    left = [Text(f"  left out: {count} {reason}") for reason, count in sorted(reasons.items())]
    windows = [Text(f"  window: {window['opens']} to {window['closes']}") for window in seen["windows"]]
    return Group(shown, *left, *windows)


def _state(state: str) -> str:
    return f"[{_COLOURS[state]}]{state}[/]"


def _time(ms: int | None) -> str:
    return "-" if ms is None else f"{dt.datetime.fromtimestamp(ms / 1000).astimezone():%Y-%m-%d %H:%M}"
