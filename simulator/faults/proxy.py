"""A link that can be broken: a TCP proxy on loopback between boxes and broker.

Rules: it never looks into what it carries (TLS goes through untouched); bytes are neither lost nor reordered within a
connection, as in TCP itself; what a broken link does to a connection is what a real one does: it ends, or nothing comes any
more.
Methods may be called from any thread and have taken effect when they return.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

_CHUNK = 65536
_CALL_S = 10.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST, as a rebooting router does."""

T = TypeVar("T")


class LinkState(enum.Enum):
    """What the link does."""

    OPEN = "open"
    CUT = "cut"
    """Connections are reset, new ones are refused."""
    SILENT = "silent"
    """Connections stay and nothing passes, in either direction; new ones are taken and hear nothing: a black hole."""


class Proxy:
    """Forwards until closed.

    Args:
        port: of the broker on this machine.
        host: address of the broker.
        listen: port of its own; 0 = any free one.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", listen: int = 0) -> None:
        self._target = (host, port)
        self._state = LinkState.OPEN
        self._delay_s = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.bytes_up = 0
        """Payload of TCP, from boxes to broker."""
        self.bytes_down = 0
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", listen), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()
        self._call(self._listen())

    @property
    def state(self) -> LinkState:
        """What the link does now."""
        return self._state

    @property
    def open_connections(self) -> int:
        """Connections of boxes that stand now."""
        return len(self._writers) // 2

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._call(self._set(LinkState.CUT))

    def silence(self) -> None:
        """Let nothing pass any more, without telling anyone."""
        self._call(self._set(LinkState.SILENT))

    def restore(self) -> None:
        """Work again. What was silenced stays lost: the connections of that time are reset."""
        self._call(self._set(LinkState.OPEN))

    def resume(self) -> None:
        """Work again, and deliver what was held back while silent: a link that only stalled."""
        self._call(self._set(LinkState.OPEN, reset=False))

    def reset(self) -> None:
        """Reset every connection; new ones are welcome."""
        self._call(self._drop())

    def delay(self, seconds: float) -> None:
        """Hold every piece back for so long, in each direction."""
        self._delay_s = seconds

    def close(self) -> None:
        """End everything."""
        if self._loop.is_closed():
            return
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_S)
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_CALL_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, sock=self._socket)

    async def _set(self, state: LinkState, *, reset: bool = True) -> None:
        before, self._state = self._state, state  # at once: who comes back while the others are dropped meets the new state
        if state is LinkState.CUT or (state is LinkState.OPEN and before is LinkState.SILENT and reset):
            await self._drop()
        if state is LinkState.SILENT:
            self._open.clear()
        else:
            self._open.set()

    async def _drop(self) -> None:
        for writer in list(self._writers):
            _reset(writer)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._drop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            _reset(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state is LinkState.CUT:
            return
        await self._open.wait()
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self.connections += 1
        pair = {writer, far_writer}
        self._writers |= pair
        up = asyncio.create_task(self._pump(reader, far_writer, up=True))
        down = asyncio.create_task(self._pump(far_reader, writer, up=False))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (up, down):
                pump.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            self._writers -= pair
            _reset(far_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=64)
        sender = asyncio.create_task(self._send(held, writer))
        try:
            while data := await reader.read(_CHUNK):
                if up:
                    self.bytes_up += len(data)
                else:
                    self.bytes_down += len(data)
                await held.put((self._loop.time() + self._delay_s, data))
            await held.put((0.0, b""))
            await sender
        finally:
            sender.cancel()

    async def _send(self, held: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = await held.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._open.wait()
                if not data:
                    return
                writer.write(data)
                await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        raw = writer.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    if not writer.transport.is_closing():
        writer.transport.abort()
