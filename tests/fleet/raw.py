"""A client that says what a box never would: any topic, any bytes, any properties."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.identity.files import Identity
from protocol.codec import Message
from tests.fleet.site import until


class Raw:
    """One connection.

    Args:
        port: of the broker, on loopback.
        identity: whose certificate it shows; ``None`` for none.
        ca: whom it trusts; the identity's authority by default.
        name: client id.
        will: topic and payload of the will.
    """

    def __init__(
        self, port: int, identity: Identity | None, name: str, ca: str = "", will: tuple[str, bytes] | None = None
    ) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5, reconnect_on_failure=False)
        context = ssl.create_default_context(cafile=ca or str(identity.ca if identity else ""))
        if identity is not None:
            context.load_cert_chain(str(identity.certificate), str(identity.key))
        self._client.tls_set_context(context)
        if will is not None:
            self._client.will_set(will[0], will[1], 1, retain=True)
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}
        self._granted: dict[int, list[int]] = {}
        self.heard: list[tuple[str, bytes]] = []
        self.connected: int | None = None
        """Reason code of the CONNACK."""
        self.closed = threading.Event()
        self._client.on_connect = self._on_connect
        self._client.on_publish = lambda _c, _u, mid, code, _p: self._codes.__setitem__(mid, code.value)
        self._client.on_subscribe = lambda _c, _u, mid, codes, _p: self._granted.__setitem__(mid, [c.value for c in codes])
        self._client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload)))
        self._client.on_disconnect = lambda *_: self.closed.set()
        self._client.connect("127.0.0.1", port, 5)
        self._client.loop_start()

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self.connected = code.value

    def send(self, sent: Message, **properties: Any) -> int | None:
        """Publish and wait for the broker's word. Returns the reason code; ``None`` when it closes the connection."""
        attributes = Properties(PacketTypes.PUBLISH)
        if sent.properties:
            attributes.UserProperty = list(sent.properties)
        for name, value in properties.items():
            setattr(attributes, name, value)
        info = self._client.publish(sent.topic, sent.payload, sent.qos, sent.retain, attributes)
        until(lambda: info.mid in self._codes or self.closed.is_set(), "the broker says what it does with a message")
        return self._codes.get(info.mid)

    def pour(self, messages: Sequence[Message]) -> None:
        """Publish at once, and wait until the broker has taken all."""
        mids = []
        for sent in messages:
            attributes = Properties(PacketTypes.PUBLISH)
            attributes.UserProperty = list(sent.properties)
            mids.append(self._client.publish(sent.topic, sent.payload, sent.qos, sent.retain, attributes).mid)
        until(lambda: all(mid in self._codes for mid in mids), "the broker has taken all")

    def listen(self, topic: str) -> int:
        """Subscribe and wait. Returns the granted quality of service, or the refusal's code."""
        _, mid = self._client.subscribe(topic, 1)
        assert mid is not None
        until(lambda: mid in self._granted or self.closed.is_set(), "the broker answers a subscription")
        return self._granted[mid][0] if mid in self._granted else 0x80

    def said(self, topic: str) -> list[bytes]:
        """What came on a topic."""
        return [payload for name, payload in list(self.heard) if name == topic]

    def vanish(self) -> None:
        """As when the power goes: a reset, no farewell."""
        sock: Any = self._client.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def close(self) -> None:
        """Say farewell."""
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def raw(port: int, identity: Identity | None, name: str, ca: str = "", will: tuple[str, bytes] | None = None) -> Iterator[Raw]:
    """A connection that the broker accepted."""
    client = Raw(port, identity, name, ca, will)
    try:
        until(lambda: client.connected is not None or client.closed.is_set(), "the broker answers")
        yield client
    finally:
        client.close()
