"""Mosquitto 2: mutual TLS and an access list in which each device's name is its certificate's common name.

Rules: a device writes on its own channels only, reads what is for it only, and connects under its own name only, so that none
can throw another out; the manager's client reads and writes the fleet; packets over the cap are refused; queues are bounded in
bytes, not by the default of 1,000 messages, which silently drops a burst; it runs as the manager's user, who alone can read
its key.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from fleet.broker.embedded import BrokerError, ServerFiles
from fleet.interrupts import left_to_parent
from protocol.limits import PACKET_BYTES
from protocol.topics import DEVICE_PUBLISHES, ROOT, RULES, Channel

MANAGER = "manager"
"""Common name of the manager's certificate; no device may be called so."""

_CANDIDATES = ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto")
_START_S = 10.0


def access_list(fleet: str) -> str:
    """The ACL file."""
    lines = [f"user {MANAGER}", f"topic readwrite {ROOT}/{fleet}/#", ""]
    for channel in Channel:
        verb = "write" if channel in DEVICE_PUBLISHES else "read"
        level = "/+" if RULES[channel].detail else ""
        lines.append(f"pattern {verb} {ROOT}/{fleet}/%u/{channel.value}{level}")
    return "\n".join(lines) + "\n"


def configuration(port: int, host: str, acl: Path, files: ServerFiles) -> str:
    """``mosquitto.conf``."""
    # Started by root, mosquitto would become the user `mosquitto`, who may not enter the manager's folder.
    user = "user root\n" if os.geteuid() == 0 else ""
    return f"""{user}per_listener_settings false
listener {port} {host}
protocol mqtt
cafile {files.ca}
certfile {files.certificate}
keyfile {files.key}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
allow_anonymous false
acl_file {acl}
max_packet_size {PACKET_BYTES}
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 268435456
persistence false
connection_messages false
log_type error
log_type warning
log_dest stderr
"""


def find() -> Path:
    """Where mosquitto is.

    Raises:
        BrokerError: it is not installed.
    """
    for candidate in (shutil.which("mosquitto"), *_CANDIDATES):
        if candidate and Path(candidate).exists():
            return Path(candidate)
    msg = "mosquitto is not installed: apt-get install mosquitto, or use --broker embedded for a demonstration"
    raise BrokerError(msg)


class Mosquitto:
    """Runs until stopped.

    Args:
        folder: for its configuration and access list.
        port: where it listens.
        host: address it listens on.
        fleet: name of the fleet.
        files: server certificate.

    Raises:
        BrokerError: it is not installed, the port is in use, or it does not start.
    """

    def __init__(self, folder: Path, port: int, host: str, fleet: str, files: ServerFiles) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        acl = folder / "acl"
        acl.write_text(access_list(fleet), "utf-8")
        acl.chmod(0o600)
        config = folder / "mosquitto.conf"
        config.write_text(configuration(port, host, acl, files), "utf-8")
        self._command = [str(find()), "-c", str(config)]
        self._host, self._port = host, port
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, or start again with nothing remembered."""
        if _answers(self._host, self._port):
            msg = f"port {self._port} for MQTT is in use; stop what uses it, or choose another with --mqtt-port"
            raise BrokerError(msg)
        with left_to_parent():
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_S
        while not _answers(self._host, self._port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                msg = f"mosquitto does not start on port {self._port}; see its messages above"
                raise BrokerError(msg)
            time.sleep(0.02)

    @property
    def pid(self) -> int | None:
        """Its process."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False
