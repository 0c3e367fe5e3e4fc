"""What the API answered about hit lists, as tables for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

_COLOURS = {
    "draft": "yellow", "approved": "cyan", "active": "green", "superseded": "dim", "withdrawn": "red", "expired": "dim",
}  # fmt: skip
_SHORT = 12
"""Characters of a digest that people compare."""


def drafted(found: dict[str, Any]) -> RenderableType:
    """A draft that was taken."""
    words = f"draft {found['number']} of list {found['list']}: {found['entries']:,} entries"
    words += f" ({found['added']:,} come, {found['removed']:,} go), until {_time(found['expires'])}"
    lines = [words]
    for one in found["repetitions"]:
        where = f"line {one['before']}" if one["before"] else "the list as it stands"
        lines.append(f"  line {one['line']} repeats {where}; counted once")
    if found["repeated"] > len(found["repetitions"]):
        lines.append(f"  and {found['repeated'] - len(found['repetitions']):,} more")
    lines.append(f"a second person approves it: lamplighter lists approve {found['number']}")
    return Text("\n".join(lines))


def decided(found: dict[str, Any]) -> RenderableType:
    """A decision that was taken."""
    after = "; it is signed and sent to the boxes within seconds" if found["state"] == "approved" else ""
    return f"draft {found['number']} of list {found['list']} is {found['state']}{after}"


def listed(found: list[dict[str, Any]]) -> RenderableType:
    """A table of what stands and what waits."""
    columns = ("list", "version", "state", "entries", "purpose", "until", "drafted by", "approved by", "draft", "")
    table = Table(*columns, box=SIMPLE_HEAD, padding=0)
    for column in table.columns:
        column.overflow = "fold"  # on 80 columns nothing is cut short
    for one in found:
        table.add_row(
            one["list"], _or_dash(one["version"]), _state(one["state"]), f"{one['entries']:,}", one["purpose"],
            _time(one["expires"]), escape(one["drafted_by"]), escape(one["approved_by"] or "-"), str(one["number"]),
            escape(one["words"]),
        )  # fmt: skip
    return table


def history(found: dict[str, Any]) -> RenderableType:
    """One list: its versions, and the boxes that use it."""
    people = ("drafted", "approved", "published", "ended")
    table = Table("draft", "version", "state", "entries", "+", "-", "basis", *people, "digest")
    for one in found["versions"]:
        table.add_row(
            str(one["number"]), _or_dash(one["version"]), _state(one["state"]), f"{one['entries']:,}", f"{one['added']:,}",
            f"{one['removed']:,}", escape(one["basis"]), _by(one["drafted_by"], one["drafted_at"]),
            _by(one["approved_by"], one["approved_at"]), _time(one["published_at"]), _by(one["ended_by"], one["ended_at"]),
            (one["digest"] or "-")[:_SHORT],
        )  # fmt: skip
    boxes = Table("box", "uses version", "since", "was sent keys")
    for one in found["boxes"]:
        boxes.add_row(one["device"], str(one["version"]), _time(one["since"]), ", ".join(one["keys"]))
    words = [Text(f"  draft {one['number']}: {one['words']}", style="dim") for one in found["versions"] if one["words"]]
    return Group(Text(f"list {found['list']}", style="bold"), table, *words, boxes)


def entries(found: dict[str, Any]) -> RenderableType:
    """Entries as typed, under what else a person decides on where the whole draft was asked for."""
    table = Table("plate or pattern", "comment")
    for one in found["entries"]:
        table.add_row(escape(one["plate"]), escape(one["comment"]))
    draft = found.get("draft")
    if draft is None:
        return table
    words = f"draft {draft['number']} of list {draft['list']}, {draft['state']}: for {draft['purpose']}, on {draft['basis']},"
    words += f" until {_time(draft['expires'])}, from {draft['least']:g} on\n{draft['entries']:,} entries"
    words += f" ({draft['added']:,} come, {draft['removed']:,} go), drafted by {draft['drafted_by']}"
    return Group(Text(words), table)


def keys(found: Sequence[dict[str, Any]]) -> RenderableType:
    """A table of keys."""
    table = Table("key", "use", "purpose", "begins", "ends", "state")
    for one in found:
        state = "destroyed" if one["destroyed_at"] else "replaced" if one["retired_at"] else "in use"
        when = f"{state} {_time(one['destroyed_at'] or one['retired_at'])}" if state != "in use" else state
        table.add_row(one["id"], one["use"], one["purpose"], _time(one["begins"]), _time(one["ends"]), when)
    return table


def proof(found: dict[str, Any]) -> RenderableType:
    """What shows that a key was destroyed."""
    if found["shown"]:
        words = f"key {found['id']} was destroyed {_time(found['destroyed_at'])}"
        words += f"; the audit log says so in rows {found['made_row']} (made) and {found['destroyed_row']} (destroyed)"
    elif found["destroyed_at"]:
        words = f"key {found['id']} is said to be destroyed, but the audit log does not hold it: the store was changed"
    else:
        words = f"key {found['id']} was not destroyed"
    return Text(f"{words}\ncommitment {found['commitment']}")


def _by(who: str | None, when: int | None) -> str:
    return "-" if who is None else f"{escape(who)} {_time(when)}"


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _state(state: str) -> str:
    return f"[{_COLOURS[state]}]{state}[/]"


def _time(ms: int | None) -> str:
    return "-" if ms is None else f"{dt.datetime.fromtimestamp(ms / 1000).astimezone():%Y-%m-%d %H:%M}"
