"""What is served over HTTP and over the live line: to whom, and with which headers."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from fleet.accounts.accounts import Role
from fleet.api.app import COOKIE
from fleet.control_room.pages import SESSION_CHECK_S
from tests.fleet.control_room.browser import PASSWORD, PATIENCE_S, ControlRoom

SIGNED_OUT = 4401


@pytest.fixture
def client(room: ControlRoom) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=room.url, timeout=PATIENCE_S, trust_env=False) as made:
        yield made


def signed_in(client: httpx.Client, room: ControlRoom, name: str = "ada") -> httpx.Client:
    client.cookies.set(COOKIE, room.token(name))
    return client


def live(room: ControlRoom, token: str | None, origin: str | None = None) -> ClientConnection:
    headers = {} if token is None else {"Cookie": f"{COOKIE}={token}"}
    address = room.url.replace("http", "ws") + "/room/live"
    return connect(address, origin=Origin(origin or room.url), additional_headers=headers, proxy=None, max_size=1 << 24)


def read(line: ClientConnection) -> Any:
    return json.loads(line.recv(PATIENCE_S))


def closed(line: ClientConnection) -> int:
    """Read until the manager hangs up; returns why."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            line.recv(PATIENCE_S)
    assert line.close_code is not None
    return line.close_code


@pytest.mark.parametrize(
    "path", ["/", "/alerts", "/audit", "/device/market-1", "/rollouts", "/rollout/1", "/hit-lists", "/hit-lists/x"]
)
def test_no_page_is_shown_to_strangers(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")


@pytest.mark.parametrize(
    "path", ["plan", "events/1", "devices/market-1", "incidents", "verdicts", "audit", "lists", "purposes"]
)
def test_no_question_is_answered_to_strangers(client: httpx.Client, room: ControlRoom, path: str) -> None:
    assert client.get(f"/room/{path}").status_code == 401
    assert signed_in(client, room).get(f"/room/{path}").status_code == 200


def test_the_log_is_for_those_who_may_read_it(client: httpx.Client, room: ControlRoom) -> None:
    signed_in(client, room, "vik")
    for path in ("/audit", "/room/audit", "/room/verdicts"):
        assert client.get(path).status_code == 403
    assert client.get("/room/incidents").status_code == 200


def test_what_is_not_there_is_said(client: httpx.Client, room: ControlRoom) -> None:
    signed_in(client, room)
    for path in ("/room/events/999999999", "/room/devices/nobody", "/room/devices/%3Cscript%3E"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["message"]


def test_a_page_may_load_and_send_nothing_beyond_its_host(client: httpx.Client, room: ControlRoom) -> None:
    for answer in (client.get("/login"), signed_in(client, room).get("/")):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
        assert policy["frame-ancestors"] == policy["object-src"] == "'none'"
        assert "//" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert set(re.findall(r"""(?:src|href)=["']?(https?:)?//""", answer.text)) == set()


def test_assets_are_named_by_their_content_and_kept(client: httpx.Client) -> None:
    (path,) = set(re.findall(r"/room/assets/[0-9a-f]{16}/login\.css", client.get("/login").text))
    assert "immutable" in client.get(path).headers["cache-control"]
    assert "immutable" not in client.get(path.replace("login.css", "none.css")).headers.get("cache-control", "")
    assert client.get(path.replace("login.css", "%2e%2e/pages.py")).status_code == 404


def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use(client: httpx.Client, room: ControlRoom) -> None:
    answer = client.post("/login", data={"name": "vik", "password": PASSWORD, "next": "//evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "max-age=43200"))
    assert client.get("/login?next=/alerts").headers["location"] == "/alerts", "whoever is signed in goes on"
    token = client.cookies[COOKIE]
    assert client.post("/logout").headers["location"] == "/login"
    assert room.accounts.person(token) is None


def test_a_refusal_at_the_door_tells_nothing(client: httpx.Client) -> None:
    answers = [client.post("/login", data={"name": name, "password": "wrong"}) for name in ("vik", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert len({answer.text.replace("vik", "").replace("nobody", "") for answer in answers}) == 1


def test_the_live_line_begins_with_all_there_is_and_who_looks(room: ControlRoom) -> None:
    with live(room, room.token("vik")) as line:
        first = read(line)
        assert first["snapshot"]
        assert re.fullmatch(r"[0-9a-f]{16}", first["build"])
        assert (first["account"]["name"], first["account"]["may_judge"]) == ("vik", False)
        assert {device["id"] for device in first["devices"]} == set(room.town.boxes)
        box = room.town.boxes["fish-2"]
        room.town.count(box)
        room.town.flush()
        while not (told := read(line)).get("rows"):
            pass
        assert [row["device"] for row in told["rows"]] == ["fish-2"]
        assert [zone["device"] for zone in told["zones"]] == ["fish-2"]


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_the_live_line_is_for_those_who_are_signed_in(room: ControlRoom, token: str | None) -> None:
    with live(room, token) as line:
        assert closed(line) == SIGNED_OUT


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1"])
def test_the_live_line_is_for_this_hosts_own_pages(room: ControlRoom, origin: str) -> None:
    with live(room, room.token("ada"), origin) as line:
        assert closed(line) == SIGNED_OUT


def test_an_account_that_is_closed_sees_nothing_more(room: ControlRoom) -> None:
    room.accounts.add("eve", Role.VIEWER, PASSWORD)
    found = room.accounts.log_in("eve", PASSWORD)
    assert found is not None
    with live(room, found[1]) as line:
        assert read(line)["snapshot"]
        room.accounts.close("eve", by="root")
        assert closed(line) == SIGNED_OUT
    assert SESSION_CHECK_S < 5
