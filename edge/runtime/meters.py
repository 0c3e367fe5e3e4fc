"""Counters and rates of sources and accelerators, as telemetry tells them.

Rule: one thread counts; any thread may read, because reading changes nothing and takes a copy first. Pure.
"""

from __future__ import annotations

import statistics
from collections import Counter, deque

from edge.infer.outcome import DropReason

RATE_WINDOW_S = 5.0
"""Window of a rate: short enough that a stopped camera shows at once, long enough for two pictures a second."""

MEDIAN_WINDOW_S = 60.0

_MOST_SAMPLES = 256
"""Newest samples of the last minute that a median or a sum is taken of."""


class Rate:
    """Events per second over the last few seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=1024)

    def tick(self, now_s: float) -> None:
        """One event."""
        self._times.append(now_s)

    def per_second(self, now_s: float) -> float:
        """Rate now."""
        times = [time for time in tuple(self._times) if now_s - time <= RATE_WINDOW_S]
        if len(times) < 2:  # noqa: PLR2004 - one event has no rate
            return 0.0
        span_s = max(now_s - times[0], 1e-6)
        return len(times) / span_s if span_s >= RATE_WINDOW_S / 2 else (len(times) - 1) / span_s


class Median:
    """Median over the last minute."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=_MOST_SAMPLES)

    def add(self, value: float, now_s: float) -> None:
        """One sample."""
        self._samples.append((now_s, value))

    def value(self, now_s: float) -> float | None:
        """The median; ``None`` without samples."""
        values = [value for time, value in tuple(self._samples) if now_s - time <= MEDIAN_WINDOW_S]
        return statistics.median(values) if values else None


class Recent:
    """How many in the last minute."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque(maxlen=_MOST_SAMPLES)

    def add(self, count: int, now_s: float) -> None:
        """So many more."""
        self._counts.append((now_s, count))

    def sum(self, now_s: float) -> int:
        """All of them now."""
        return sum(count for time, count in tuple(self._counts) if now_s - time <= MEDIAN_WINDOW_S)


class Drops:
    """Drops by reason; reasons that never happened are not listed."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, reason: DropReason | str) -> None:
        """One drop."""
        self._counts[reason.value if isinstance(reason, DropReason) else reason] += 1

    def as_dict(self) -> dict[str, int]:
        """Counts by reason."""
        return dict(self._counts)
