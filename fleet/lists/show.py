"""What the API answered about hit lists, as tables for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from fleet.columns import table

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
    shown = table("list", "version", "state", "entries", "purpose", "until", "drafted, approved by", "draft")
    for one in found:
        shown.add_row(
            one["list"], _or_dash(one["version"]), _state(one["state"]), f"{one['entries']:,}", one["purpose"],
            _time(one["expires"]), escape(f"{one['drafted_by']}, {one['approved_by'] or '-'}"), str(one["number"]),
        )  # fmt: skip
    return Group(shown, *_words(found))


def history(found: dict[str, Any]) -> RenderableType:
    """One list: its versions, and the boxes that use it."""
    versions = table("draft", "version", "state", "entries", "what was done")
    for one in found["versions"]:
        done = {
            "basis": escape(one["basis"]),
            "drafted": _by(one["drafted_by"], one["drafted_at"]),
            "approved": _by(one["approved_by"], one["approved_at"]),
            "published": _time(one["published_at"]) if one["published_at"] else "",
            "ended": _by(one["ended_by"], one["ended_at"]),
            "digest": (one["digest"] or "")[:_SHORT],
        }
        versions.add_row(
            str(one["number"]), _or_dash(one["version"]), _state(one["state"]),
            f"{one['entries']:,}\n+{one['added']:,}\n-{one['removed']:,}",
            "\n".join(f"{name} {words}" for name, words in done.items() if words),
        )  # fmt: skip
    boxes = table("box", "uses version", "since", "was sent keys")
    for one in found["boxes"]:
        boxes.add_row(one["device"], str(one["version"]), _time(one["since"]), ", ".join(one["keys"]))
    return Group(Text(f"list {found['list']}", style="bold"), versions, *_words(found["versions"]), boxes)


def entries(found: dict[str, Any]) -> RenderableType:
    """Entries as typed, under what else a person decides on where the whole draft was asked for."""
    shown = table("plate or pattern", "comment")
    for one in found["entries"]:
        shown.add_row(escape(one["plate"]), escape(one["comment"]))
    draft = found.get("draft")
    if draft is None:
        return shown
    words = f"draft {draft['number']} of list {draft['list']}, {draft['state']}: for {draft['purpose']}, on {draft['basis']},"
    words += f" until {_time(draft['expires'])}, from {draft['least']:g} on\n{draft['entries']:,} entries"
    words += f" ({draft['added']:,} come, {draft['removed']:,} go), drafted by {draft['drafted_by']}"
    return Group(Text(words), shown)


def keys(found: Sequence[dict[str, Any]]) -> RenderableType:
    """A table of keys."""
    shown = table("key", "use", "purpose", "begins", "ends", "state")
    for one in found:
        state = "destroyed" if one["destroyed_at"] else "replaced" if one["retired_at"] else "in use"
        when = f"{state} {_time(one['destroyed_at'] or one['retired_at'])}" if state != "in use" else state
        shown.add_row(one["id"], one["use"], one["purpose"], _time(one["begins"]), _time(one["ends"]), when)
    return shown


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


def _words(versions: Sequence[dict[str, Any]]) -> list[Text]:
    return [Text(f"  draft {one['number']}: {one['words']}", style="dim") for one in versions if one["words"]]


def _by(who: str | None, when: int | None) -> str:
    return "" if who is None else f"{_time(when)} {escape(who)}"


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _state(state: str) -> str:
    return f"[{_COLOURS[state]}]{state}[/]"


def _time(ms: int | None) -> str:
    return "-" if ms is None else f"{dt.datetime.fromtimestamp(ms / 1000).astimezone():%Y-%m-%d %H:%M}"
