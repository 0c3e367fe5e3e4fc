"""A client of the broker that may read everything, and keeps it as it came: to search it, and to see what boxes are told."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.real_manager import FLEET, RealManager
from edge.uplink.config import TlsFiles
from edge.uplink.tls import client_context
from fleet.identity.authority import Authority
from protocol.codec import Message
from simulator.loopback import HOST

NAME = "auditor"
_LIMIT_S = 120.0


class Auditor:
    """Hears everything on the broker. Use with :class:`contextlib.closing`."""

    def __init__(self, manager: RealManager) -> None:
        self.heard: list[Message] = []
        self.heard_s: list[float] = []
        """When each of them came, seconds since 1970."""
        self._ready = threading.Event()
        authority = Authority(manager.config.keys, FLEET)
        certificate, key = authority.client_files(NAME, dt.datetime.now(dt.timezone.utc))
        files = TlsFiles(authority.certificate_path, certificate, key)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, NAME, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(client_context(files))
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self._take(message)
        self._client.connect(HOST, manager.config.mqtt_port)
        self._client.loop_start()
        if not self._ready.wait(_LIMIT_S):
            msg = "the broker does not let the auditor listen"
            raise RuntimeError(msg)

    def close(self) -> None:
        """Hear no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def said(self, kind: str) -> list[Any]:
        """Bodies of events of a type, decoded, in the order in which they came."""
        return [msgspec.json.decode(m.payload) for m in list(self.heard) if m.topic.endswith(f"/event/{kind}")]

    def _take(self, message: mqtt.MQTTMessage) -> None:
        self.heard_s.append(time.time())
        pairs = tuple(getattr(message.properties, "UserProperty", ()))
        self.heard.append(Message(message.topic, bytes(message.payload), pairs, message.qos, message.retain))
