"""The other end of a microphone's process."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from edge.capture.messages import Stop
from edge.capture.sound.messages import FromMicrophone, HearOrder, Lost
from edge.capture.sound.watch import WatchPolicy
from edge.channel import Channel
from edge.process import end, spawn
from protocol.config import Microphone
from tests.edge.capture.sound import listening, live_ports

PATIENCE_S = 15.0


def order(uri: str | Path, listener: str = listening.ENTRY, watch: WatchPolicy | None = None, **options: Any) -> HearOrder:
    microphone = Microphone(**{"pace": "fastest", **options}, id="roof", uri=str(uri))
    return HearOrder(microphone, live_ports.ENTRY, listener, listening.MODEL, watch or WatchPolicy())


class Driver:
    """Starts it, and keeps all bytes that come from it."""

    def __init__(self, order: HearOrder) -> None:
        name = f"microphone {order.microphone.id}"
        self.process, self._connection = spawn("edge.capture.sound.worker:run_microphone", name, order)
        self._channel: Channel[Any] = Channel(self._connection, None)
        self._decode = msgspec.msgpack.Decoder(FromMicrophone).decode
        self.bytes = bytearray()

    def next(self) -> Any:
        assert self._channel.waiting(PATIENCE_S), "the microphone says nothing"
        data = self._connection.recv_bytes()
        self.bytes += data
        return self._decode(data)

    def until(self, kind: type | tuple[type, ...]) -> list[Any]:
        """All messages up to the next of a kind."""
        found: list[Any] = []
        deadline = time.monotonic() + PATIENCE_S
        while not found or not isinstance(found[-1], kind):
            assert time.monotonic() < deadline, f"{kind}: {found[-5:]}"
            found.append(self.next())
            assert isinstance(found[-1], kind) or not isinstance(found[-1], Lost), found[-1]
        return found

    def stop(self) -> None:
        self._channel.send(Stop())

    def close(self) -> None:
        self._channel.close()
        end(self.process, PATIENCE_S)
