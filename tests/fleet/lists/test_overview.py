"""What the pages of hit lists say and to whom: how far each box is and why, what waits, what a draft would change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import argon2
import httpx
import msgspec
import pytest

from fleet.accounts.accounts import Role
from fleet.api.app import make_app
from fleet.control_room.lists import add_list_questions
from fleet.identity.enrolment import BrokerAddress, Enrolment
from fleet.lists.differences import Difference, differences
from fleet.lists.forms import Forms
from fleet.lists.overview import Overviews
from fleet.lists.pulse import Pulse, write_pulse
from fleet.lists.reach import Step
from fleet.services import Services
from fleet.twins import LARGEST
from protocol.events import Reason
from tests.fleet.lists.office import ANN, BOB, FLEET, STOLEN, Office
from tests.fleet.site import web_of

SECRET = "lamps are lit at dusk"
PLATES = "1-ABC-123,case 9\n2-XYZ-00?,case 10\n3-AAA-111\n"


def overviews(office: Office) -> Overviews:
    return Overviews(office.engine, office.policy, office.access, office.now)


def used(office: Office) -> None:
    office.birth()
    office.tick()
    office.deliver()


def without_key(office: Office) -> None:
    office.birth(keys=(), lists={})


def fetching(office: Office) -> None:
    used(office)
    office.publish("+4-BBB-222\n", mode="change")
    office.birth()


def refusing(office: Office) -> None:
    used(office)
    office.publish("+4-BBB-222\n", mode="change")
    office.birth(reasons=(Reason("list-fetch", "list stolen", "example does not answer"),))


def not_told(office: Office) -> None:
    office.birth()
    office.want("box-1", ())
    office.tick()
    office.want("box-1", ("stolen",))


def sent_key(office: Office) -> None:
    office.birth()
    office.tick()
    without_key(office)


def crowded(office: Office) -> None:
    office.birth()
    sources = [{"id": "cam", "uri": "", "anpr": {"lists": ["stolen"]}}]
    spare = LARGEST - 40 - len(msgspec.json.encode({"version": 9, "config": {"sources": sources}}))
    office.put(
        "box-1", desired=msgspec.json.encode({"version": 9, "config": {"sources": [{**sources[0], "uri": "x" * spare}]}})
    )


STEPS: dict[str, tuple[Callable[[Office], object], Step, str]] = {
    "it uses the newest version": (used, Step.USES, ""),
    "it has said nothing": (lambda _office: None, Step.AWAY, "takes the list when it is back"),
    "it was sent the key": (sent_key, Step.KEY_MISSING, "was sent"),
    "it is about to be sent the key": (without_key, Step.KEY_MISSING, "is sent the list's key within seconds"),
    "it reads no plates": (lambda office: office.birth(lock=None, keys=()), Step.KEY_MISSING, "offers no lock"),
    "it was told and is at an earlier version": (fetching, Step.FETCHING, "has not yet said that it uses it"),
    "it says why it cannot": (refusing, Step.REFUSED, "list-fetch: example does not answer"),
    "it is not told yet": (not_told, Step.NOT_TOLD, "is told within seconds"),
    "its twin has no room": (crowded, Step.NO_ROOM, "give it fewer zones"),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_box_that_does_not_use_the_newest_version_says_why(office: Office, name: str) -> None:
    act, step, words = STEPS[name]
    office.publish(PLATES)
    office.add_box()
    office.tick()
    act(office)
    (found,) = overviews(office).of("stolen").boxes
    assert found.step is step
    assert words in found.why
    row = overviews(office).all().lists[0]
    assert (row.uses, row.boxes, len(row.behind)) == ((1, 1, 0) if step is Step.USES else (0, 1, 1))


def test_a_box_that_has_not_forgotten_a_list_that_is_over_is_named(office: Office) -> None:
    office.publish(PLATES)
    office.add_box()
    office.tick()
    used(office)
    office.tick()
    office.people.withdraw(BOB, "stolen", "wrong file")
    whole = overviews(office).of("stolen")
    assert [(one.device, one.version, one.step) for one in whole.boxes] == [("box-1", 1, Step.FORGETTING)]
    assert (whole.row.standing, whole.row.last.state) == (None, "withdrawn")
    office.tick()
    office.deliver()
    office.tick()
    assert overviews(office).of("stolen").boxes == ()


def test_what_waits_is_told_with_what_it_would_be_and_no_plate_is(office: Office) -> None:
    office.publish(PLATES)
    first = office.draft("+1-QQ*,case 11\n-3-AAA-111\n", mode="change").version.number
    found = overviews(office).all()
    (row,) = found.lists
    assert row.forms == Forms(2, 1)
    assert [(one.version.number, one.forms, one.stale) for one in row.waiting] == [(first, Forms(1, 2), False)]
    office.publish("+5-CCC-333\n", mode="change")
    whole = overviews(office).of("stolen")
    assert [one.stale for one in whole.row.waiting] == [True]
    assert [one.state for one in whole.versions] == ["active", "draft", "superseded"]
    assert whole.purpose is not None
    assert (whole.purpose.label, whole.purpose.list_days) == ("Stolen vehicles and plates", 92)
    assert [one.name for one in found.purposes] == ["low-emission-zone", STOLEN, "wanted-vehicles"]
    for text in (msgspec.json.encode(overviews(office).all()), msgspec.json.encode(whole)):
        assert not any(part in text for part in (b"ABC", b"XYZ", b"QQ", b"case"))
    office.later(60)
    assert "process of lists does not run" in overviews(office).all().locked
    write_pulse(office.engine, Pulse(office.ms, "`lamplighter lists authority init`", "a fault"))
    assert (overviews(office).all().locked, overviews(office).all().fault) == ("`lamplighter lists authority init`", "a fault")


def test_what_comes_goes_and_is_said_otherwise() -> None:
    before = [("1-ABC-123", "case 9"), ("O-LD-001", ""), ("2-XYZ-00?", "")]
    after = [("1ABC123", "case 9"), ("2XYZ00?", "case 10"), ("3-NEW-001", "")]
    found = list(differences(lambda: before, lambda: after))
    assert found == [Difference("-", "O-LD-001", ""), Difference("~", "2XYZ00?", "case 10"), Difference("+", "3-NEW-001", "")]


@pytest.fixture
def ask(office: Office) -> Iterator[Callable[..., httpx.Response]]:
    """Asks the manager over HTTP, as somebody."""
    enrolment = Enrolment(office.engine, office.fleet_authority, FLEET, BrokerAddress("broker.example", 8883))
    services = Services(office.engine, enrolment, FLEET, lists=office.people)
    services.accounts._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64)
    tokens: dict[str, str] = {}
    for name, role in {"ann": Role.OPERATOR, "root": Role.ADMIN, "vik": Role.VIEWER, "tess": Role.TECHNICIAN}.items():
        services.accounts.add(name, role, SECRET)
        found = services.accounts.log_in(name, SECRET)
        assert found is not None
        tokens[name] = found[1]
    app = make_app(services)
    add_list_questions(app, services)
    with web_of(app) as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:

        def send(who: str, method: str, path: str, **options: Any) -> httpx.Response:
            headers = {"Authorization": f"Bearer {tokens[who]}", **options.pop("headers", {})} if who else {}
            return client.request(method, path, headers=headers, **options)

        yield send


def test_only_who_keeps_lists_is_answered_and_changes_are_seen_with_a_reason(
    office: Office, ask: Callable[..., httpx.Response]
) -> None:
    office.publish(PLATES)
    number = office.draft("+1-QQ*,case 11\n-3-AAA-111\n", BOB, mode="change").version.number
    for path in ("/room/lists", "/room/lists/stolen"):
        answers = {who: ask(who, "GET", path) for who in ("", "ann", "root", "vik", "tess")}
        assert {who: one.status_code for who, one in answers.items()} == {
            "": 401,
            "ann": 200,
            "root": 200,
            "vik": 403,
            "tess": 403,
        }
        assert answers["ann"].headers["cache-control"] == "no-store"
        assert "an operator or administrator may" in answers["vik"].json()["message"]
    unknown = ask("ann", "GET", "/room/lists/none")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown")
    changes = f"/api/v1/lists/drafts/{number}/changes"
    assert ask("ann", "POST", changes, json={"reason": " "}).status_code == 403
    assert ask("root", "POST", changes, json={"reason": "x"}).status_code == 403
    assert office.actions("list.look") == []
    seen = ask("ann", "POST", changes, json={"reason": "to approve it"})
    assert seen.headers["cache-control"] == "no-store"
    assert [tuple(one.values()) for one in seen.json()["changes"]] == [("-", "3-AAA-111", ""), ("+", "1-QQ*", "case 11")]
    assert office.actions("list.look") == [(ANN.name, "list.look", f"stolen {number}")]


def test_whoever_corrects_lines_is_told_of_repetitions_too(office: Office, ask: Callable[..., httpx.Response]) -> None:
    wanted = {"list": "stolen", "purpose": STOLEN, "basis": "warrant 7", "expires": office.at(30)}
    body = msgspec.json.encode(wanted) + "\n1-ABC-123\n\u0410BC123\n1ABC123\n".encode()
    answer = ask("ann", "POST", "/api/v1/lists/drafts", content=body, headers={"Content-Type": "application/octet-stream"})
    said = answer.json()
    assert (answer.status_code, said["error"], said["total"]) == (422, "entries", 1)
    assert [one["line"] for one in said["faults"]] == [2]
    assert said["repetitions"] == [{"line": 3, "before": 1}]
