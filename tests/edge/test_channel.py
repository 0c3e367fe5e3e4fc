"""What a process may say to the agent, and nothing else."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import repeat
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np
import pytest

from edge.capture.faults import Fault, FaultCode
from edge.capture.messages import Begun, Broken, FromSource, RingMade, Shot, Troubled
from edge.channel import MOST_BYTES, Channel, ChannelError
from edge.infer.messages import Found, FromAccelerator
from models.bundle.detections import Detections


@pytest.fixture
def pipe() -> Iterator[tuple[Connection, Channel[FromSource]]]:
    theirs, ours = multiprocessing.Pipe()
    channel: Channel[FromSource] = Channel(ours, FromSource)
    yield theirs, channel
    theirs.close()
    channel.close()


class Bomb:
    """Runs code where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickle_is_refused_and_not_run(pipe: tuple[Connection, Channel[FromSource]], tmp_path: Path) -> None:
    pipe[0].send_bytes(pickle.dumps(Bomb(tmp_path / "run")))
    with pytest.raises(ChannelError):
        pipe[1].receive()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("said", [[], ["Nonsense"], ["Shot", "one"], {"a": 1}, ["Broken", {"code": "no-such", "detail": ""}]])
def test_what_is_no_message_is_refused(pipe: tuple[Connection, Channel[FromSource]], said: object) -> None:
    pipe[0].send_bytes(msgspec.msgpack.encode(said))
    with pytest.raises(ChannelError):
        pipe[1].receive()


LONG = msgspec.msgpack.encode(Troubled(tuple(Fault(FaultCode.MISSING, "x" * 100) for _ in range(10_000))))
"""What may be said, but not in so many words."""


@pytest.mark.parametrize("said", [b"\x92\xa6Broken\x82\xa4code\xaesource-missing\xa6detail\xa1\xff", b"\xc1", b"", LONG])
def test_bytes_that_are_no_message_are_refused(pipe: tuple[Connection, Channel[FromSource]], said: bytes) -> None:
    """The process decodes what a network camera sends: it may say anything, and the agent goes on."""

    def say() -> None:
        with contextlib.suppress(OSError):  # what is too long is not read to its end
            pipe[0].send_bytes(said)

    saying = threading.Thread(target=say)
    saying.start()
    with pytest.raises(ChannelError):
        pipe[1].receive()
    pipe[1].close()
    saying.join(10)


def test_what_is_too_long_would_be_a_message_if_it_were_shorter() -> None:
    assert len(LONG) > MOST_BYTES
    assert isinstance(msgspec.msgpack.decode(LONG, type=FromSource), Troubled)


def test_a_fault_from_a_process_is_redacted_again(pipe: tuple[Connection, Channel[FromSource]]) -> None:
    said = ["Broken", {"code": "source-missing", "detail": "rtsp://admin:secret@cam: gone"}]
    pipe[0].send_bytes(msgspec.msgpack.encode(said))
    message = pipe[1].receive()
    assert isinstance(message, Broken)
    assert message.fault.code is FaultCode.MISSING
    assert "secret" not in message.fault.detail


def test_a_descriptor_that_does_not_follow_is_an_error(pipe: tuple[Connection, Channel[FromSource]]) -> None:
    os.write(pipe[0].fileno(), b"x")
    with pytest.raises(ChannelError):
        pipe[1].receive_fd()


def test_an_end_that_is_closed_is_an_error(pipe: tuple[Connection, Channel[FromSource]]) -> None:
    pipe[0].close()
    with pytest.raises(ChannelError):
        pipe[1].receive()
    with pytest.raises(ChannelError):
        pipe[1].send(Begun())


def test_detections_travel_unchanged() -> None:
    detections = Detections(np.array([[1, 2, 3.5, 4]], np.float32), np.array([0.5], np.float32), np.array([3], np.int16))
    data = msgspec.msgpack.encode(Found.of(detections, 1.0))
    found = msgspec.msgpack.decode(data, type=FromAccelerator)
    assert isinstance(found, Found)
    again = found.detections()
    assert (again.boxes.tolist(), again.scores.tolist(), again.classes.tolist()) == ([[1, 2, 3.5, 4]], [0.5], [3])


def test_detections_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        Found(b"", b"1234", b"", 1.0).detections()


def test_no_message_of_a_source_can_carry_a_picture() -> None:
    for kind in (Shot, RingMade, Broken):
        assert not any("bytes" in str(field.type) for field in msgspec.structs.fields(kind))


@pytest.fixture
def hasty() -> Iterator[tuple[Connection, Channel[FromSource]]]:
    """The agent's end waits for a tenth of a second."""
    theirs, ours = multiprocessing.Pipe()
    channel: Channel[FromSource] = Channel(ours, FromSource, 0.1)
    yield theirs, channel
    theirs.close()
    channel.close()


@pytest.mark.parametrize("said", [b"\x00", b"\x00\x00\x00\x64", b"\x00\x00\x00\x64half"])
def test_what_begins_and_does_not_end_is_not_waited_for(hasty: tuple[Connection, Channel[FromSource]], said: bytes) -> None:
    os.write(hasty[0].fileno(), said)
    with pytest.raises(ChannelError):
        hasty[1].receive()


def test_a_descriptor_that_does_not_come_is_not_waited_for(hasty: tuple[Connection, Channel[FromSource]]) -> None:
    with pytest.raises(ChannelError):
        hasty[1].receive_fd()


def test_who_does_not_listen_is_left(hasty: tuple[Connection, Channel[FromSource]]) -> None:
    said: Channel[FromSource] = Channel(hasty[0], FromSource)
    said.send(Begun())
    with pytest.raises(ChannelError):
        deque(map(hasty[1].send, repeat(Begun(), 100_000)), 0)
    begun_s = time.monotonic()
    with pytest.raises(ChannelError):
        hasty[1].send(Begun())
    assert time.monotonic() - begun_s < 0.1, "it is not waited for again"
    assert hasty[1].receive() == Begun(), "what was said before is heard"
    with pytest.raises(ChannelError):
        hasty[1].receive()
