"""The uplink of a real box: the pure session over paho-mqtt, MQTT 5.

Rules:

- One thread owns the link; nobody who appends an event ever waits for the network.
- Each attempt is a fresh client with a clean session: the outbox, not the MQTT library, remembers what must arrive.
- Connected means: CONNACK with success *and* every subscription granted. Anything else is a refusal with its reason in words.
- What comes in is untrusted: bounded, strictly decoded, counted when it is not understood.
- An error of ours, in whichever thread, ends a connection and never the link: it is told, and the next attempt follows. A box
  whose link had ended for good would look alive and keep every alert to itself.
"""

from __future__ import annotations

import contextlib
import random
import ssl
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.clock import Clock
from edge.outbox.outbox import Outbox
from edge.uplink.backoff import LONGEST_CONFLICT_S, Backoff
from edge.uplink.config import UplinkConfig
from edge.uplink.inbound import Inbound, OnCommand, OnDesired, OnRefused
from edge.uplink.packets import attributes, plain
from edge.uplink.reasons import SESSION_TAKEN_OVER, error_text, reason_text, refusal_text
from edge.uplink.session import Session
from edge.uplink.tls import client_context
from edge.uplink.wire_bytes import NOTHING, read_wire_bytes
from protocol.events import Reason
from protocol.limits import PACKET_BYTES, TEXT_CHARACTERS
from protocol.state import LinkTelemetry, State, Status, Telemetry
from protocol.topics import RULES, Channel, device_subscriptions
from protocol.twin import Reported

_STEADY_S = 30.0
"""A connection that stood this long ends the backoff."""

_STALLED_S = 60.0
"""A link that is down, or on which nothing is acknowledged, for so long is a fault: longer than a manager's new start and most
of the waits between two attempts, so that a short cut makes no event."""

_IDLE_S = 1.0
"""Longest sleep of the thread; retransmissions and the outbox's own work are due at such times."""

_FAREWELL_S = 2.0
"""Longest wait for the broker to take the farewell."""

_IN_FLIGHT = 512
_QOS_FAILURE = 0x80


class Uplink:
    """Runs until stopped.

    Args:
        config: where the broker is.
        outbox: what to send.
        birth: makes the birth certificate; called at each connection and by :meth:`publish_state`.
        on_desired: takes a desired twin (called on the link's thread; must be quick).
        on_command: answers a command (likewise).
        clock: time.
        on_refused: takes version and fault of a desired twin that does not decode (likewise).
    """

    def __init__(  # noqa: PLR0913 - what the link needs is handed in
        self,
        config: UplinkConfig,
        outbox: Outbox,
        birth: Callable[[], State],
        on_desired: OnDesired,
        on_command: OnCommand,
        clock: Clock,
        on_refused: OnRefused = lambda _version, _refusal: None,
    ) -> None:
        self._config, self._outbox, self._birth, self._clock = config, outbox, birth, clock
        self._session = Session(outbox)
        self._inbound = Inbound(config, self._session, on_desired, on_command, on_refused)
        self._backoff = Backoff(random.random, config.longest_wait_s)
        self._voice = threading.Lock()
        """Held while a message of the box's other threads is handed on: none may come after the farewell."""
        self._wake = threading.Condition()
        self._news = False
        self._stop = threading.Event()
        self._client: mqtt.Client | None = None
        self._up, self._up_s, self._down_s = False, 0.0, clock.monotonic()
        self._connections = 0
        self._last_error = ""
        self._conflict = False
        self._defect = ""
        self._bytes = NOTHING
        self._reported: Reported | None = None
        self._lost: str | None = None
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)

    def start(self) -> None:
        """Begin connecting; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Send what the outbox holds while there is time, say farewell, disconnect."""
        deadline = self._clock.monotonic() + timeout_s
        while self._up and self._outbox.status().pending and self._clock.monotonic() < deadline:
            self.notify()
            self._stop.wait(0.02)
        grace = _FAREWELL_S + 1.0 if self._up else 1.0
        self._stop.set()
        self.notify()
        if self._thread.is_alive():
            self._thread.join(max(grace, deadline - self._clock.monotonic()))

    def notify(self) -> None:
        """The outbox has something new."""
        with self._wake:
            self._news = True
            self._wake.notify()

    def publish_telemetry(self, telemetry: Telemetry) -> None:
        """Send last values, if connected; they may be lost."""
        self._publish(Channel.TELEMETRY, telemetry)

    def publish_state(self) -> None:
        """Send the birth certificate again: health has changed."""
        self._publish(Channel.STATE, self._birth())

    def publish_reported(self, reported: Reported) -> None:
        """Send what the box runs, now and at each connection."""
        self._reported = reported
        self._publish(Channel.TWIN_REPORTED, reported)

    @property
    def broker(self) -> str:
        """Its address."""
        return f"{self._config.host}:{self._config.port}"

    @property
    def connected(self) -> bool:
        """Whether events travel."""
        return self._up

    def status(self) -> LinkTelemetry:
        """Numbers for telemetry."""
        client = self._client
        now = read_wire_bytes(client.socket()) if client is not None else NOTHING
        total = self._bytes + now
        return LinkTelemetry(
            connected=self._up,
            connections=self._connections,
            bytes_out=total.out,
            bytes_in=total.into,
            last_error="" if self._up else self._last_error[:TEXT_CHARACTERS],
        )

    def faults(self) -> tuple[Reason, ...]:
        """What is wrong with the link. Health is progress: one on which nothing arrives is down, however connected it is."""
        reasons = []
        now_s = self._clock.monotonic()
        # The other box would have come back by now.
        if self._up and now_s - self._up_s > LONGEST_CONFLICT_S:
            self._conflict = False
        if not self._up and now_s - self._down_s >= _STALLED_S:
            reasons.append(
                Reason("uplink-down", "uplink", (self._last_error or f"no connection to {self.broker}")[:TEXT_CHARACTERS])
            )
        elif self._session.unanswered_s(now_s) >= _STALLED_S:
            detail = (
                f"connected, but the manager has acknowledged nothing for {_STALLED_S:g} s: does its ingest run? events wait"
            )
            reasons.append(Reason("uplink-unanswered", "uplink", detail))
        if self._conflict:
            detail = "another box connects under this name; withdraw one of them at the manager"
            reasons.append(Reason("identity-conflict", "uplink", detail))
        if self._defect:
            reasons.append(Reason("uplink-defect", "uplink", f"the link began again after {self._defect}"[:TEXT_CHARACTERS]))
        return tuple(reasons)

    @property
    def refused(self) -> int:
        """Inbound messages that were not understood."""
        return self._inbound.refused

    def _run(self) -> None:
        while not self._stop.is_set():
            began = self._clock.monotonic()
            try:
                code = self._connection()
            except Exception as error:  # noqa: BLE001 - see the rules above
                self._failed(error)
                code = None
            if self._stop.is_set():
                return
            if self._clock.monotonic() - began > _STEADY_S:
                self._backoff.worked()
            if code == SESSION_TAKEN_OVER:
                self._conflict = True
                delay = self._backoff.conflict()
            else:
                delay = self._backoff.failed()
            self._stop.wait(delay)

    def _failed(self, error: Exception) -> None:
        self._defect = f"{type(error).__name__}: {error}"
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))

    def _connection(self) -> int | None:
        """One connection from attempt to end. Returns the broker's reason code where it gave one."""
        state = _Connection()
        try:
            client = self._make_client(state)
            limits = Properties(PacketTypes.CONNECT)
            limits.MaximumPacketSize = PACKET_BYTES
            client.connect(self._config.host, self._config.port, self._config.keepalive_s, clean_start=True, properties=limits)
        except (OSError, ValueError, ssl.SSLError) as error:
            self._last_error = f"{self._config.host}:{self._config.port}: {error_text(error)}"
            return None
        client.loop_start()
        try:
            if not state.decided.wait(self._config.connect_timeout_s):
                self._last_error = f"{self._config.host}:{self._config.port}: no answer to the connection request in time"
                return None
            if not state.granted:
                return state.code
            self._client = client
            self._last_error = ""
            self._connections += 1
            self._session.connected()
            self._up, self._up_s = True, self._clock.monotonic()
            self._send(Channel.STATE, self._birth())
            if self._reported is not None:
                self._send(Channel.TWIN_REPORTED, self._reported)
            self._pump(client, state)
        finally:
            if self._up:
                self._down_s = self._clock.monotonic()
            self._up = False
            self._session.disconnected()
            self._bytes = self._bytes + read_wire_bytes(client.socket())
            with self._voice:
                self._client = None
            if self._stop.is_set() and not state.over.is_set():
                self._farewell(client)
            client.disconnect()
            client.loop_stop()
        return state.code

    def _pump(self, client: mqtt.Client, state: _Connection) -> None:
        while not self._stop.is_set() and not state.over.is_set():
            for message in self._session.due(self._clock.monotonic()):
                client.publish(message.topic, message.payload, message.qos, message.retain, attributes(message))
            with self._wake:
                if not self._news:
                    self._wake.wait(_IDLE_S)
                self._news = False
        if state.over.is_set() and not self._stop.is_set():
            self._last_error = state.text or "the connection was lost"

    def _farewell(self, client: mqtt.Client) -> None:
        birth = self._birth()
        last = State(status=Status.OFFLINE, boot=birth.boot, at=birth.at, last_seq=self._outbox.last_seq)
        with contextlib.suppress(ValueError, RuntimeError):
            client.publish(*plain(self._config, Channel.STATE, last)).wait_for_publish(_FAREWELL_S)

    def _publish(self, channel: Channel, body: Any) -> None:
        if self._up:
            self._send(channel, body)

    def _send(self, channel: Channel, body: Any) -> None:
        with self._voice:
            if self._client is not None:
                self._client.publish(*plain(self._config, channel, body))

    def _make_client(self, state: _Connection) -> mqtt.Client:
        config = self._config
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=config.device, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = config.connect_timeout_s
        client.max_inflight_messages_set(_IN_FLIGHT)
        if config.username:
            client.username_pw_set(config.username, config.password)
        if config.tls is not None:
            client.tls_set_context(client_context(config.tls))
        will = State(status=Status.OFFLINE, boot=self._outbox.boot)
        client.will_set(*plain(config, Channel.STATE, will))
        client.on_connect = lambda c, _u, _f, code, _p: self._on_connect(c, state, code)
        client.on_subscribe = lambda _c, _u, _m, codes, _p: self._on_subscribe(state, codes)
        client.on_disconnect = lambda _c, _u, _f, code, _p: self._on_disconnect(state, code)
        client.on_message = lambda c, _u, message: self._on_message(c, state, message)
        return client

    def _on_connect(self, client: mqtt.Client, state: _Connection, code: ReasonCode) -> None:
        if code.is_failure:
            self._refused(state, code.value, refusal_text(code.value, certificate=self._config.tls is not None))
            return
        filters: list[tuple[str, int]] = [(f, 1) for f in device_subscriptions(self._config.fleet, self._config.device)]
        client.subscribe(filters)

    def _on_subscribe(self, state: _Connection, codes: list[ReasonCode]) -> None:
        refused = [code for code in codes if code.value >= _QOS_FAILURE]
        if refused:
            self._refused(state, refused[0].value, f"a subscription was refused: {reason_text(refused[0].value)}")
            return
        state.granted = True
        state.decided.set()

    def _on_disconnect(self, state: _Connection, code: ReasonCode) -> None:
        if not state.decided.is_set():
            self._refused(state, code.value, reason_text(code.value) if code.is_failure else "the broker closed the connection")
        elif code.is_failure:
            state.code, state.text = code.value, reason_text(code.value)
        state.over.set()
        self.notify()

    def _refused(self, state: _Connection, code: int, text: str) -> None:
        state.code, state.granted = code, False
        self._last_error = f"{self._config.host}:{self._config.port}: {text}"
        state.decided.set()
        state.over.set()

    def _on_message(self, client: mqtt.Client, state: _Connection, message: mqtt.MQTTMessage) -> None:
        try:
            answer = self._inbound.take(message)
        except Exception as error:  # noqa: BLE001 - paho's thread would end, and nobody notice
            self._failed(error)
            state.over.set()
            self.notify()
            return
        if answer is not None:
            topic, payload, correlation = answer
            properties = Properties(PacketTypes.PUBLISH)
            if correlation is not None:
                properties.CorrelationData = correlation
            client.publish(topic, payload, RULES[Channel.REPLY].qos, properties=properties)
        self.notify()


class _Connection:
    """What is known of one connection."""

    def __init__(self) -> None:
        self.decided = threading.Event()
        self.over = threading.Event()
        self.granted = False
        self.code: int | None = None
        self.text = ""
