"""What flows: the tail of events, how many a second, and how long they were on the way. Pure and bounded."""

from __future__ import annotations

from collections import deque

from fleet.control_room.views import RowView, TotalsView

TAIL_ROWS = 200
"""Rows of the tail that a new page is given."""
TAIL_PER_MESSAGE = 100
"""Most rows in one message; at four messages a second more could not be read anyway. The newest win."""
RATE_MS = 10_000
LATENCY_MS = 60_000
LATENCY_SAMPLES = 2000


class Traffic:
    """Events as they pass."""

    def __init__(self) -> None:
        self._tail: deque[RowView] = deque(maxlen=TAIL_ROWS)
        self._fresh: deque[RowView] = deque(maxlen=TAIL_PER_MESSAGE)
        self._arrivals: deque[int] = deque(maxlen=100_000)
        self._lags: deque[tuple[int, float]] = deque(maxlen=LATENCY_SAMPLES)
        self._stored = 0

    def passed(self, row: RowView, received_at: int) -> None:
        """An event was stored at ``received_at`` (ms)."""
        self._stored = max(self._stored, row.n)
        self._arrivals.append(received_at)
        if row.lag_ms is not None:
            self._lags.append((received_at, row.lag_ms))
        self._tail.append(row)
        self._fresh.append(row)

    def tail(self) -> tuple[RowView, ...]:
        """The last rows, oldest first."""
        return tuple(self._tail)

    def take_fresh(self) -> tuple[RowView, ...]:
        """Rows since the last call."""
        fresh = tuple(self._fresh)
        self._fresh.clear()
        return fresh

    def totals(self, now: int, unjudged: int, quarantined: int) -> TotalsView:
        """Figures of the header at ``now`` (ms)."""
        while self._arrivals and self._arrivals[0] < now - RATE_MS:
            self._arrivals.popleft()
        lags = sorted(lag for at, lag in self._lags if at >= now - LATENCY_MS)
        return TotalsView(
            events=self._stored,
            rate=round(1000 * len(self._arrivals) / RATE_MS, 2),
            p50_ms=round(lags[len(lags) // 2], 1) if lags else None,
            p95_ms=round(lags[min(len(lags) - 1, int(0.95 * len(lags)))], 1) if lags else None,
            unjudged=unjudged,
            quarantined=quarantined,
        )
