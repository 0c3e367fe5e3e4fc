"""The page over HTTP: who gets what, that nothing may be kept, and what points come to."""

from __future__ import annotations

import datetime as dt
import hashlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.aim.admission import WRONG, Admission
from edge.aim.server import AT_ONCE, Desk, Server, hosts
from edge.aim.tls import server_context
from edge.calibrate.errors import CalibrateError
from edge.calibrate.verdict import Judged
from protocol.config import Source

CODE = "ABCD2345"
JPEG = b"\xff\xd8 a picture \xff\xd9"
CORNERS = [[200, 540], [600, 540], [500, 300], [300, 300]]
POINTS = [[200, 540, 0, 0], [600, 540, 6, 0], [500, 300, 6, 8], [300, 300, 0, 8]]


class Page:
    """A page that is served, and a browser."""

    def __init__(self) -> None:
        now_s = time.monotonic()
        self.admission = Admission(CODE, now_s, now_s + 300)
        self.seen: tuple[bytes, tuple[int, int]] | None = (JPEG, (800, 600))
        self.saved: list[Judged] = []
        self.desk = Desk(self.admission, lambda: self.seen, Source("square", "a"), 0.5, self._save, ())
        self.server = Server(("127.0.0.1", 0), self.desk)
        self.port = int(self.server.server_address[1])
        self.host = f"127.0.0.1:{self.port}"
        self.desk.hosts = {self.host}
        self.cookie = ""
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def _save(self, judged: Judged) -> str:
        self.saved.append(judged)
        return "written"

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            told = {"Host": self.host, "Cookie": self.cookie, "Origin": f"http://{self.host}"} | headers
            link.request(method, path, body, {name: value for name, value in told.items() if value})
            answer = link.getresponse()
            return answer, answer.read()
        finally:
            link.close()

    def enter(self) -> None:
        answer, _ = self.ask("GET", f"/?code={CODE}")
        assert answer.status == 303
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def tell(self, what: Any, path: str = "/judge") -> Any:
        answer, body = self.ask("POST", path, json.dumps(what).encode())
        assert answer.status == 200
        return json.loads(body)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    made = Page()
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/", "/picture", "/page.js", "/page.css", "/none", "/?code=WRONG234", "/../admission.py"])
def test_without_the_code_nothing_is_told(path: str, page: Page) -> None:
    answer, body = page.ask("GET", path)
    assert answer.status == 403
    assert JPEG not in body
    assert b"<script" not in body


def test_the_code_lets_one_browser_in(page: Page) -> None:
    answer, _ = page.ask("GET", f"/?code={CODE}")
    cookie = answer.getheader("Set-Cookie") or ""
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert page.ask("GET", f"/?code={CODE}")[0].status == 403, "another browser"
    page.cookie = cookie.partition(";")[0]
    answer, body = page.ask("GET", "/picture")
    assert (answer.status, body, answer.getheader("X-Size")) == (200, JPEG, "800x600")
    assert page.ask("GET", f"/?code={CODE}")[0].status == 200, "the same, loaded again"
    for path in ("/", "/page.js", "/page.css"):
        assert page.ask("GET", path)[0].status == 200


@pytest.mark.parametrize(
    ("host", "port", "loopback", "named"),
    [
        ("192.168.1.20", 8642, False, {"192.168.1.20:8642"}),
        ("192.168.1.20", 443, False, {"192.168.1.20:443", "192.168.1.20"}),
        ("192.168.1.20", 80, False, {"192.168.1.20:80"}),
        ("127.0.0.1", 80, True, {"127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"}),
        ("[::1]", 8642, True, {"[::1]:8642", "localhost:8642"}),
    ],
)
def test_a_browser_leaves_out_the_port_of_its_scheme(host: str, port: int, loopback: bool, named: set[str]) -> None:
    assert hosts(host, port, loopback=loopback) == named


def test_who_connects_again_and_again_is_sent_away_and_the_page_goes_on(page: Page) -> None:
    idle = [socket.create_connection(("127.0.0.1", page.port), 5) for _ in range(AT_ONCE)]
    with socket.create_connection(("127.0.0.1", page.port), 5) as beyond:
        assert beyond.recv(1) == b""
    for each in idle:
        each.close()
    deadline = time.monotonic() + 5
    while True:
        try:
            page.enter()
            break
        except (ConnectionError, http.client.HTTPException):  # those who have gone are not all noticed yet
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_wrong_codes_close_it(page: Page) -> None:
    for _ in range(WRONG):
        page.ask("GET", "/?code=AAAAAAAA")
    assert page.ask("GET", f"/?code={CODE}")[0].status == 403


def test_nothing_that_is_answered_may_be_kept(page: Page) -> None:
    answers = [page.ask("GET", "/picture")[0]]
    page.enter()
    answers += [page.ask("GET", path)[0] for path in ("/", "/picture", "/page.js", "/none")]
    answers += [page.ask("POST", "/judge", b"{}")[0], page.ask("POST", "/none", b"{}")[0]]
    page.seen = None
    answers.append(page.ask("GET", "/picture")[0])
    for answer in answers:
        assert "no-store" in (answer.getheader("Cache-Control") or ""), answer.status
        assert "default-src 'none'" in (answer.getheader("Content-Security-Policy") or "")
        assert answer.getheader("X-Frame-Options") == "DENY"
    assert answers[-1].status == 204


def test_another_name_that_leads_here_gets_nothing(page: Page) -> None:
    page.enter()
    for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1"):
        answer, body = page.ask("GET", "/picture", Host=host)
        assert (answer.status, body) == (421, b"")
        assert page.ask("POST", "/judge", b"{}", Host=host)[0].status == 421


def test_a_page_of_another_site_can_change_nothing(page: Page) -> None:
    page.enter()
    for origin in ("http://evil.example", "null", ""):
        for path in ("/judge", "/save", "/close"):
            assert page.ask("POST", path, b"{}", Origin=origin)[0].status == 403
    assert not page.desk.left
    assert page.saved == []


def test_when_it_is_over_nobody_is_admitted(page: Page) -> None:
    page.enter()
    page.admission.until_s = time.monotonic()
    assert page.ask("GET", "/picture")[0].status == 403
    assert page.ask("POST", "/judge", b"{}")[0].status == 403


def test_points_come_to_words_and_a_drawing(page: Page) -> None:
    page.enter()
    told = page.tell({"points": POINTS})
    assert told["usable"]
    assert "polyline" in told["drawing"]
    assert any(word.startswith("4 points: nothing checks them") for word in told["words"])
    assert page.tell({"points": POINTS[:3]})["words"] == [
        "3 points; 4 to 32 are needed, near the corners of what matters and no three on a line"
    ]


def test_a_rectangle_of_known_size_comes_to_the_same(page: Page) -> None:
    page.enter()
    told = page.tell({"corners": CORNERS, "sides": [6, 8]})
    assert told["words"] == page.tell({"points": POINTS})["words"]
    assert "lengths of the first two sides" in page.tell({"corners": CORNERS[:3], "sides": [6, 8]})["words"][0]
    assert "lengths of the first two sides" in page.tell({"corners": CORNERS, "sides": [6, 0]})["words"][0]


def test_a_calibration_is_kept_when_the_button_says_so(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.enter()
    assert page.tell({"points": POINTS}, "/save")["words"][0] == "written"
    assert [point.ground for point in page.saved[0].calibration.points] == [(0, 0), (6, 0), (6, 8), (0, 8)]

    def refuse(_judged: Judged) -> str:
        msg = "box.toml: cannot be changed"
        raise CalibrateError(msg)

    monkeypatch.setattr(page.desk, "save", refuse)
    assert page.tell({"points": POINTS}, "/save") == {
        "words": ["box.toml: cannot be changed"], "drawing": "", "good": False, "usable": False,
    }  # fmt: skip


def test_the_button_ends_it(page: Page) -> None:
    page.enter()
    assert page.ask("POST", "/close")[0].status == 200
    assert page.desk.left


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 20_000, b"[]", b'{"points":[[1,2,3]]}', b'{"points":[[1,2,3,1e999]]}', b'{"sigma_px":0}', b'{"other":1}'],
)
def test_what_is_no_message_is_refused(body: bytes, page: Page) -> None:
    page.enter()
    assert page.ask("POST", "/judge", body)[0].status == 400


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(min_size=1, max_size=300)
    | st.lists(st.lists(st.floats(), max_size=5), max_size=6).map(lambda p: json.dumps({"points": p}).encode())
)
def test_any_bytes_are_answered(body: bytes, page: Page) -> None:
    if not page.cookie:
        page.enter()
    assert page.ask("POST", "/judge", body)[0].status in {200, 400}


def test_on_a_network_it_speaks_tls_with_the_certificate_that_is_told() -> None:
    page = Page()
    context, fingerprint = server_context("127.0.0.1", dt.datetime.now(dt.timezone.utc))
    page.server.secure(context)
    try:
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        link = http.client.HTTPSConnection("127.0.0.1", page.port, timeout=10, context=trusting)
        link.request("GET", f"/?code={CODE}", headers={"Host": page.host})
        answer = link.getresponse()
        assert answer.status == 303
        assert "; Secure" in (answer.getheader("Set-Cookie") or "")
        link.close()
        pem = ssl.get_server_certificate(("127.0.0.1", page.port), timeout=10)
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        assert ":".join(digest[at : at + 2] for at in range(0, 64, 2)) == fingerprint
    finally:
        page.close()
