"""Lists over HTTP and from the command line: bad input keeps nothing, roles hold, files are fetched by digest only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from fleet.accounts.accounts import Role
from fleet.api import errors
from fleet.api.app import make_app
from fleet.audit.log import verify
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.lists import cli, entries
from fleet.lists.master import MASTER
from fleet.services import Services
from fleet.store.tables import list_part, list_version
from fleet.twins import LARGEST
from tests.fleet.lists.office import FLEET, STOLEN, Office
from tests.fleet.site import web_of

SECRET = "lamps are lit at dusk"
PEOPLE = {"ann": Role.OPERATOR, "bob": Role.OPERATOR, "root": Role.ADMIN, "vik": Role.VIEWER, "tess": Role.TECHNICIAN}
SHORT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Web:
    """The API over an office."""

    office: Office
    client: httpx.Client
    tokens: dict[str, str]

    def ask(self, method: str, path: str, who: str = "ann", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **options.pop("headers", {})}
        return self.client.request(method, f"/api/v1/lists{path}", headers=headers, **options)

    def draft(self, lines: str | bytes, who: str = "ann", **more: Any) -> httpx.Response:
        wanted = {"list": "stolen", "purpose": STOLEN, "basis": "warrant 7", "expires": self.office.at(30).isoformat(), **more}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        body = json.dumps(wanted).encode() + b"\n" + (lines.encode() if isinstance(lines, str) else lines)
        return self.ask("POST", "/drafts", who, content=body, headers={"Content-Type": "application/octet-stream"})

    def kept(self) -> tuple[int, int]:
        with self.office.engine.connect() as connection:
            tables = (list_version, list_part)
            versions, parts = (connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)
        return int(versions), int(parts)

    def type(self, who: str, *arguments: object) -> Result:
        environment = {"LAMPLIGHTER_URL": str(self.client.base_url), "LAMPLIGHTER_TOKEN": self.tokens[who], "COLUMNS": "220"}
        return CliRunner().invoke(cli.app, [str(one) for one in arguments], env=environment)

    def told(self, who: str, *arguments: object) -> str:
        found = self.type(who, *arguments)
        assert found.exit_code == 0, found.output
        return " ".join(found.stdout.split())


@pytest.fixture
def web(office: Office) -> Iterator[Web]:
    enrolment = Enrolment(office.engine, office.fleet_authority, FLEET, BrokerAddress("broker.example", 8883))
    services = Services(office.engine, enrolment, FLEET, lists=office.people)
    services.accounts._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64)
    with (
        web_of(make_app(services, lists=office.files)) as url,
        httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
    ):
        tokens = {}
        for name, role in PEOPLE.items():
            services.accounts.add(name, role, SECRET)
            found = services.accounts.log_in(name, SECRET)
            assert found is not None
            tokens[name] = found[1]
        office.tick()
        yield Web(office, client, tokens)


BAD: dict[str, tuple[str | bytes, dict[str, Any], str, str]] = {
    "an invalid plate": ("1ABC123\n1ABC1234567890\n", {}, "entries", "line 2: a plate has 1 to 12"),
    "another alphabet": ("1ABC123\n\u0410BC123\n", {}, "entries", "line 2: cyrillic capital letter a"),
    "nothing": ("\n# nobody\n", {}, "entries", "would have no entries"),
    "no text": (b"\xff\xfe\x00", {}, "entries", "UTF-8"),
    "an unknown purpose": ("1ABC123", {"purpose": "revenge"}, "list", "not in the fleet's policy; there are:"),
    "a purpose without lists": ("1ABC123", {"purpose": "travel-times"}, "list", "allows no hit lists for travel-times"),
    "no purpose": ("1ABC123", {"purpose": None}, "list", "has no purpose yet"),
    "no basis": ("1ABC123", {"basis": "  "}, "list", "needs the reference of its legal basis"),
    "no end": ("1ABC123", {"expires": None}, "list", "needs an end, at most 92 days"),
    "an end that is past": ("1ABC123", {"expires": "2020-01-01T00:00:00Z"}, "list", "is past"),
    "an end too far": ("1ABC123", {"expires": "2999-01-01T00:00:00Z"}, "list", "more than 92 days ahead"),
    "no moment": ("1ABC123", {"expires": "tomorrow"}, "request", "expires"),
    "a threshold of nothing": ("1ABC123", {"least": 0}, "request", "least"),
    "no name": ("1ABC123", {"list": "Not A Name"}, "request", "list"),
    "a field too many": ("1ABC123", {"colour": "red"}, "request", "colour"),
    "a change of nothing": ("+1ABC123", {"mode": "change"}, "list", "no version that could be changed"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_and_keeps_nothing(web: Web, name: str) -> None:
    lines, more, code, words = BAD[name]
    answer = web.draft(lines, **more)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"] == code
    assert words in answer.json()["message"]
    assert web.kept() == (0, 0)
    assert not list((web.office.folder / "keystore").glob("entries-*")), "nor a key"


def test_faults_late_in_a_long_draft_keep_nothing_of_what_came_before(web: Web) -> None:
    lines = "".join(f"1-AAB-{number:04d}\n" for number in range(9000))
    answer = web.draft(lines + "!!\n")
    assert answer.json()["faults"][0]["line"] == 9001
    assert web.kept() == (0, 0)


def test_duplicates_are_reported_and_counted_once(web: Web) -> None:
    made = web.draft("1-ABC-123\n1abc123\n2ABC123\n").json()
    assert (made["entries"], made["repeated"], made["repetitions"]) == (2, 1, [{"line": 2, "before": 1}])


def test_more_than_a_list_may_have_is_refused_and_a_body_beyond_it_is_not_read(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MOST_ENTRIES", 500)
    lines = "".join(f"1-AAB-{number:04d}\n" for number in range(501))
    answer = web.draft(lines)
    assert "line 501 is entry 501, and a list has at most 500" in answer.json()["message"]
    assert web.kept() == (0, 0)
    assert web.draft(lines.rpartition("1-")[0]).json()["entries"] == 500
    monkeypatch.setitem(errors._LARGE, "/api/v1/lists/drafts", 300)
    assert web.draft(lines).status_code == 413


def test_a_change_names_what_is_not_there_and_what_is_already(web: Web) -> None:
    web.office.publish("1-ABC-123,first\n2-ABC-123\n")
    answer = web.draft("-9-ZZZ-999\n+3-ABC-123\n", mode="change", purpose=None, basis=None, expires=None)
    assert "line 1: is not on the list" in answer.json()["message"]
    both = web.draft("+3-ABC-123\n-3ABC123\n", mode="change", purpose=None, basis=None, expires=None)
    assert "line 2: is both added and removed, see line 1" in both.json()["message"]
    none = web.draft("+1-ABC-123\n", mode="change", purpose=None, basis=None, expires=None)
    assert "nothing of list stolen would change" in none.json()["message"]
    other = web.draft("1ABC123", purpose="wanted-vehicles")
    assert "a list keeps its purpose" in other.json()["message"]
    made = web.draft("+1-ABC-123\n+3-ABC-123\n-2-ABC-123\n", mode="change", purpose=None, basis=None, expires=None).json()
    assert (made["entries"], made["added"], made["removed"], made["repeated"]) == (2, 1, 1, 1)


def test_who_may_do_what(web: Web) -> None:
    for who in ("root", "vik", "tess"):
        answer = web.draft("1ABC123", who)
        assert (answer.status_code, answer.json()["error"]) == (403, "role")
    number = web.draft("1ABC123,a secret").json()["number"]
    approve = f"/drafts/{number}/approve"
    answer = web.ask("POST", approve, json={})
    assert (answer.status_code, answer.json()["error"]) == (403, "second-person")
    assert "was drafted by ann: a second person approves it" in answer.json()["message"]
    for who in ("root", "vik", "tess"):
        assert web.ask("POST", approve, who, json={}).status_code == 403
        assert web.ask("POST", f"/drafts/{number}/entries", who, json={"reason": "x"}).status_code == 403
    assert web.ask("POST", approve, "bob", json={}).json()["state"] == "approved"
    assert web.ask("POST", approve, "bob", json={}).status_code == 409


def test_entries_are_seen_with_a_reason_and_that_is_written_down(web: Web) -> None:
    number = web.draft("1-ABC-123,case 9\n2-XYZ-00?,case 10\n3-AAA-111\n").json()["number"]
    for body in ({}, {"reason": "  "}):
        answer = web.ask("POST", f"/drafts/{number}/entries", json=body)
        assert (answer.status_code, answer.json()["error"]) == (403, "reason")
    assert web.office.actions("list.look") == []
    seen = web.ask("POST", f"/drafts/{number}/entries", "bob", json={"reason": "to approve it", "after": 1, "limit": 1})
    assert seen.json()["entries"] == [{"plate": "2-XYZ-00?", "comment": "case 10"}]
    assert (seen.json()["draft"]["basis"], seen.json()["draft"]["entries"]) == ("warrant 7", 3)
    assert seen.headers["cache-control"] == "no-store"
    who = web.ask("POST", f"/drafts/{number}/who", "bob", json={"reason": "a hit", "plate": "2XYZ007"})
    assert who.json()["entries"] == [{"plate": "2-XYZ-00?", "comment": "case 10"}]
    assert web.office.actions("list.look", "list.who") == [
        ("bob", "list.look", f"stolen {number}"),
        ("bob", "list.who", f"stolen {number}"),
    ]
    assert verify(web.office.engine).broken_at is None


def test_nothing_is_approved_that_cannot_be_signed_and_the_message_says_what_to_do(web: Web) -> None:
    number = web.draft("1ABC123").json()["number"]
    for name in ("lists.key", "lists.pub"):
        (web.office.folder / "keys" / name).rename(web.office.folder / name)
    web.office.begin()
    web.office.tick()
    answer = web.ask("POST", f"/drafts/{number}/approve", "bob", json={})
    assert (answer.status_code, answer.json()["error"]) == (409, "not-loaded")
    assert "`lamplighter lists authority init`" in answer.json()["message"]
    assert web.office.version(number).state.value == "draft"
    web.office.later(3600)
    answer = web.ask("POST", f"/drafts/{number}/approve", "bob", json={})
    assert "process of lists does not run" in answer.json()["message"]


def test_without_a_master_key_nothing_is_drafted(web: Web) -> None:
    del web.office.environment[MASTER]
    web.office.access._opened = None
    answer = web.draft("1ABC123")
    assert answer.status_code == 409
    assert "`lamplighter lists keys init`" in answer.json()["message"]


def test_a_list_for_which_a_box_s_twin_has_no_room_is_not_approved(web: Web) -> None:
    """A twin that cannot be sent would silence the box for ever."""
    web.office.add_box()
    sources = [{"id": "cam", "uri": "", "anpr": {"lists": ["stolen"]}}]
    room = LARGEST - 40 - len(json.dumps({"version": 1, "config": {"sources": sources}}))
    sources[0]["uri"] = "x" * room
    web.office.put("box-1", desired=json.dumps({"version": 1, "config": {"sources": sources}}).encode())
    number = web.draft("1ABC123").json()["number"]
    answer = web.ask("POST", f"/drafts/{number}/approve", "bob", json={})
    assert answer.status_code == 409, answer.text
    assert "the twin of box-1 has no room for list stolen" in answer.json()["message"]
    assert web.office.version(number).state.value == "draft"


def test_files_are_fetched_by_their_digest_in_ranges_and_nothing_else_is(web: Web) -> None:
    made = web.office.publish("".join(f"1-AAB-{number:03d}\n" for number in range(300)))
    whole = web.client.get(f"/lists/{made.digest}")
    assert hashlib.sha256(whole.content).hexdigest() == made.digest
    part = web.client.get(f"/lists/{made.digest}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    secret = web.office.folder / "keys" / "ca.key"
    assert secret.exists()
    digest = made.digest or ""
    (file,) = web.office.folder.rglob(digest)
    file.with_name(f"{digest}.7.new").write_bytes(b"a write that a power cut left")
    ways = ("", "/..", "/../keys/ca.key", "/%2e%2e/keys/ca.key", "/..%2fkeys%2fca.key")
    for path in (*ways, f"/{'0' * 64}", f"/{digest}.7.new", f"/{digest.upper()}", f"/{digest}%0a", f"/{digest}/"):
        answer = web.client.get(f"/lists{path}", follow_redirects=False)
        assert answer.status_code in {307, 404}, path


@SHORT
@given(st.binary(max_size=600))
def test_a_draft_of_any_bytes_is_answered_in_words(web: Web, data: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    answer = web.ask("POST", "/drafts", content=data, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_a_box_is_not_told_pseudonyms_for_a_purpose_that_has_none(web: Web) -> None:
    web.office.add_box()
    for purpose, words in (("revenge", "not in the fleet's policy"), (STOLEN, "has no pseudonyms for stolen-vehicles")):
        config = {"sources": [{"id": "c", "uri": "a.mp4", "anpr": {"others": "pseudonym", "purpose": purpose}}]}
        headers = {"Authorization": f"Bearer {web.tokens['tess']}"}
        answer = web.client.put("/api/v1/devices/box-1/twin", json=config, headers=headers)
        assert (answer.status_code, answer.json()["refusals"][0]["path"]) == (422, "sources[0].anpr.purpose")
        assert words in answer.json()["message"]


def test_a_configuration_that_names_a_list_brings_it_at_once(web: Web) -> None:
    made = web.office.publish("1ABC123\n")
    web.office.add_box(lists=())
    headers = {"Authorization": f"Bearer {web.tokens['tess']}"}
    config = {"sources": [{"id": "c", "uri": "a.mp4", "anpr": {"lists": ["stolen"]}}]}
    assert web.client.put("/api/v1/devices/box-1/twin", json=config, headers=headers).is_success
    assert [order.digest for order in web.office.twin().lists] == [made.digest]
    keys = web.client.post("/api/v1/devices/box-1/command", json={"command": "keys"}, headers=headers)
    assert keys.status_code == 403
    assert "handed out by the manager itself" in keys.json()["message"]


def test_from_the_command_line(web: Web, tmp_path: Path) -> None:
    plates, more = tmp_path / "plates.csv", tmp_path / "more.csv"
    plates.write_text("plate,comment\n1-ABC-123,case 9\n1ABC123\n2-XYZ-00?\n")
    more.write_text("\ufeff7-NEW-777,case 11\n")
    options = ("--purpose", STOLEN, "--basis", "warrant 7", "--until", "30d")
    drafted = web.told("ann", "draft", "stolen", plates, *options)
    assert "draft 1 of list stolen: 2 entries (2 come, 0 go)" in drafted
    assert "line 3 repeats line 2; counted once" in drafted
    assert drafted.endswith("a second person approves it: lamplighter lists approve 1")
    assert "a second person approves it" in web.type("ann", "approve", 1).stderr
    assert "is approved; it is signed and sent" in web.told("bob", "approve", 1)
    web.office.tick()
    assert "active" in web.told("vik", "list")
    assert "+1" not in web.told("bob", "draft", "stolen", "--add", more, "--remove", plates)
    looked = web.told("ann", "entries", 2, "--reason", "to approve it")
    assert "7-NEW-777" in looked
    assert "draft 2 of list stolen, draft: for stolen-vehicles, on warrant 7, until" in looked
    assert "case 9" in web.told("ann", "entries", 1, "--reason", "a hit", "--plate", "1ABC123")
    assert "is withdrawn" in web.told("bob", "discard", 2, "--reason", "not needed")
    assert "is being replaced" in web.told("root", "rotate", "stolen")
    assert "is withdrawn" in web.told("root", "withdraw", "stolen", "--reason", "over")
    shown = web.told("vik", "show", "stolen")
    assert "ann" in shown
    assert "warrant 7" in shown
    assert "ABC" not in shown
    keys = json.loads(web.told("vik", "keys", "list", "--json"))
    assert "was not destroyed" in web.told("vik", "keys", "proof", keys[0]["id"])
    for arguments, words in (
        (("draft", "stolen", plates, "--add", more), "either the file of the whole list"),
        (("draft", "stolen", plates, "--until", "soon"), "is no end; write it as 30d"),
        (("draft", "other", plates), "has no purpose yet"),
        (("show", "nothing"), "there is no list 'nothing'"),
        (("keys", "proof", "p-none"), "there is no key 'p-none'"),
        (("approve", 99), "there is no draft 99"),
    ):
        found = web.type("ann", *arguments)
        assert (found.exit_code, found.stdout) == (1, ""), found.output
        assert words in found.stderr
