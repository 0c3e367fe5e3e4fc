"""Who may look through a camera, what is written down of it, and when it ends."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from edge.agent import aiming
from edge.agent.aiming import MOST_S, SOCKET, Aiming, AimNews, AimRequest
from edge.agent.link import Party
from edge.aim.look import Look
from edge.capture.ring import RingLayout
from edge.errors import StateFolderError
from edge.region import Size
from edge.runtime.source import DoorTaker
from protocol.commands import CommandName
from protocol.config import Source
from protocol.events import Reason
from tests.edge.agent.offline import Offline, source

ASKED = AimRequest("square", 60.0, "127.0.0.1:8642")
PATIENCE_S = 10.0


class Box:
    """An agent without anything but aiming; its journal is what was done, in order."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 1000.0
        self.journal: list[str] = []
        self.sources = {"square"}
        self.taker: DoorTaker | None = None
        self.aiming = Aiming(folder, self, lambda: self.now_s, self._tell)

    def aim(self, source: str, until_s: float, taker: DoorTaker) -> bool:
        self.journal.append(f"aim {source} until {until_s:g}")
        self.taker = taker
        return source in self.sources

    def aim_end(self, source: str) -> None:
        self.journal.append(f"end {source}")

    def wake(self) -> None:
        """Its loop is turned by hand."""

    def _tell(self, raised: tuple[Reason, ...], cleared: tuple[Reason, ...]) -> None:
        self.journal += [f"opened: {reason.detail}" for reason in raised] + [f"closed: {reason.code}" for reason in cleared]

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.journal
            self.aiming.look()
            time.sleep(0.01)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.aiming.stop()
    assert not (tmp_path / SOCKET).exists()


def ask(folder: Path, request: AimRequest | bytes = ASKED) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    peer.settimeout(PATIENCE_S)
    peer.connect(str(folder / SOCKET))
    with contextlib.suppress(BrokenPipeError):  # a stranger is sent away before they have asked
        peer.sendall(request if isinstance(request, bytes) else msgspec.json.encode(request))
    return peer


def news(peer: socket.socket) -> AimNews | None:
    try:
        data = peer.recv(4096)
    except ConnectionResetError:  # what was asked was not even read
        return None
    return msgspec.json.decode(data, type=AimNews) if data else None


OPENED = f"opened: square at 127.0.0.1:8642, user {os.getuid()}, at most 60 s"


def test_opening_is_written_down_before_anything_is_shown_and_closing_after(box: Box, tmp_path: Path) -> None:
    peer = ask(tmp_path)
    box.until(lambda: box.aiming.source == "square")
    assert box.journal == [OPENED, "aim square until 1060"]
    peer.close()
    box.until(lambda: box.aiming.source is None)
    assert box.journal[2:] == ["end square", "closed: aiming-picture"]


def test_one_that_comes_and_goes_at_once_is_written_down_too(box: Box, tmp_path: Path) -> None:
    ask(tmp_path).close()
    box.until(lambda: len(box.journal) == 4)
    assert box.journal[0] == OPENED
    assert box.journal[-1] == "closed: aiming-picture"


def test_it_ends_when_its_time_is_over(box: Box, tmp_path: Path) -> None:
    with ask(tmp_path) as peer:
        box.until(lambda: box.aiming.source)
        box.now_s += 59.9
        box.aiming.look()
        assert box.aiming.source == "square"
        box.now_s += 0.1
        box.aiming.look()
        assert news(peer) == AimNews(closed="its time is over")
        assert news(peer) is None
    assert box.journal[-2:] == ["end square", "closed: aiming-picture"]


def test_it_ends_with_its_source_and_with_the_agent(box: Box, tmp_path: Path) -> None:
    with ask(tmp_path) as peer:
        box.until(lambda: box.aiming.source)
        box.aiming.configured({"square", "gate"})
        assert box.aiming.source == "square"
        box.aiming.configured({"gate"})
        assert news(peer) == AimNews(closed="the source is no longer configured")
    with ask(tmp_path) as peer:
        box.until(lambda: box.aiming.source)
        box.aiming.stop()
        assert news(peer) == AimNews(closed="the agent ends")
    assert box.journal[-1] == "closed: aiming-picture"


def test_a_source_that_is_configured_otherwise_is_shown_on_by_its_new_process(box: Box, tmp_path: Path) -> None:
    with ask(tmp_path) as peer:
        box.until(lambda: box.aiming.source)
        box.now_s += 10.0
        box.aiming.configured({"square"})
        assert box.journal == [OPENED, "aim square until 1060", "aim square until 1060"]
        box.sources = set()
        box.aiming.configured({"square"})
        assert news(peer) == AimNews(closed="there is no source 'square' that runs")


def test_the_next_waits_until_the_one_before_has_gone(box: Box, tmp_path: Path) -> None:
    first = ask(tmp_path)
    box.until(lambda: box.aiming.source)
    box.sources = {"square", "gate"}
    with ask(tmp_path, msgspec.structs.replace(ASKED, source="gate")):
        for _ in range(20):
            box.aiming.look()
            time.sleep(0.005)
        assert box.aiming.source == "square"
        first.close()
        box.until(lambda: box.aiming.source == "gate")


def test_memory_is_handed_to_whoever_looks_and_to_nobody_else(box: Box, tmp_path: Path) -> None:
    layout = RingLayout("a", Size(64, 48), 2)
    with ask(tmp_path) as peer:
        box.until(lambda: box.taker)
        assert box.taker is not None
        with (tmp_path / "memory").open("w+b") as memory:
            box.taker(layout, memory.fileno())
            data, fds, _, _ = socket.recv_fds(peer, 4096, 1)
            assert msgspec.json.decode(data, type=AimNews).layout == layout
            assert os.fstat(fds[0]).st_ino == os.fstat(memory.fileno()).st_ino
            os.close(fds[0])
    box.until(lambda: box.aiming.source is None)
    box.taker(layout, 0)  # a door that was made too late goes nowhere


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"{",
        b"\xff" * 900,
        b'{"source":"\xff"}',
        b'{"source":"square"}',
        msgspec.json.encode({"source": "square", "seconds": MOST_S + 1, "shown": ""}),
    ],
    ids=["nothing", "no JSON", "noise", "no UTF-8", "half", "too long"],
)
def test_what_cannot_be_read_opens_nothing(request_: bytes, box: Box, tmp_path: Path) -> None:
    with ask(tmp_path, request_) as peer:
        if request_:
            told = news(peer)
            assert told is not None
            assert told.closed.startswith("it cannot be read")
        else:
            peer.shutdown(socket.SHUT_WR)
    for _ in range(10):
        box.aiming.look()
        time.sleep(0.005)
    assert box.journal == []
    with ask(tmp_path):
        box.until(lambda: box.aiming.source)


def test_a_source_that_does_not_run_is_told(box: Box, tmp_path: Path) -> None:
    with ask(tmp_path, msgspec.structs.replace(ASKED, source="roof")) as peer:
        box.until(lambda: len(box.journal) == 4)
        told = news(peer)
        assert told is not None
        assert "there is no source 'roof' that runs" in told.closed


def test_only_the_agents_user_may_ask(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
    monkeypatch.setattr(aiming, "_CREDENTIALS", Stranger())
    with ask(tmp_path) as peer:
        assert news(peer) is None
    box.aiming.look()
    assert box.journal == []


class Stranger:
    """Credentials of a user who is neither root nor the agent's."""

    size = 12

    def unpack(self, _data: bytes) -> tuple[int, int, int]:
        return 1, os.getuid() + 12345, 0


def test_the_manager_has_no_word_for_it() -> None:
    words = [*(name.value for name in CommandName), *dir(Party), *Source.__struct_fields__]
    assert not [word for word in words if "aim" in word or "look" in word or "picture" in word]


def test_a_folder_that_takes_no_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateFolderError, match="the aiming socket cannot be made"):
        Box(tmp_path / "none")


def test_a_real_camera_is_seen_and_nothing_of_it_is_on_the_disk(tmp_path: Path) -> None:
    with Offline(tmp_path, source("square")).running() as box:
        box.until(lambda status: status.telemetry.sources.get("square"), "a source")
        look = Look(tmp_path / "state" / SOCKET, ASKED)
        deadline = time.monotonic() + PATIENCE_S
        while (seen := look.jpeg()) is None:
            assert time.monotonic() < deadline, look.over
            time.sleep(0.05)
        jpeg, size = seen
        assert jpeg[:2] == b"\xff\xd8"
        assert size == (768, 576)
        for path in (path for path in tmp_path.rglob("*") if path.is_file()):
            content = path.read_bytes()
            assert b"\xff\xd8\xff" not in content, path
            assert len(content) < 300_000, path
        status = box.agent.status()
        assert "aiming" not in {reason.subject for reason in status.reasons}, "no model is blamed for it"
        look.close()
        assert look.jpeg() is None
    told = [body["observed"] for kind, body in box.said() if kind == "device.health"]
    opened = [reason for one in told for reason in one.get("raised", ()) if reason["code"] == "aiming-picture"]
    closed = [reason for one in told for reason in one.get("cleared", ()) if reason["code"] == "aiming-picture"]
    assert len(opened) == len(closed) == 1
    assert opened[0]["detail"].startswith("square at 127.0.0.1:8642, user ")
