"""Someone who watches the live stream, as a page does, and keeps count."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from fleet.fusion.made import SHOTS
from protocol.events import EventType

_OF_SHOTS = (EventType.GUNSHOT_DETECTED.value, SHOTS)


class _Seen(msgspec.Struct):
    id: str
    device: str
    type: str
    time: int
    incident: str | None = None
    phase: str | None = None


_decoder = msgspec.json.Decoder(_Seen)


class Spectator:
    """Reads the manager's server-sent events.

    Args:
        url: of the manager.
        token: of a session.
        tell: called with each event as it came.
    """

    def __init__(self, url: str, token: str, tell: Callable[[str], None] = lambda _data: None) -> None:
        self._tell = tell
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}
        self._seen: set[str] = set()
        self._last = ""
        self.doubled = 0
        """Events that were shown twice."""
        self.events: Counter[str] = Counter()
        self.by_device: Counter[tuple[str, str]] = Counter()
        self.latencies_ms: list[float] = []
        """From the event's creation on the box to its arrival here; one machine, one clock."""
        self.incidents: dict[str, list[str]] = {}
        """Phases by incident, as they came, but for hits and shots."""
        self.hits: dict[str, float] = {}
        """Of each hit, monotonic seconds when it was seen first."""
        self.reconnections = -1

    async def run(self) -> None:
        """Watch until cancelled; a stream that breaks is taken up where it broke."""
        timeout = httpx.Timeout(10.0, read=40.0)
        async with httpx.AsyncClient(timeout=timeout, headers=self._headers, trust_env=False) as client:
            while True:
                self.reconnections += 1
                try:
                    await self._watch(client)
                except httpx.HTTPError:
                    await asyncio.sleep(0.2)

    async def _watch(self, client: httpx.AsyncClient) -> None:
        headers = {"Last-Event-ID": self._last or "0"}
        async with client.stream("GET", f"{self._url}/api/v1/stream", headers=headers) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self._last = line[4:]
                elif line.startswith("data: "):
                    self._take(line[6:])

    def _take(self, data: str) -> None:
        self._tell(data)
        event = _decoder.decode(data)
        if event.id in self._seen:
            self.doubled += 1
            return
        self._seen.add(event.id)
        self.latencies_ms.append(time.time() * 1000 - event.time / 1000)
        self.events[event.type] += 1
        self.by_device[event.device, event.type] += 1
        if event.type == EventType.ANPR_HIT.value and event.incident is not None:
            self.hits.setdefault(event.incident, time.monotonic())
        elif event.type not in _OF_SHOTS and event.incident is not None and event.phase is not None:
            self.incidents.setdefault(event.incident, []).append(event.phase)

    def complete_incidents(self) -> list[str]:
        """Incidents that began, were updated and ended, once each way round."""
        return [
            name
            for name, phases in self.incidents.items()
            if phases[0] == "new" and phases[-1] == "end" and len(phases) > 2 and set(phases[1:-1]) == {"update"}
        ]

    def running_incidents(self) -> int:
        """Incidents that have not ended."""
        return sum(phases[-1] != "end" for phases in self.incidents.values())


def quantile(values: list[float], share: float) -> float | None:
    """The value below which a share of the values lies (nearest rank); ``None`` of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary_ms(values: list[float]) -> dict[str, Any]:
    """Latencies for the last line of a check."""
    rounded = {name: quantile(values, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}
    return {"n": len(values), **{name: None if v is None else round(v, 1) for name, v in rounded.items()}}
