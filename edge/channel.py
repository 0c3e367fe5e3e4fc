"""A two-way connection between the agent and one of its processes.

Rules: what arrives is decoded into one of the expected types or refused: a process that reads video from anywhere may be
taken over by it, and must not be able to say anything but what it may say (pickle would let it run code in the agent). File
descriptors follow their message. The agent waits for nobody who begins and does not end, nor for one who does not listen.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


MOST_BYTES = 1 << 20
"""Of a message; two hundred detections take 4,500."""


class Message(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of everything that is said: immutable, and told apart by the name of its class."""


class ChannelError(Exception):
    """The other end has gone, or said what it may not."""


class Channel(Generic[T]):
    """One end.

    Args:
        connection: closed by :meth:`close`.
        receives: union of the messages that may arrive.
        patience_s: for the rest of what has begun to arrive, and for room for what is sent; ``None`` = for ever.
    """

    def __init__(self, connection: Connection, receives: Any, patience_s: float | None = None) -> None:
        self._connection = connection
        if patience_s is not None:
            with _socket(connection) as end:
                _limit(end, patience_s)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(receives).decode

    def fileno(self) -> int:
        """Descriptor to wait for."""
        return self._connection.fileno()

    def send(self, message: Message, fd: int | None = None) -> None:
        """Send a message, and a file descriptor after it.

        Raises:
            ChannelError: when the other end has gone, or does not listen; nothing more is said to it then, nor heard.
        """
        try:
            self._connection.send_bytes(self._encode(message))
            if fd is not None:
                reduction.send_handle(self._connection, fd, None)
        except OSError as error:
            with contextlib.suppress(OSError), _socket(self._connection) as end:
                end.shutdown(socket.SHUT_RDWR)  # half a message may be under way
            raise ChannelError(str(error)) from None

    def receive(self) -> T:
        """The next message; waits for it.

        Raises:
            ChannelError: when the other end has gone, or said what it may not.
        """
        try:
            message: T = self._decode(self._connection.recv_bytes(MOST_BYTES))
        except (EOFError, OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ChannelError(str(error) or "closed") from None
        return message

    def receive_fd(self) -> int:
        """The file descriptor that follows the message just received; the caller closes it.

        Raises:
            ChannelError: when there is none.
        """
        try:
            return reduction.recv_handle(self._connection)
        except (EOFError, OSError, RuntimeError) as error:
            raise ChannelError(str(error) or "closed") from None

    def waiting(self, timeout_s: float) -> bool:
        """Whether there is something to receive, waiting at most so long for it.

        Raises:
            ChannelError: when the connection is closed.
        """
        try:
            return self._connection.poll(timeout_s)
        except (EOFError, OSError) as error:
            raise ChannelError(str(error)) from None

    def close(self) -> None:
        """Close this end."""
        self._connection.close()


def _socket(connection: Connection) -> socket.socket:
    """The same end as a socket, which a pipe of two ways is; closing it leaves the connection open."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(connection.fileno()))


def _limit(end: socket.socket, seconds: float) -> None:
    """Let no call of the system on a socket take longer (SO_RCVTIMEO, socket(7))."""
    whole, rest = divmod(seconds, 1.0)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        try:
            end.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(whole), int(1e6 * rest)))
        except OSError:  # pragma: no cover - 32 bits, with time of 64
            end.setsockopt(socket.SOL_SOCKET, option, struct.pack("qq", int(whole), int(1e6 * rest)))
