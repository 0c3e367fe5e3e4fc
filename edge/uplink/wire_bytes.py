"""Bytes of one TCP connection at the IP level, as the kernel counts them (``TCP_INFO``).

A metered link bills packets, not payloads: each segment carries 20 bytes of IPv4 or 40 of IPv6 and 32 of TCP (with the time
stamp option). TLS is inside the counted bytes. Fields of ``struct tcp_info``, Linux 4.6 and later (include/uapi/linux/tcp.h).
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

_BYTES_ACKED = 120
_BYTES_RECEIVED = 128
_SEGS_OUT = 136
_SEGS_IN = 140
_BYTES_RETRANS = 208
_LENGTH = 232
_TCP_HEADER = 32


@dataclass(frozen=True)
class WireBytes:
    """Bytes at the IP level, headers included."""

    out: int
    into: int

    def __add__(self, other: WireBytes) -> WireBytes:
        return WireBytes(self.out + other.out, self.into + other.into)


NOTHING = WireBytes(0, 0)


def read_wire_bytes(sock: object) -> WireBytes:
    """Counters of a connected TCP socket; zero where the system does not tell."""
    try:
        family, info = _info(sock)
    except (OSError, AttributeError, ValueError, struct.error):
        return NOTHING
    header = _TCP_HEADER + (40 if family == socket.AF_INET6 else 20)
    acked, received = struct.unpack_from("=QQ", info, _BYTES_ACKED)
    out_segments, in_segments = struct.unpack_from("=II", info, _SEGS_OUT)
    again = struct.unpack_from("=Q", info, _BYTES_RETRANS)[0] if len(info) >= _BYTES_RETRANS + 8 else 0
    return WireBytes(acked + again + out_segments * header, received + in_segments * header)


def _info(sock: object) -> tuple[int, bytes]:
    descriptor = sock.fileno()  # type: ignore[attr-defined]
    if descriptor < 0:
        msg = "closed"
        raise ValueError(msg)
    plain = socket.socket(fileno=descriptor)
    try:
        return int(plain.family), plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
    finally:
        plain.detach()
