"""Who may ask what: without a session nothing, with a session what the role includes, from another site nothing."""

from __future__ import annotations

import time

import httpx
import pytest
from fastapi.routing import APIRoute

from fleet.accounts.accounts import RIGHTS, SESSION_S, Right, Role
from fleet.api.app import COOKIE, make_app
from tests.fleet.api.conftest import INCIDENT, PASSWORD, Api

OPEN = {("POST", "/api/v1/login"), ("POST", "/api/v1/enrol"), ("GET", "/api/v1/health")}
"""Open to whoever has no session yet."""

_PLAN = {"bundle": "nothing", "release": 1, "groups": [{"name": "all"}]}

_NOW = round(time.time() * 1000)
"""Within the month in which plates are shown without a prosecutor's decision."""
_WHY = {"purpose": "travel-times", "reason": "case 2026/1234"}
ROUTES: dict[tuple[str, str], tuple[Right, object]] = {
    ("POST", "/api/v1/logout"): (Right.SEE, None),
    ("GET", "/api/v1/me"): (Right.SEE, None),
    ("GET", "/api/v1/openapi.json"): (Right.SEE, None),
    ("GET", "/api/v1/audit"): (Right.READ_AUDIT, None),
    ("POST", "/api/v1/codes"): (Right.ENROL, {"device": "box-9"}),
    ("GET", "/api/v1/devices"): (Right.SEE, None),
    ("GET", "/api/v1/devices/{name}"): (Right.SEE, None),
    ("PUT", "/api/v1/devices/{name}/twin"): (Right.CONFIGURE, {"sources": []}),
    ("POST", "/api/v1/devices/{name}/command"): (Right.COMMAND, {"command": "ping"}),
    ("GET", "/api/v1/events"): (Right.SEE, None),
    ("GET", "/api/v1/incidents/{incident}"): (Right.SEE, None),
    ("POST", "/api/v1/incidents/{incident}/verdict"): (Right.JUDGE, {"decision": "confirm", "reason": "seen"}),
    ("GET", "/api/v1/stream"): (Right.SEE, None),
    ("PUT", "/api/v1/devices/{name}/place"): (Right.CONFIGURE, {"site": "market", "tags": ["new"]}),
    ("GET", "/api/v1/releases"): (Right.SEE, None),
    ("GET", "/api/v1/rollouts"): (Right.SEE, None),
    ("GET", "/api/v1/rollouts/{number}"): (Right.SEE, None),
    ("GET", "/api/v1/rollouts/{number}/devices"): (Right.SEE, None),
    ("GET", "/api/v1/rollouts/{number}/quality"): (Right.SEE, None),
    ("GET", "/api/v1/rollouts/{number}/preview"): (Right.SEE, None),
    ("POST", "/api/v1/rollouts/preview"): (Right.SEE, _PLAN),
    ("POST", "/api/v1/rollouts"): (Right.ROLL_OUT, _PLAN),
    ("POST", "/api/v1/rollouts/{number}/approve"): (Right.APPROVE_ROLLOUT, {}),
    ("POST", "/api/v1/rollouts/{number}/start"): (Right.ROLL_OUT, {}),
    ("POST", "/api/v1/rollouts/{number}/pause"): (Right.HALT_ROLLOUT, {}),
    ("POST", "/api/v1/rollouts/{number}/resume"): (Right.ROLL_OUT, {}),
    ("POST", "/api/v1/rollouts/{number}/abort"): (Right.HALT_ROLLOUT, {}),
    ("POST", "/api/v1/rollouts/{number}/back"): (Right.ROLL_OUT, {}),
    ("GET", "/api/v1/lists"): (Right.SEE, None),
    ("GET", "/api/v1/lists/{list}"): (Right.SEE, None),
    ("GET", "/api/v1/lists/keys"): (Right.SEE, None),
    ("GET", "/api/v1/lists/keys/{id}"): (Right.SEE, None),
    ("GET", "/api/v1/lists/drafts/{number}"): (Right.SEE, None),
    ("POST", "/api/v1/lists/drafts"): (Right.DRAFT_LIST, None),
    ("POST", "/api/v1/lists/drafts/{number}/approve"): (Right.APPROVE_LIST, {}),
    ("POST", "/api/v1/lists/drafts/{number}/withdraw"): (Right.WITHDRAW_LIST, {"reason": "over"}),
    ("POST", "/api/v1/lists/{list}/withdraw"): (Right.WITHDRAW_LIST, {"reason": "over"}),
    ("POST", "/api/v1/lists/{list}/rotate"): (Right.ROTATE_KEYS, {"reason": "old"}),
    ("POST", "/api/v1/lists/drafts/{number}/entries"): (Right.SEE_ENTRIES, {"reason": "a hit"}),
    ("POST", "/api/v1/lists/drafts/{number}/changes"): (Right.SEE_ENTRIES, {"reason": "to approve it"}),
    ("POST", "/api/v1/lists/drafts/{number}/who"): (Right.SEE_ENTRIES, {"reason": "a hit", "plate": "1ABC123"}),
    ("POST", "/api/v1/anpr/search"): (Right.SEARCH_PLATES, _WHY | {"devices": ["box-1"], "since": _NOW, "until": _NOW + 1}),
    ("POST", "/api/v1/anpr/hits"): (Right.SEARCH_PLATES, _WHY | {"purpose": "stolen-vehicles"}),
    ("GET", "/api/v1/anpr/hits/{incident}"): (Right.SEARCH_PLATES, None),
    ("POST", "/api/v1/anpr/hits/{incident}/path"): (Right.SEARCH_PLATES, _WHY),
    ("POST", "/api/v1/anpr/clones"): (Right.SEARCH_PLATES, _WHY),
    ("GET", "/api/v1/anpr/cameras"): (Right.SEE, None),
    ("GET", "/api/v1/gunshots/incidents"): (Right.SEE, None),
    ("GET", "/api/v1/gunshots/boxes"): (Right.SEE, None),
    ("GET", "/api/v1/gunshots/standard"): (Right.SEE, None),
    ("POST", "/api/v1/gunshots/standard"): (Right.HOLD_ALERTS, {"reason": "New Year", "until": _NOW + 3_600_000}),
    ("POST", "/api/v1/gunshots/standard/release"): (Right.HOLD_ALERTS, {"reason": "over"}),
}
"""What needs a session: the right, and a body that would be taken."""


def _path(template: str) -> str:
    template = template.replace("{name}", "box-1").replace("{incident}", INCIDENT).replace("{number}", "404")
    return template.replace("{list}", "stolen").replace("{id}", "p-none")


def test_every_route_is_in_the_table(api: Api) -> None:
    """A route that somebody adds is open to nobody before it is here."""
    app = make_app(api.services)
    found = {(method, route.path) for route in app.routes if isinstance(route, APIRoute) for method in route.methods or ()}
    assert found == OPEN | ROUTES.keys()


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_without_a_session_nothing(api: Api, route: tuple[str, str]) -> None:
    method, template = route
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Cookie": f"{COOKIE}=nonsense"}, {"Authorization": "Basic x"}):
        answer = api.ask(method, _path(template), headers=headers, json=ROUTES[route][1])
        assert answer.status_code == 401, headers
        assert answer.json() == {"error": "login", "message": "log in first"}


_NARROW = [route for route, (right, _) in ROUTES.items() if right not in {Right.SEE, Right.DRAFT_LIST}]
"""A draft is no JSON: who may draft is tested with lists."""


@pytest.mark.parametrize("route", _NARROW, ids=" ".join)
def test_a_role_does_what_it_includes_and_nothing_else(
    api: Api, route: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """RIGHTS: AI Act 14, only an operator judges."""
    monkeypatch.setattr("fleet.api.app.ANSWER_S", 0.0)
    method, template = route
    right, body = ROUTES[route]
    for role in Role:
        answer = api.ask(method, _path(template), role, json=body)
        if right in RIGHTS[role]:
            # There is no rollout, no list and no hit here: who may is told that, who may not is told so first.
            missing = any(part in template for part in ("rollouts", "lists", "hits/"))
            expected = {404} if missing else {200, 409} if template.endswith("/release") else {200, 504}
            assert answer.status_code in expected, (role, answer.text)
        else:
            assert answer.status_code == 403, (role, answer.text)
            assert answer.json()["error"] in {"role", "refused", "verdict"}
            assert role.value in answer.json()["message"], "who asks reads why"


def test_everybody_with_a_session_sees(api: Api) -> None:
    for role in Role:
        assert api.ask("GET", "/api/v1/me", role).json() == {"name": role.value, "role": role.value}
        assert api.ask("GET", "/api/v1/devices", role).json()[0]["name"] == "box-1"
        assert len(api.ask("GET", f"/api/v1/incidents/{INCIDENT}", role).json()["events"]) == 1


def _log_in(api: Api, name: str = "viewer", password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{api.url}/api/v1/login", json={"name": name, "password": password}, trust_env=False)


def test_the_cookie_is_for_this_site_and_for_no_script(api: Api) -> None:
    """A cookie that travels from no other site is what stands between a link in a mail and a verdict."""
    answer = _log_in(api)
    cookie = answer.headers["set-cookie"].lower()
    parts = {part.strip() for part in cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/", f"max-age={SESSION_S}"} <= parts
    assert "secure" not in parts, "plain HTTP is for this machine"
    with httpx.Client(base_url=api.url, cookies={COOKIE: answer.cookies[COOKIE]}, trust_env=False) as browser:
        assert browser.get("/api/v1/me").json()["name"] == "viewer"


def test_over_tls_the_cookie_never_travels_in_clear(api: Api) -> None:
    from tests.fleet.site import web_of

    with web_of(make_app(api.services, secure_cookie=True)) as url:
        answer = httpx.post(f"{url}/api/v1/login", json={"name": "viewer", "password": PASSWORD}, trust_env=False)
    assert "secure" in {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_a_form_of_another_site_can_send_is_not_understood(api: Api, kind: str) -> None:
    answer = api.ask(
        "POST",
        f"/api/v1/incidents/{INCIDENT}/verdict",
        Role.OPERATOR,
        content=b'{"decision":"confirm","reason":"x"}',
        headers={"Content-Type": kind},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("by", ["cookie", "header"])
def test_logging_out_ends_the_session(api: Api, by: str) -> None:
    token = _log_in(api).json()["token"]
    headers = {"Cookie": f"{COOKIE}={token}"} if by == "cookie" else {"Authorization": f"Bearer {token}"}
    assert api.ask("GET", "/api/v1/me", headers=headers).status_code == 200
    assert api.ask("POST", "/api/v1/logout", headers=headers).status_code == 200
    assert api.ask("GET", "/api/v1/me", headers=headers).status_code == 401
    assert api.services.accounts.person(token) is None


def test_a_wrong_password_says_what_to_do_and_not_what_was_wrong(api: Api) -> None:
    wrong, unknown = _log_in(api, "viewer", "not the password"), _log_in(api, "nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "wait a minute" in wrong.json()["message"]
    assert "set-cookie" not in wrong.headers


def test_five_wrong_passwords_close_the_name(api: Api) -> None:
    for _ in range(5):
        _log_in(api, "engineer", "not the password")
    assert _log_in(api, "engineer").status_code == 401
    assert api.ask("GET", "/api/v1/me", Role.ENGINEER).status_code == 200, "who is in stays in"
