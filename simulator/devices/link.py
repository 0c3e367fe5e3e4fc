"""The link of a virtual box: the real one's pure session over an asynchronous client; hundreds share one thread.

Rules: connected means CONNACK and every subscription granted, as on a real box; what comes in goes through the real box's
decoder; message faults stand between session and client, in both directions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import gmqtt

from edge.clock import Clock
from edge.outbox.outbox import Outbox
from edge.uplink.backoff import Backoff
from edge.uplink.config import UplinkConfig
from edge.uplink.inbound import Inbound, OnCommand, OnDesired
from edge.uplink.session import Session
from protocol.codec import Message, encode_body
from protocol.limits import PACKET_BYTES
from protocol.state import State, Status
from protocol.topics import RULES, Channel, Topic, device_subscriptions
from protocol.twin import Reported
from simulator.faults.messages import Meddler

_IDLE_S = 1.0
_REFUSED = 0x80
_LONGEST_WAIT_S = 8.0
"""A city on a laptop does not wait two minutes for a box to come back."""

_quiet = logging.getLogger("simulator.devices.mqtt")
_quiet.setLevel(logging.CRITICAL)
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)
"""A link that is broken on purpose is no news."""


@dataclass
class _Attempt:
    """What is known of one connection."""

    granted: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)


class VirtualLink:
    """Keeps one box connected.

    Args:
        config: where the broker is and who connects.
        tls: made from the box's own key; ``None`` for a plain connection.
        outbox: what to send.
        birth: makes the birth certificate.
        reported: makes the reported twin, said at each connection.
        on_desired: takes a desired twin.
        on_command: answers a command.
        clock: time.
        rng: where chance comes from.
    """

    def __init__(  # noqa: PLR0913 - what the link needs is handed in
        self,
        config: UplinkConfig,
        tls: ssl.SSLContext | None,
        outbox: Outbox,
        birth: Callable[[], State],
        reported: Callable[[], Reported],
        on_desired: OnDesired,
        on_command: OnCommand,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._config, self._tls, self._outbox, self._clock = config, tls, outbox, clock
        self._birth, self._reported = birth, reported
        self._session = Session(outbox)
        self._inbound = Inbound(config, self._session, on_desired, on_command)
        self._backoff = Backoff(rng.random)
        self.outward: Meddler[Message] = Meddler(random.Random(rng.random()))
        self.inward: Meddler[SimpleNamespace] = Meddler(random.Random(rng.random()))
        self._wake = asyncio.Event()
        self._allowed = asyncio.Event()
        self._allowed.set()
        self._stopping = False
        self._client: Any = None
        self.connections = 0

    @property
    def connected(self) -> bool:
        """Whether events travel."""
        return self._client is not None

    def notify(self) -> None:
        """The outbox has something new."""
        self._wake.set()

    def cut(self) -> None:
        """Take the link away, as a tunnel does."""
        self._allowed.clear()
        self._wake.set()

    def restore(self) -> None:
        """Give it back."""
        self._backoff.worked()
        self._allowed.set()

    def publish(self, channel: Channel, body: Any) -> None:
        """Send a last value, if connected."""
        if self._client is not None:
            rule = RULES[channel]
            topic = str(Topic(self._config.fleet, self._config.device, channel))
            self._client.publish(topic, encode_body(body), qos=rule.qos, retain=rule.retain)

    async def run(self) -> None:
        """Connect, and connect again, until :meth:`stop`."""
        while not self._stopping:
            await self._allowed.wait()
            with contextlib.suppress(OSError, TimeoutError, gmqtt.mqtt.handler.MQTTConnectError):
                await self._connection()
            if not self._stopping:
                await asyncio.sleep(min(_LONGEST_WAIT_S, self._backoff.failed()))

    def stop(self) -> None:
        """Say farewell and end."""
        self._stopping = True
        self._allowed.set()
        self._wake.set()

    async def _connection(self) -> None:
        attempt = _Attempt()
        client = self._make_client(attempt)
        wait_s = self._config.connect_timeout_s
        try:
            await asyncio.wait_for(
                client.connect(
                    self._config.host, self._config.port, ssl=self._tls or False, keepalive=self._config.keepalive_s
                ),
                wait_s,
            )
            for topic in device_subscriptions(self._config.fleet, self._config.device):
                client.subscribe(topic, qos=1)
            await _first(wait_s, attempt.granted, attempt.over)
            if not attempt.granted.is_set() or attempt.over.is_set():
                return
            self._client = client
            self.connections += 1
            self._session.connected()
            self.publish(Channel.STATE, self._birth())
            self.publish(Channel.TWIN_REPORTED, self._reported())
            await self._pump(client, attempt)
        finally:
            self._client = None
            self._session.disconnected()
            self.outward.forget()
            self.inward.forget()
            await self._close(client, attempt)

    async def _close(self, client: Any, attempt: _Attempt) -> None:
        if self._stopping and not attempt.over.is_set() and attempt.granted.is_set():
            birth = self._birth()
            last = State(status=Status.OFFLINE, boot=birth.boot, at=birth.at, last_seq=self._outbox.last_seq)
            rule = RULES[Channel.STATE]
            topic = str(Topic(self._config.fleet, self._config.device, Channel.STATE))
            client.publish(topic, encode_body(last), qos=rule.qos, retain=rule.retain)
        if not self._allowed.is_set():
            # A tunnel says no goodbye: the broker sends the will.
            _abort(client)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.disconnect(), 2.0)

    async def _pump(self, client: Any, attempt: _Attempt) -> None:
        while not self._stopping and not attempt.over.is_set() and self._allowed.is_set():
            now = self._clock.monotonic()
            for message in self._session.due(now):
                self.outward.put(message, now)
            for message in self.outward.due(now):
                client.publish(
                    message.topic,
                    message.payload,
                    qos=message.qos,
                    retain=message.retain,
                    user_property=list(message.properties),
                )
            for item in self.inward.due(now):
                self._take(client, item)
            held = [at for at in (self.outward.next_s(), self.inward.next_s()) if at is not None]
            await _first(max(0.0, min([_IDLE_S, *(at - now for at in held)])), self._wake)
            self._wake.clear()

    def _take(self, client: Any, item: SimpleNamespace) -> None:
        answer = self._inbound.take(item)
        if answer is not None:
            topic, payload, correlation = answer
            properties = {} if correlation is None else {"correlation_data": correlation}
            client.publish(topic, payload, qos=RULES[Channel.REPLY].qos, **properties)

    def _make_client(self, attempt: _Attempt) -> Any:
        config = self._config
        will = State(status=Status.OFFLINE, boot=self._outbox.boot)
        topic = str(Topic(config.fleet, config.device, Channel.STATE))
        client = gmqtt.Client(
            config.device,
            clean_session=True,
            will_message=gmqtt.Message(topic, encode_body(will), qos=1, retain=True),
            maximum_packet_size=PACKET_BYTES,
            logger=_quiet,
        )
        client.set_config({"reconnect_retries": 0})
        if config.username:
            client.set_auth_credentials(config.username, config.password)
        granted = 0

        def on_subscribe(_client: Any, _mid: int, codes: Any, _properties: Any) -> None:
            nonlocal granted
            if any(code >= _REFUSED for code in codes):
                attempt.over.set()
                return
            granted += 1
            if granted == len(device_subscriptions(config.fleet, config.device)):
                attempt.granted.set()

        def on_message(_client: Any, topic: str, payload: bytes, _qos: int, properties: dict[str, Any]) -> int:
            response, correlation = properties.get("response_topic"), properties.get("correlation_data")
            shown = SimpleNamespace(ResponseTopic=_one(response), CorrelationData=_one(correlation))
            self.inward.put(SimpleNamespace(topic=topic, payload=payload, properties=shown), self._clock.monotonic())
            self._wake.set()
            return 0

        def on_disconnect(_client: Any, _packet: Any, _error: Any = None) -> None:
            attempt.over.set()
            self._wake.set()

        client.on_subscribe = on_subscribe
        client.on_message = on_message
        client.on_disconnect = on_disconnect
        return client


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _abort(client: Any) -> None:
    connection = getattr(client, "_connection", None)
    transport = getattr(connection, "_transport", None)
    if transport is not None:
        transport.abort()


async def _first(timeout_s: float, *events: asyncio.Event) -> None:
    """Wait until one of the events is set, or the time is over."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
