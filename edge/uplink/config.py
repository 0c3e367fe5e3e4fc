"""How to reach the broker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.uplink.backoff import CAP_S


@dataclass(frozen=True)
class TlsFiles:
    """Files for mutual TLS."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True)
class UplinkConfig:
    """Where the broker is and who connects.

    Attributes:
        keepalive_s: MQTT keepalive; a dead link is noticed within one and a half times that.
        longest_wait_s: between two attempts to connect, drawn at random below it.
    """

    fleet: str
    device: str
    host: str
    port: int
    tls: TlsFiles | None = None
    username: str = ""
    password: str = ""
    keepalive_s: int = 60
    connect_timeout_s: float = 10.0
    longest_wait_s: float = CAP_S

    def __repr__(self) -> str:
        return f"UplinkConfig({self.fleet}/{self.device} at {self.host}:{self.port}, {'TLS' if self.tls else 'plain'})"
