"""Every table of the manager's command line, on 80 columns, with names as long as a city gives them: nothing is cut short."""

from __future__ import annotations

from collections import Counter

import pytest
from rich.console import Console, RenderableType

from fleet.columns import table
from fleet.fusion.anpr.cli import _told
from fleet.fusion.gunshot import cli as gunshots
from fleet.lists import show as lists
from fleet.rollouts import show as rollouts

T = 1_790_000_000_000
BOX, NAME, PERSON = "molenstraat-crossing-north-2", "stolen-vehicles-north", "ada.vandenberghe"
KEY, ALERT = f"{NAME}-2026-11-01-000012", "01a14c8c-5433-765e-96bd-c54a42eb0831"
COUNTS = {"waiting": 120, "ordered": 10, "accepted": 3, "fetched": 1, "on-probation": 12, "succeeded": 1200, "failed": 3}
VERSION = {
    "number": 12, "version": 12, "state": "superseded", "entries": 1_204_567, "added": 120_345, "removed": 2_345,
    "basis": "Warrant 2026/114 of the examining magistrate", "drafted_by": PERSON, "drafted_at": T,
    "approved_by": "ben.janssens", "approved_at": T, "published_at": T, "ended_by": PERSON, "ended_at": T,
    "digest": "ab12cd34ef56789", "list": NAME,
    "words": "the file could not be signed: the key is not loaded", "purpose": "wanted-vehicles", "expires": T,
}  # fmt: skip
DRAFT = VERSION | dict.fromkeys(("version", "approved_by", "approved_at", "published_at", "ended_by", "ended_at", "digest"))
BOXES = [{"device": BOX, "version": 12, "since": T, "keys": [KEY, f"{NAME}-2026-11-01-000013"]}]
ROLLOUT = {
    "number": 7, "bundle": "person-vehicle-fast", "release": 12, "version": "1.12.0", "state": "completed", "counts": COUNTS,
    "planned_at": T, "planned_by": PERSON, "reason": "",
}  # fmt: skip
GROUP = {"name": "everybody-else-north", "turn": "running", "counts": COUNTS, "success_percent": 95, "minimum": 20} | {
    "budget_percent": 2.5,
    "boxes": 5,
    "devices": [BOX] * 5,
}
END = {"device": BOX, "at": T}
CLONE = {"told_at": T, "probability": 0.98, "incident": ALERT} | {
    "seen": {"first": END, "second": END, "contradictions": 4, "took_s": 30, "needs_s": 900}
}
NOTHING = {"mover": "", "outlook": "", "reasons": [], "flagged": {}, "notes": []}
SHOTS = {"begun": T, "raised": T, "withheld": False, "verdict": "dismiss", "id": ALERT, "assessed": {"probability": 0.98}} | {
    "seen": {"shots": {"value": 12.0}, "boxes": [BOX] * 12, "region": {"type": "ellipse", "lat": 48.2, "lon": 16.3}},
}
SHOTS["seen"]["region"] |= {"major_m": 1200.0, "minor_m": 12.0}  # type: ignore[index]
HEARS = {"device": BOX, "heard": 12345, "doubted": 3, "trust": 0.12, "shouts": True}
SHARE = {"confirmed": {"value": 0.1, "low": 0.05, "high": 0.18, "n": 1000}}
DOUBTED = {"doubted": [f"{BOX}/roof: does not say where it is; set its position"]}
SHOWN: dict[str, RenderableType] = {
    "lists show": lists.history({"list": NAME, "versions": [VERSION, DRAFT], "boxes": BOXES}),
    "lists list": lists.listed([VERSION, DRAFT]),
    "lists entries": lists.entries({"entries": [{"plate": "1-ABC-234", "comment": "x" * 99}]}),
    "lists keys": lists.keys(
        [{"id": KEY, "use": "list", "purpose": NAME, "begins": T, "ends": T, "retired_at": None, "destroyed_at": T}]
    ),
    "rollouts list": rollouts.listed([ROLLOUT]),
    "rollouts releases": rollouts.releases(
        [ROLLOUT | {"hardware": ["raspberry-pi-5", "coral-dev-board-mini"], "size": 123_456_789}]
    ),
    "rollouts show": rollouts.progress({"rollout": ROLLOUT, "groups": [GROUP], **NOTHING}),
    "rollouts preview": rollouts.preview({"groups": [GROUP], "left_out": {}, "windows": []}),
    "anpr clones": _told([CLONE]),
    "gunshots incidents": gunshots._incidents({"incidents": [SHOTS], "next": ALERT}),
    "gunshots boxes": gunshots._boxes({"boxes": [HEARS | SHARE], "process": DOUBTED}),
}


@pytest.mark.parametrize("name", SHOWN)
def test_on_80_columns_nothing_is_cut_short(name: str) -> None:
    assert letters(printed(SHOWN[name])) == letters(printed(SHOWN[name], 400)), "what is folded has all its letters"


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("lists show", ("superseded", "1,204,567", "+120,345", "published 2026-", "digest ab12cd34ef56")),
        ("lists list", ("superseded", "1,204,567", "2026-09-21")),
        ("lists keys", ("destroyed", "2026-09-21")),
        ("rollouts list", ("person-vehicle-fast", "completed", "1349", "1200", PERSON)),
        ("rollouts show", ("everybody-else-north", "120 waiting", "stops at 2.5% failed")),
        ("anpr clones", ("0.98", "900 s")),
    ],
)
def test_what_people_compare_stands_in_one_piece(name: str, whole: tuple[str, ...]) -> None:
    text = printed(SHOWN[name])
    assert [words for words in whole if words not in text] == []


def test_a_name_that_is_longer_than_its_column_is_folded() -> None:
    one = table("box", "label")
    one.add_row("b" * 32, "z" * 120)
    assert letters(printed(one))["z"] == 120


def printed(shown: RenderableType, width: int = 80) -> str:
    """As a terminal of so many columns shows it."""
    console = Console(width=width)
    with console.capture() as captured:
        console.print(shown)
    text = captured.get()
    assert max(map(len, text.splitlines())) <= width
    return text


def letters(text: str) -> Counter[str]:
    """How often each stands there, but spaces and rules."""
    return Counter(text.replace("─", "").replace(" ", "").replace("\n", ""))
