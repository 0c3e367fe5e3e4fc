"""``lamplighter edge aim`` with a real agent: from the code on the terminal to the end, and everything closed after it."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.aim import admission
from edge.aim.errors import AimError
from edge.aim.session import Wanted, run_session
from edge.calibrate.camera import Camera
from edge.cli import app
from protocol.config import Source
from tests.edge.agent.offline import Offline, source

PATIENCE_S = 15.0


def wanted(folder: Path, address: str = "127.0.0.1", port: int = 0, seconds: float = 60.0) -> Wanted:
    camera = Camera(Source("square", "a"), folder / "box.toml", folder / "state" / "status.sock", None)
    return Wanted(camera, seconds, address, port, 0.5)


def refused(asked: Wanted) -> None:
    run_session(asked, lambda _line: None, threading.Event())


class Session:
    """A session in a thread of its own."""

    def __init__(self, folder: Path, seconds: float = 60.0) -> None:
        self.wanted = wanted(folder, seconds=seconds)
        self.stop = threading.Event()
        self.lines: list[str] = []
        self.why = ""
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self.lines:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        match = re.fullmatch(r"http://(127\.0\.0\.1):(\d+)(/\?code=[A-Z2-9]{8})", self.lines[0])
        assert match is not None, self.lines
        self.port, self.path = int(match[2]), match[3]

    def _run(self) -> None:
        self.why = run_session(self.wanted, self.lines.append, self.stop)

    def get(self, path: str, cookie: str = "") -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        link.request("GET", path, headers={"Cookie": cookie})
        answer = link.getresponse()
        answer.read()
        return answer

    def enter(self) -> str:
        return (self.get(self.path).getheader("Set-Cookie") or "").partition(";")[0]

    def ended(self) -> str:
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", self.port), 2)
        return self.why


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    with Offline(tmp_path_factory.mktemp("box"), source("square")).running() as running:
        running.until(lambda status: status.telemetry.sources.get("square"), "a source")
        yield running


def test_a_browser_with_the_code_sees_the_picture_and_it_ends_when_that_goes(
    box: Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "AWAY_S", 1.0)
    session = Session(box.folder)
    assert session.get("/picture").status == 403
    cookie = session.enter()
    deadline = time.monotonic() + PATIENCE_S
    while (answer := session.get("/picture", cookie)).status == 204:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answer.status == 200
    assert answer.getheader("X-Size") == "768x576"
    assert session.ended() == "the browser has gone"


def test_it_ends_after_its_time_though_somebody_looks(box: Offline) -> None:
    session = Session(box.folder, seconds=1.5)
    cookie = session.enter()
    began = time.monotonic()
    while session.thread.is_alive() and time.monotonic() - began < PATIENCE_S:
        try:
            session.get("/picture", cookie)
        except OSError:
            break
        time.sleep(0.1)
    assert session.ended() == "its time is over"
    assert time.monotonic() - began < 5


def test_it_ends_with_the_terminal(box: Offline) -> None:
    session = Session(box.folder)
    session.stop.set()
    assert session.ended() == "it was stopped"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "8.8.8.8", "localhost.example", ""])
def test_it_listens_at_an_address_of_its_own_network_only(address: str, tmp_path: Path) -> None:
    with pytest.raises(AimError, match="no address of this box on its own network"):
        refused(wanted(tmp_path, address))


def test_without_an_agent_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(AimError, match="is `lamplighter edge run` running"):
        refused(wanted(tmp_path))


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AimError, match="choose another with --port"):
        refused(wanted(tmp_path, port=taken.getsockname()[1]))


def test_an_address_of_another_box_is_told(tmp_path: Path) -> None:
    with pytest.raises(AimError, match="give one that `ip address` shows"):
        refused(wanted(tmp_path, "192.168.254.253"))


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    path.write_text('[box]\nfleet = "c"\ndevice = "d"\nstate = "state"\n[[sources]]\nid = "square"\nuri = "a.mp4"\n')
    found = CliRunner().invoke(app, ["aim", "roof", "--config", str(path)])
    assert found.exit_code == 2
    assert "there is no source 'roof'" in found.output
    found = CliRunner().invoke(app, ["aim", "square", "--config", str(path), "--port", "0"])
    assert found.exit_code == 1
    assert "no agent answers" in found.output


def test_the_command_lets_no_picture_into_a_core_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def look(*_: object) -> None:
        done.append("look")
        msg = "no agent answers"
        raise AimError(msg)

    monkeypatch.setattr("edge.lists.vault.refuse_dumps", lambda: done.append("no dumps"))
    monkeypatch.setattr("edge.aim.session.Look", look)
    path = tmp_path / "box.toml"
    path.write_text('[box]\nfleet = "c"\ndevice = "d"\nstate = "state"\n[[sources]]\nid = "square"\nuri = "a.mp4"\n')
    assert CliRunner().invoke(app, ["aim", "square", "--config", str(path), "--port", "0"]).exit_code == 1
    assert done == ["no dumps", "look"]


@pytest.mark.parametrize("address", ["::1", "0:0::0001"])
def test_it_is_seen_over_ipv6_too(box: Offline, address: str) -> None:
    """Browsers spell addresses in one way only, and are known by it."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    lines: list[str] = []
    stop = threading.Event()

    def say(line: str) -> None:
        lines.append(line)
        stop.set()

    try:
        assert run_session(wanted(box.folder, address), say, stop) == "it was stopped"
    except AimError as error:
        pytest.skip(str(error))
    assert re.fullmatch(r"http://\[::1\]:\d+/\?code=[A-Z2-9]{8}", lines[0])
