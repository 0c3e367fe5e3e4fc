"""What goes in is bounded, what is wrong is said in words that tell what to do, and nothing makes the API fall over."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from edge.identity.files import IdentityFiles
from fleet.accounts.accounts import Role
from fleet.store.database import writing
from protocol.commands import Reply
from protocol.identifiers import uuid7
from tests.fleet.api.conftest import INCIDENT, PASSWORD, Api, serve

VERDICT = f"/api/v1/incidents/{INCIDENT}/verdict"
LOGIN = "/api/v1/login"
OPERATOR, TECHNICIAN = Role.OPERATOR, Role.TECHNICIAN

_WRONG: dict[str, tuple[str, str, Role | None, object, int, str]] = {
    "no name": ("POST", LOGIN, None, {"password": "x"}, 422, "body.name: Field required"),
    "long name": ("POST", LOGIN, None, {"name": "x" * 65, "password": "x"}, 422, "at most 64"),
    "long password": ("POST", LOGIN, None, {"name": "x", "password": "x" * 1025}, 422, "at most 1024"),
    "a number": ("POST", LOGIN, None, {"name": 5, "password": "x"}, 422, "valid string"),
    "a list": ("POST", LOGIN, None, [], 422, "body"),
    "long reason": ("POST", VERDICT, OPERATOR, {"decision": "dismiss", "reason": "x" * 301}, 422, "at most 300"),
    "no reason": ("POST", VERDICT, OPERATOR, {"decision": "dismiss"}, 422, "a reason is needed to dismiss"),
    "no decision": ("POST", VERDICT, OPERATOR, {"decision": "arrest"}, 422, "'confirm' or 'dismiss'"),
    "no alert": (
        "POST", f"/api/v1/incidents/{uuid7(9)}/verdict", OPERATOR, {"decision": "confirm"}, 422, "there is no alert",
    ),
    "no incident": ("GET", "/api/v1/incidents/x", OPERATOR, None, 404, "there is no such incident"),
    "no device": ("GET", "/api/v1/devices/box-404", OPERATOR, None, 404, "there is no device 'box-404'"),
    "command to nobody": (
        "POST", "/api/v1/devices/box-404/command", TECHNICIAN, {"command": "ping"}, 403, "there is no device 'box-404'",
    ),
    "no command": ("POST", "/api/v1/devices/box-1/command", TECHNICIAN, {"command": "explode"}, 422, "'ping'"),
    "limit": ("GET", "/api/v1/events?limit=1001", OPERATOR, None, 422, "less than or equal to 1000"),
    "no limit": ("GET", "/api/v1/events?limit=0", OPERATOR, None, 422, "greater than or equal to 1"),
    "before": ("GET", f"/api/v1/events?before={10**30}", OPERATOR, None, 422, "less than or equal to"),
    "audit limit": ("GET", "/api/v1/audit?limit=100000", OPERATOR, None, 422, "less than or equal to 1000"),
    "name of a box": ("POST", "/api/v1/codes", TECHNICIAN, {"device": "Box 1"}, 422, "Box 1"),
    "the manager's name": ("POST", "/api/v1/codes", TECHNICIAN, {"device": "manager"}, 400, "the manager's own"),
    "unknown field": ("PUT", "/api/v1/devices/box-1/twin", TECHNICIAN, {"sauces": []}, 422, "sauces"),
    "twin to nobody": ("PUT", "/api/v1/devices/box-404/twin", TECHNICIAN, {}, 403, "there is no device 'box-404'"),
    "no request": ("POST", "/api/v1/enrol", None, {"device": "box-1"}, 400, "not an enrolment request"),
    "method": ("GET", LOGIN, None, None, 405, "Method Not Allowed"),
    "route": ("GET", "/api/v1/nowhere", None, None, 404, "Not Found"),
}  # fmt: skip


@pytest.mark.parametrize("what", _WRONG)
def test_every_error_is_a_code_and_words(api: Api, what: str) -> None:
    method, path, role, body, status, words = _WRONG[what]
    answer = api.ask(method, path, role, json=body)
    assert answer.status_code == status, answer.text
    told = answer.json()
    assert set(told) == {"error", "message"}
    assert words in told["message"]


def test_a_configuration_with_faults_names_each_by_its_path(api: Api) -> None:
    """Row 55, at the manager: refused before it travels."""
    zone = {"id": "z", "polygon": [[0, 0], [1, 1]]}
    source = {"id": "cam", "uri": "a.mp4", "zones": [zone, zone]}
    answer = api.ask("PUT", "/api/v1/devices/box-1/twin", TECHNICIAN, json={"sources": [source]})
    assert answer.status_code == 422
    paths = [refusal["path"] for refusal in answer.json()["refusals"]]
    assert len(paths) >= 2
    assert all(path.startswith("sources[0]") for path in paths), paths
    device = api.services.device("box-1")
    assert device is not None
    assert device.desired is None


def test_what_was_wrong_is_not_repeated(api: Api) -> None:
    """A password in the wrong field does not come back in the answer, nor travel into somebody's log."""
    answer = api.ask("POST", LOGIN, json={"name": {"my secret password": 1}, "password": ["my secret password"]})
    assert answer.status_code == 422
    assert "secret" not in answer.text


def _raw(api: Api, request: bytes) -> bytes:
    parts = urlsplit(api.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=30) as connection:
        connection.sendall(request)
        return connection.recv(4096)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 262145",
        b"Content-Length: 9999999999",
        b"Transfer-Encoding: chunked",
        b"X: y",
    ],
)
@pytest.mark.parametrize("path", [b"/api/v1/login", b"/api/v1/enrol", b"/login", b"/logout"])
def test_a_body_over_the_cap_is_refused_before_it_is_read(api: Api, headers: bytes, path: bytes) -> None:
    """By whoever: all these paths are open to strangers, the control room's form too."""
    request = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n%s\r\n\r\n" % (path, headers)
    answer = _raw(api, request)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    assert b"a body of at most 262144 bytes, please" in answer


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"name":"\\ud800","password":"x"}', b'{"device":"\xff"}', b"null", b"1e999999"],
)
@pytest.mark.parametrize("path", [LOGIN, "/api/v1/enrol"])
def test_what_is_not_json_is_refused(api: Api, path: str, body: bytes) -> None:
    answer = api.ask("POST", path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_store_that_does_not_answer_is_said(engine: Engine, tmp_path: Path, method: str) -> None:
    """In words, as every error is; and what was asked is not in them."""
    for api in serve(engine, tmp_path):
        with writing(engine) as connection:
            connection.execute(text("ALTER TABLE event RENAME TO elsewhere"))
        path = "/api/v1/events?device=box-1" if method == "GET" else VERDICT
        answer = api.ask(method, path, OPERATOR, json={"decision": "confirm"} if method == "POST" else None)
        assert answer.status_code == 503
        assert answer.json()["error"] == "store"
        assert "try again" in answer.json()["message"]
        assert "box-1" not in answer.text


def test_a_value_that_no_store_takes_is_refused(fresh: Api) -> None:
    """PostgreSQL takes no U+0000 in a text."""
    nul = "a\x00b"
    answers = [
        fresh.ask("POST", LOGIN, json={"name": nul, "password": nul}),
        fresh.ask("GET", "/api/v1/events", OPERATOR, params={"device": nul}),
        fresh.ask("GET", "/api/v1/events", OPERATOR, params={"type": nul, "incident": nul}),
        fresh.ask("GET", "/api/v1/devices/a%00b", OPERATOR),
        fresh.ask("GET", "/api/v1/incidents/a%00b", OPERATOR),
        fresh.ask("POST", "/api/v1/incidents/a%00b/verdict", OPERATOR, json={"decision": "confirm"}),
        fresh.ask("POST", "/api/v1/devices/a%00b/command", TECHNICIAN, json={"command": "ping"}),
    ]
    assert max(answer.status_code for answer in answers) < 500
    answer = fresh.ask("POST", VERDICT, OPERATOR, json={"decision": "dismiss", "reason": nul})
    assert answer.status_code in {200, 422}, "SQLite takes it"
    answer = fresh.ask("POST", "/api/v1/codes", TECHNICIAN, json={"device": "box-7", "label": nul})
    assert answer.status_code in {200, 422}
    assert fresh.services.verify_audit().broken_at is None


_text = st.text(max_size=30)
_any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    path=st.sampled_from([LOGIN, "/api/v1/enrol", VERDICT, "/api/v1/codes"]),
    body=_any
    | st.fixed_dictionaries({"decision": st.sampled_from(["confirm", "dismiss"]), "reason": _any})
    | st.fixed_dictionaries({"device": _any, "code": _any, "csr_pem": _any})
    | st.fixed_dictionaries({"name": _text, "password": _text}),
)
def test_whatever_is_sent_the_api_answers(api: Api, path: str, body: object) -> None:
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = api.ask("POST", path, Role.OPERATOR, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code < 500
    assert answer.status_code == 200 or set(answer.json()) == {"error", "message"}


def test_enrolling_over_http_says_what_a_technician_does_next(api: Api, folder: IdentityFiles) -> None:
    made = api.ask("POST", "/api/v1/codes", TECHNICIAN, json={"device": "box-5", "label": "Market"})
    wanted = {"device": "box-5", "code": made.json()["code"], "csr_pem": folder.request("box-5")}
    answer = api.ask("POST", "/api/v1/enrol", json=wanted)
    assert answer.status_code == 200
    assert answer.json()["broker_host"] == "broker.example"
    again = api.ask("POST", "/api/v1/enrol", json=wanted)
    assert (again.status_code, again.json()["error"]) == (409, "code-used")
    assert "make a new one at the manager" in again.json()["message"]


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> IdentityFiles:
    """A box's keys."""
    return IdentityFiles(tmp_path_factory.mktemp("box"))


def test_a_box_that_does_not_answer(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.api.app.ANSWER_S", 0.3)
    answer = api.ask("POST", "/api/v1/devices/box-1/command", TECHNICIAN, json={"command": "ping"})
    assert answer.status_code == 504
    assert answer.json() == {"error": "no-answer", "message": "box-1 did not answer within 0.3 s; is it online?"}


def test_a_box_that_answers(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.services, "reply", lambda _correlation: Reply("ping", ok=True, message="here"))
    answer = api.ask("POST", "/api/v1/devices/box-1/command", TECHNICIAN, json={"command": "ping"})
    assert answer.json() == {"ok": True, "message": "here"}


def test_the_audit_page_says_whether_the_chain_is_whole(api: Api) -> None:
    told = api.ask("GET", "/api/v1/audit", OPERATOR).json()
    assert told["broken_at"] is None
    assert told["verified"] == api.services.verify_audit().rows
    assert set(told["rows"][0]) == {"row", "at", "actor", "action", "subject", "digest", "chain"}
    assert PASSWORD not in json.dumps(told)
