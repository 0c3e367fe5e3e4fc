"""The embedded broker: rumqttd from the package ``iotcore``, in a process of its own.

Rules: loopback only. It encrypts, and it speaks MQTT 5, but it asks nobody for a certificate and has no access list, and it
forgets everything when it stops; so it serves demonstrations and tests. Nothing of ours rests on its memory: the outbox and the
watermark do that.

A running process is not enough: rumqttd 0.20 panics when a client comes back in the moment in which its will is sent, and takes
no connection any more (a poisoned lock; within some hundred cuts of a link). So it is asked now and then, as a client would.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from iotcore import Broker

from fleet.interrupts import left_to_parent
from protocol.limits import PACKET_BYTES

_CONFIG = """id = 0
[router]
id = 0
max_connections = 4000
max_outgoing_packet_count = 500
max_segment_size = 1048576
max_segment_count = 64
[v5.1]
name = "lamplighter"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {payload}
max_inflight_count = 1000
dynamic_filters = true
[v5.1.tls]
certpath = "{certificate}"
keypath = "{key}"
capath = "{ca}"
"""

_ASK_S = 5.0
"""Between two questions whether it takes connections."""

_ASK_AGAIN_S = 1.0
"""After one that it did not answer; it is given up at the second."""

_ANSWER_S = 3.0


class BrokerError(Exception):
    """The broker cannot be started; the message says why and what to do."""


@dataclass(frozen=True)
class ServerFiles:
    """What the broker shows to its clients."""

    certificate: Path
    key: Path
    ca: Path


class EmbeddedBroker:
    """Runs until stopped, or until this process ends.

    Args:
        folder: for its configuration.
        port: on loopback.
        files: server certificate.

    Raises:
        BrokerError: the port is in use, or it does not start.
    """

    def __init__(self, folder: Path, port: int, files: ServerFiles) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "rumqttd.toml"
        text = _CONFIG.format(port=port, payload=PACKET_BYTES, certificate=files.certificate, key=files.key, ca=files.ca)
        path.write_text(text, "utf-8")
        self._port = port
        self._path = path
        self._ca = files.ca
        self._asked_s = 0.0
        self._silent = False
        self._broker = Broker(config_path=str(path))
        self.start()

    def start(self) -> None:
        """Start, or start again with nothing remembered."""
        self._asked_s, self._silent = time.monotonic(), False
        try:
            with left_to_parent():
                self._broker.start()
        except OSError as error:
            msg = f"port {self._port} for MQTT is in use; stop what uses it, or choose another with --mqtt-port"
            raise BrokerError(msg) from error
        except RuntimeError as error:
            msg = f"the embedded broker does not start: {error}"
            raise BrokerError(msg) from error

    @property
    def pid(self) -> int | None:
        """Its process."""
        process = self._broker._process  # noqa: SLF001 - the package does not tell otherwise
        return None if process is None else process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs and takes connections; one that does not any more is ended."""
        if not self._broker.is_running:
            return False
        if time.monotonic() - self._asked_s > (_ASK_AGAIN_S if self._silent else _ASK_S):
            answers = self._answers()
            self._asked_s = time.monotonic()
            if not answers and self._silent:
                self.kill()
                return False
            self._silent = not answers
        return True

    def _answers(self) -> bool:
        """Whether a client that says CONNECT hears CONNACK (MQTT 5.0, 3.1 and 3.2)."""
        context = ssl.create_default_context(cafile=str(self._ca))
        context.check_hostname = False
        name = f"manager-asks-{secrets.token_hex(4)}".encode()
        rest = b"\0\4MQTT\5\2\0\12\0" + len(name).to_bytes(2, "big") + name
        try:
            with (
                socket.create_connection(("127.0.0.1", self._port), timeout=_ANSWER_S) as plain,
                context.wrap_socket(plain) as link,
            ):
                link.sendall(bytes((0x10, len(rest))) + rest)
                answer = link.recv(4)
                link.sendall(b"\xe0\0")
        except OSError:
            return False
        return answer[:1] == b"\x20"

    def kill(self) -> None:
        """As a power cut would."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._broker.stop()

    def stop(self) -> None:
        """Stop it."""
        self._broker.stop()
