"""A transport whose bytes somebody counts: a SIM is billed for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ota.device.transport import Body, Transport

REQUEST_BYTES = 6000
"""Of one request beside what is asked for: a handshake with two certificates, headers, packets that carry nothing else."""
_PACKETS = 1.04
"""What comes, with the headers of its packets: 52 bytes to each 1400."""


class Metered:
    """Behind the port :class:`ota.device.transport.Transport`.

    Args:
        transport: where bytes come from.
        spend: told of them as they come, with what carries them.
    """

    def __init__(self, transport: Transport, spend: Callable[[int], None]) -> None:
        self._transport, self._spend = transport, spend

    def open(self, url: str, within_s: float, at: int = 0, etag: str = "") -> Body:
        """Ask for a file; an answer that is none costs too."""
        self._spend(REQUEST_BYTES)
        body = self._transport.open(url, within_s, at, etag)
        return Body(body.start, self._counted(body.blocks), body.close, body.etag)

    def _counted(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self._spend(round(len(block) * _PACKETS))
            yield block
