"""The manager's connection to the broker: MQTT 5 on gmqtt, a new client for each connection.

Rules: gmqtt's own reconnection is not used. It keeps packet identifiers of messages that a lost connection never confirmed, so
that they run out after enough cuts; it stops for good after some refusals; and what is published meanwhile it forgets without a
word. Here each connection starts clean, waits between attempts are drawn at random up to a growing limit, a refusal is told in
words, and :meth:`Link.publish` says whether it took the message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gmqtt
from gmqtt.mqtt.handler import MQTTConnectError

from protocol.limits import PACKET_BYTES

KEEPALIVE_S = 15
CONNECT_S = 10.0
FIRST_WAIT_S = 0.25
LAST_WAIT_S = 5.0
WINDOW = 512
"""Messages on their way to the broker without its confirmation; brokers allow more, and then gmqtt would raise."""
_NO_RECONNECT = -2
"""gmqtt reconnects at 0 too, and for ever at -1."""

_log = logging.getLogger("lamplighter.ingest")
logging.getLogger("gmqtt").setLevel(logging.CRITICAL)
"""It logs a traceback for every connection that ends; what matters of it is said here in words."""


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and as whom the manager connects."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    client_id: str = "manager"
    username: str = ""
    password: str = ""


OnMessage = Callable[[str, bytes, dict[str, Any]], None]
"""Called with topic, payload and gmqtt's properties."""


class Link:
    """Keeps one connection.

    Args:
        address: where to.
        subscriptions: topic filters, QoS 1.
        on_message: called on the event loop; must be quick.
        on_connected: called on the event loop after the subscriptions were sent.
    """

    def __init__(
        self,
        address: BrokerAddress,
        subscriptions: tuple[str, ...],
        on_message: OnMessage,
        on_connected: Callable[[], None] = lambda: None,
    ) -> None:
        self._address, self._subscriptions = address, subscriptions
        self._on_message, self._on_connected = on_message, on_connected
        self._client: Any = None
        self._paused = False
        self.connections = 0
        self.fault = "not connected yet"
        """Why there is no connection, in words; empty when there is one."""

    @property
    def connected(self) -> bool:
        """Whether messages travel."""
        return self._client is not None

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        wait = FIRST_WAIT_S
        while True:
            lost = asyncio.Event()
            client = self._make(lost)
            try:
                await self._connect(client, lost)
                self._begin(client)
                wait = FIRST_WAIT_S
                await lost.wait()
                self.fault = "the broker closed the connection"
            except (OSError, MQTTConnectError, TimeoutError) as error:
                fault = _words(error, self._address)
                if fault != self.fault:
                    _log.warning("%s", fault)
                self.fault = fault
            finally:
                self._client = None
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(1):
                        await client.disconnect()
            await asyncio.sleep(random.uniform(0, wait))  # noqa: S311 - spreads load, hides nothing
            wait = min(LAST_WAIT_S, 2 * wait)

    async def _connect(self, client: Any, lost: asyncio.Event) -> None:
        # A broker that closes before it has answered (a certificate that it refuses) leaves gmqtt waiting: hence the race.
        address = self._address
        connecting = asyncio.ensure_future(
            client.connect(address.host, address.port, ssl=address.tls or False, keepalive=KEEPALIVE_S)
        )
        closing = asyncio.ensure_future(lost.wait())
        try:
            done, _ = await asyncio.wait({connecting, closing}, timeout=CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
            if connecting in done:
                connecting.result()
            elif closing in done:
                msg = "closed before an answer; does it accept the manager's certificate or password?"
                raise ConnectionResetError(msg)
            else:
                raise TimeoutError
        finally:
            for task in (connecting, closing):
                task.cancel()
            await asyncio.gather(connecting, closing, return_exceptions=True)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False, **properties: Any) -> bool:
        """Hand a message over. ``False``: not connected, or too many are on their way; try again later."""
        client = self._client
        # What is written to a connection that broke in this very turn of the loop is lost, with a line on standard error each.
        if client is None or _gone(client._connection._transport):  # noqa: SLF001 - gmqtt does not tell
            return False
        if len(client._persistent_storage._messages) >= WINDOW:  # noqa: SLF001 - gmqtt does not tell
            return False
        try:
            client.publish(topic, payload, qos=qos, retain=retain, **properties)
        except (OverflowError, OSError, RuntimeError) as error:
            _log.warning("a message to %s could not be sent: %s", topic, error)
            return False
        return True

    def pause(self) -> None:
        """Stop reading: the broker's queue and the boxes' outboxes hold what comes."""
        if not self._paused:
            self._paused = True
            self._read(paused=True)

    def resume(self) -> None:
        """Read again."""
        if self._paused:
            self._paused = False
            self._read(paused=False)

    def _read(self, *, paused: bool) -> None:
        if self._client is None:
            return
        transport = self._client._connection._transport  # noqa: SLF001 - gmqtt has no way to say it
        with contextlib.suppress(RuntimeError):  # closing
            if paused:
                transport.pause_reading()
            else:
                transport.resume_reading()

    def _make(self, lost: asyncio.Event) -> Any:
        client = gmqtt.Client(
            self._address.client_id,
            clean_session=True,
            receive_maximum=1000,
            maximum_packet_size=PACKET_BYTES + 512,
        )
        client.set_config({"reconnect_retries": _NO_RECONNECT, "reconnect_delay": 0})
        if self._address.username:
            client.set_auth_credentials(self._address.username, self._address.password)
        client.on_message = self._message
        client.on_disconnect = lambda *_: lost.set()
        return client

    def _begin(self, client: Any) -> None:
        self._client = client
        self.connections += 1
        self.fault = ""
        client.subscribe([gmqtt.Subscription(topic, qos=1) for topic in self._subscriptions])
        if self._paused:
            self._read(paused=True)
        _log.info("connected to the broker at %s:%d", self._address.host, self._address.port)
        self._on_connected()

    def _message(self, _client: Any, topic: str | bytes, payload: bytes, _qos: int, properties: dict[str, Any]) -> None:
        name = topic if isinstance(topic, str) else topic.decode("utf-8", "backslashreplace")
        self._on_message(name, bytes(payload), properties)


def _words(error: Exception, address: BrokerAddress) -> str:
    where = f"the broker at {address.host}:{address.port}"
    if isinstance(error, MQTTConnectError):
        return f"{where} refuses the manager: {error}"
    if isinstance(error, TimeoutError):
        return f"{where} does not answer within {CONNECT_S:g} s"
    if isinstance(error, ssl.SSLError):
        return f"{where}: TLS: {error.reason or error}; are its certificates of this fleet's authority?"
    return f"{where} cannot be reached: {error.strerror if isinstance(error, OSError) and error.strerror else error}"


def _gone(transport: Any) -> bool:
    """Whether a connection is broken, though the loop has not told yet; Python 3.11's TLS does not ask what it runs over."""
    tls = getattr(transport, "_ssl_protocol", None)
    under = transport if tls is None else tls._transport  # noqa: SLF001
    return under is None or bool(transport.is_closing() or under.is_closing())
