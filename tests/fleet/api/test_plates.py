"""Plates over HTTP and by the command line: a question without a reason is 403, and events are shown without plates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from fleet.accounts.accounts import Role
from fleet.fusion.anpr.cli import _told, app
from fleet.fusion.anpr.keeping import Keeping
from fleet.fusion.anpr.search import Plates
from fleet.fusion.anpr.suspects import Suspects
from fleet.fusion.anpr.withheld import WITHHELD
from fleet.store.database import migrate, open_engine, url_for
from protocol.identifiers import uuid7
from protocol.pseudonyms import pseudonym
from tests.fleet.api.conftest import Api, serve
from tests.fleet.fusion.anpr.events import DAY_MS, KEY, KEY_ID, POLICY, T0, hit, newer, read, store

HIT = uuid7(7, bytes(10))
CLOCK = {"now": T0}
"""The manager's, set by hand."""
SECRETS = ("1ABC234", "1XYZ088", "1XYZ08B", pseudonym(KEY, "1ABC234"))
ASK = {"purpose": "travel-times", "reason": "case 2026/1234"}
STOLEN = {"purpose": "stolen-vehicles", "reason": "case 2026/1234"}


class Held:
    def keys(self, purpose: str, at: int) -> list[tuple[str, bytes]]:
        return [(KEY_ID, KEY)] if purpose == "travel-times" and at else []


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("plates")
    engine = open_engine(url_for(folder))
    migrate(engine)
    for at in range(T0, T0 + 4 * 7_200_000, 7_200_000):
        store(engine, read("1ABC234", "box-n", at), read("1ABC234", "box-s", at + 30_000))
    store(engine, hit("1XYZ088", "box-n", T0 + 5, incident=HIT), newer(hit("1XYZ088", "box-n", T0 + 6)))
    Keeping(engine, lambda *_: "stolen-vehicles").take()
    Suspects(engine, POLICY).look(T0)
    yield from serve(engine, folder, Plates(engine, POLICY, Held(), now=lambda: CLOCK["now"]))
    engine.dispose()


@pytest.mark.parametrize(
    ("way", "wanted", "status", "error"),
    [
        ("search", {"plate": "1ABC234"}, 403, "purpose"),
        ("search", {"plate": "1ABC234", "purpose": "curiosity", "reason": "case 2026/1234"}, 403, "purpose"),
        ("search", {"plate": "1ABC234", "purpose": "travel-times"}, 403, "reason"),
        ("search", {"plate": "1ABC234", "purpose": "travel-times", "reason": "why not"}, 403, "reason"),
        ("hits", {"purpose": "stolen-vehicles"}, 403, "reason"),
        ("clones", {"purpose": "travel-times"}, 403, "reason"),
        (f"hits/{HIT}/path", {}, 403, "reason"),
        (f"hits/{uuid7(8, bytes(10))}/path", {"reason": "case 2026/1234"}, 404, "hit"),
        ("search", ASK, 422, "question"),
        ("search", ASK | {"plate": "1ABC234", "devices": ["box-n"]}, 422, "question"),
        ("search", ASK | {"devices": ["box-n"]}, 422, "question"),
        ("search", ASK | {"plate": "Ж"}, 422, "plate"),
        ("search", ASK | {"plate": "1ABC234", "since": -1}, 422, "request"),
        ("search", ASK | {"devices": ["b"] * 51, "since": 1, "until": 2}, 422, "request"),
    ],
)
def test_what_is_not_answered_says_why(plates: Api, way: str, wanted: dict[str, Any], status: int, error: str) -> None:
    answer = plates.ask("POST", f"/api/v1/anpr/{way}", Role.OPERATOR, json=wanted)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_only_an_operator_asks(plates: Api, role: Role) -> None:
    for way, wanted in (
        ("search", ASK | {"plate": "1ABC234"}),
        ("hits", STOLEN),
        ("clones", ASK),
        (f"hits/{HIT}/path", STOLEN),
    ):
        assert plates.ask("POST", f"/api/v1/anpr/{way}", role, json=wanted).status_code == 403
    assert plates.ask("GET", f"/api/v1/anpr/hits/{HIT}", role).status_code == 403
    assert plates.ask("POST", "/api/v1/anpr/search", None, json=ASK).status_code == 401


def test_questions_are_answered(plates: Api) -> None:
    found = plates.ask("POST", "/api/v1/anpr/search", Role.OPERATOR, json=ASK | {"plate": "1 ABC 234"}).json()
    assert len(found["sightings"]) == 8
    span = {"devices": ["box-s"], "since": T0, "until": T0 + 60_000}
    assert len(plates.ask("POST", "/api/v1/anpr/search", Role.OPERATOR, json=ASK | span).json()["sightings"]) == 1
    assert plates.ask("POST", "/api/v1/anpr/hits", Role.OPERATOR, json=STOLEN).json()["sightings"][0]["plate"] == "1XYZ088"
    assert len(plates.ask("POST", f"/api/v1/anpr/hits/{HIT}/path", Role.OPERATOR, json=STOLEN).json()["sightings"]) == 1
    assert plates.ask("GET", f"/api/v1/anpr/hits/{HIT}", Role.OPERATOR).json()["purpose_label"] == "Stolen"
    assert plates.ask("POST", "/api/v1/anpr/clones", Role.OPERATOR, json=ASK).json()[0]["seen"]["contradictions"] == 4
    given = plates.ask("POST", f"/api/v1/incidents/{HIT}/verdict", Role.OPERATOR, json={"decision": "confirm"})
    assert given.status_code == 200
    cameras = plates.ask("GET", "/api/v1/anpr/cameras", Role.VIEWER).json()
    assert [(c["device"], c["confirmed"]["n"]) for c in cameras] == [("box-n", 1)]


def test_on_day_31_it_is_403_and_403_and_200_with_a_decision(plates: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrative purpose; a judicial one; a judicial one with a prosecutor's written decision."""
    monkeypatch.setitem(CLOCK, "now", T0 + 31 * DAY_MS)
    since, decision = {"since": T0}, {"decision": "BR 2026/44"}
    for wanted, status in (
        (ASK | {"purpose": "low-emission-zone"} | since | decision, 403),
        (STOLEN | since, 403),
        (STOLEN | since | decision, 200),
    ):
        answer = plates.ask("POST", "/api/v1/anpr/hits", Role.OPERATOR, json=wanted)
        assert answer.status_code == status, answer.text
        if status == 403:
            assert answer.json()["error"] == ("closed" if wanted["purpose"] == "low-emission-zone" else "decision")
    assert plates.ask("POST", f"/api/v1/anpr/hits/{HIT}/path", Role.OPERATOR, json=STOLEN).status_code == 403
    assert plates.ask("POST", f"/api/v1/anpr/hits/{HIT}/path", Role.OPERATOR, json=STOLEN | decision).status_code == 200
    assert plates.ask("GET", f"/api/v1/anpr/hits/{HIT}", Role.OPERATOR).status_code == 403
    typed = ("hits", "--purpose", "stolen-vehicles", "--reason", "case 2026/1234", "--decision", "BR 2026/44", "--json")
    assert len(json.loads(run(plates, *typed).stdout)["sightings"]) == 1


@pytest.mark.parametrize("role", list(Role))
def test_events_are_shown_to_everybody_without_plates_and_pseudonyms(plates: Api, role: Role) -> None:
    """Else the search with its reason would have a back door."""
    texts = [
        plates.ask("GET", "/api/v1/events?limit=1000", role).text,
        plates.ask("GET", "/api/v1/events?type=anpr.read", role).text,
        plates.ask("GET", f"/api/v1/incidents/{HIT}", role).text,
    ]
    assert WITHHELD in texts[0]
    assert all(secret not in text for secret in SECRETS for text in texts)
    with plates.client.stream("GET", "/api/v1/stream", headers=headers(plates, role) | {"Last-Event-ID": "0"}) as stream:
        told = ""
        for piece in stream.iter_text():
            told += piece
            if told.count("id: ") >= 12:
                break
    assert "anpr.hit" in told
    assert all(secret not in told for secret in SECRETS)


def headers(api: Api, role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.tokens[role]}"}


def run(api: Api, *words: str) -> Any:
    return CliRunner().invoke(app, ["--url", api.url, "--token", api.tokens[Role.OPERATOR], *words])


def test_the_command_line_asks_the_same(plates: Api) -> None:
    why = ("--purpose", "travel-times", "--reason", "case 2026/1234")
    stolen = ("--purpose", "stolen-vehicles", "--reason", "case 2026/1234")
    assert len(json.loads(run(plates, "search", "1-ABC-234", *why, "--json").stdout)["sightings"]) == 8
    since = ("--since", "2026-09-20", "--until", "2030-01-01")
    assert len(json.loads(run(plates, "search", "--device", "box-n", *why, *since, "--json").stdout)["sightings"]) == 4
    assert json.loads(run(plates, "hits", *stolen, "--json").stdout)["sightings"][0]["incident"] == HIT
    assert (
        json.loads(run(plates, "path", HIT, "--reason", "case 2026/1234", "--json").stdout)["sightings"][0]["device"] == "box-n"
    )
    assert json.loads(run(plates, "clones", *why, "--json").stdout)[0]["probability"] > 0.9
    for words in (("search", "1ABC234", *why), ("hits", *stolen), ("clones", *why)):
        shown = run(plates, *words)
        assert shown.exit_code == 0
        assert "box-n" in shown.stdout
    assert "nothing was found" in run(plates, "search", "9ZZZ999", *why).stdout


def test_the_command_line_says_why_there_is_no_answer(plates: Api) -> None:
    refused = run(plates, "search", "1ABC234", "--purpose", "travel-times")
    assert refused.exit_code == 1
    assert "say why" in refused.output
    nobody = CliRunner().invoke(app, ["--url", "http://127.0.0.1:1", "--token", "x", "clones"])
    assert nobody.exit_code == 1
    assert "does not answer" in nobody.output


def test_the_help_names_every_question() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    for word in ("search", "hits", "path", "clones"):
        assert word in shown


def test_at_80_columns_a_hit_that_was_told_again_is_one_row_and_nothing_is_cut_short() -> None:
    seen = {
        "device": "steenweg-gate", "source": "street", "at": 1_770_000_000_000, "synchronised": False, "plate": "1XYZ088",
        "list": "stolen", "kind": "car", "colour": "black",
    }  # fmt: skip
    told = [{**seen, "event": event, "incident": HIT, "posterior": event / 10} for event in (9, 8)]
    read = {**seen, "event": 7, "incident": None, "plate": None, "list": None, "posterior": 0.7}
    console = Console(width=80)
    with console.capture() as shown:
        console.print(_told({"sightings": [*told, read], "more": False}))
    text = shown.get()
    assert [word for word in text.split() if word in {"0.90", "0.80", "0.70"}] == ["0.90", "0.70"]
    assert "1XYZ088" in text
    assert "…" not in text
    head, *rows = (line for line in text.splitlines() if line.strip())
    assert HIT in "".join(row[head.index("alert") :].strip() for row in rows)
