"""Lets the technician at the box see what one camera sees, to aim and to calibrate it; nobody else, and not for long.

Rules:

- It is asked for on a Unix socket in the state folder, which belongs to the agent's user. There is no other way: neither the
  twin nor a command of the manager can open it.
- Opening and closing are events, written down before the first picture is shown; they say which camera, to which user, and
  where it is served. What was seen is nowhere. They do not stand against the box: a model on probation is not blamed for it.
- One camera at a time. It ends when whoever asked is gone, when its time is over, when the source is no longer configured, and
  with the agent; the source's process keeps its time too.
- The agent hands on the descriptor of the source's door (:mod:`edge.capture.door`) and never looks inside.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from edge.capture.ring import RingLayout
from edge.ownersocket import OwnerSocket
from edge.runtime.source import DoorTaker
from protocol.basis import Struct
from protocol.events import Reason
from protocol.identifiers import Name
from protocol.limits import TEXT_CHARACTERS

SOCKET = "aim.sock"
"""In the folder of the status socket."""
MOST_S = 600.0
SUBJECT = "aiming"
_REQUEST_BYTES = 1024
_PATIENCE_S = 2.0
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of a peer (SO_PEERCRED, unix(7))."""


class AimRequest(Struct, frozen=True):
    """What is asked for."""

    source: Name
    seconds: Annotated[float, Meta(gt=0, le=MOST_S)]
    shown: Annotated[str, Meta(max_length=60, description="Where it will be served: 127.0.0.1:8642")]


class AimNews(Struct, frozen=True):
    """What the agent says: the layout of memory whose descriptor comes with it, or why there is no more."""

    layout: RingLayout | None = None
    closed: str = ""


class Shows(Protocol):
    """Who has the sources (:class:`edge.runtime.runtime.Runtime`)."""

    def aim(self, source: str, until_s: float, taker: DoorTaker) -> bool:
        """Let a source show its pictures. Returns whether there is one of that name."""

    def aim_end(self, source: str) -> None:
        """Let it show no more."""

    def wake(self) -> None:
        """Make the loop go round; from any thread."""


@dataclass
class _Asked:
    """Somebody who asks, or looks."""

    peer: socket.socket
    request: AimRequest
    user: int
    until_s: float = 0.0
    gone: bool = False

    @property
    def reason(self) -> Reason:
        """As events name it."""
        detail = f"{self.request.source} at {self.request.shown}, user {self.user}, at most {self.request.seconds:.0f} s"
        return Reason("aiming-picture", SUBJECT, detail[:TEXT_CHARACTERS])


class Aiming:
    """Of one agent.

    Args:
        folder: for the socket.
        shows: has the sources.
        now_s: monotonic seconds.
        tell: takes what begins and what is over, and has it on the disk when it returns.

    Raises:
        StateFolderError: the socket cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        shows: Shows,
        now_s: Callable[[], float],
        tell: Callable[[tuple[Reason, ...], tuple[Reason, ...]], None],
    ) -> None:
        self._shows, self._now_s, self._tell = shows, now_s, tell
        self._waiting: _Asked | None = None
        self._open: _Asked | None = None
        self._socket = OwnerSocket(folder / SOCKET, socket.SOCK_SEQPACKET, "aiming", self._serve)

    @property
    def source(self) -> str | None:
        """The camera that is shown now."""
        return None if self._open is None else self._open.request.source

    def look(self) -> None:
        """Open and close; called whenever the agent's loop goes round."""
        if self._open is not None:
            if self._open.gone:
                self._close("whoever looked is gone")
            elif self._now_s() >= self._open.until_s:
                self._close("its time is over")
        if self._open is None and self._waiting is not None:
            asked, self._waiting = self._waiting, None
            self._begin(asked)

    def configured(self, sources: Collection[str]) -> None:
        """Other sources are configured: one that is gone is shown no more, one whose process is another now is shown on."""
        if self._open is None:
            return
        if self._open.request.source not in sources:
            self._close("the source is no longer configured")
        else:
            self._show(self._open)

    def stop(self) -> None:
        """End it."""
        if self._open is not None:
            self._close("the agent ends")
        self._socket.close(2 * _PATIENCE_S)

    def _begin(self, asked: _Asked) -> None:
        asked.until_s = self._now_s() + asked.request.seconds
        self._open = asked
        self._tell((asked.reason,), ())
        self._show(asked)

    def _show(self, asked: _Asked) -> None:
        if not self._shows.aim(asked.request.source, asked.until_s, self._hand_on):
            self._close(f"there is no source {asked.request.source!r} that runs")

    def _close(self, why: str) -> None:
        asked, self._open = self._open, None
        assert asked is not None
        self._shows.aim_end(asked.request.source)
        self._tell((), (asked.reason,))
        with contextlib.suppress(OSError):
            asked.peer.send(msgspec.json.encode(AimNews(closed=why)))
        with contextlib.suppress(OSError):
            asked.peer.shutdown(socket.SHUT_RDWR)

    def _hand_on(self, layout: RingLayout, fd: int) -> None:
        if self._open is not None:
            with contextlib.suppress(OSError):  # whoever looked is gone, which is noticed where the peer is read
                socket.send_fds(self._open.peer, [msgspec.json.encode(AimNews(layout))], [fd])

    # the thread of the socket: it waits for somebody, and then for that one to go

    def _serve(self, peer: socket.socket) -> None:
        asked = _asked(peer)
        if asked is None:
            return
        self._waiting = asked
        self._shows.wake()
        with contextlib.suppress(OSError):
            peer.settimeout(None)
            peer.recv(1)  # nothing more is said: the end of it is what is waited for
        asked.gone = True
        self._shows.wake()


def _asked(peer: socket.socket) -> _Asked | None:
    """What a peer asks for, if it may ask.

    Raises:
        OSError: it is gone, or says nothing.
    """
    peer.settimeout(_PATIENCE_S)
    _, user, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if user not in {0, os.getuid()}:
        return None
    try:
        return _Asked(peer, msgspec.json.decode(peer.recv(_REQUEST_BYTES), type=AimRequest), user)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        peer.send(msgspec.json.encode(AimNews(closed=f"it cannot be read: {error}")))
        return None
