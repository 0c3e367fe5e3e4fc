"""What an accelerator has been asked and has not answered, and how long it may take.

Rules: requests are answered in order, so only the oldest runs against its deadline, from the moment at which the one before it
was answered; the clock is monotonic; the deadline grows with the number of looks that were asked for. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from edge.runtime.scheduler import Waiting


@dataclass(frozen=True)
class DeadlinePolicy:
    """How long an accelerator may be silent, seconds."""

    request_s: float = 2.0
    """For any request: a hundred times what the fastest model takes on a small board."""
    look_s: float = 0.5
    """More for each region of it, and for each vehicle whose plate may be read."""
    load_s: float = 10.0
    """Between two words of a process that loads: it gives one after opening a model, and after looks that warm it up and prove
    it. All of that takes at most .8 s with ONNX Runtime and 2.2 s with OpenVINO, for each model of the zoo on a core of a busy
    PC; a small board may take ten times as long, a step at a time."""


IN_FLIGHT = 2
"""Requests that an accelerator has at most: one that it works on, one that waits in its pipe, so that it never idles."""


class InFlight:
    """Requests of one accelerator."""

    def __init__(self, policy: DeadlinePolicy) -> None:
        self._policy = policy
        self._requests: deque[Waiting] = deque()
        self._head_since_s = 0.0

    @property
    def full(self) -> bool:
        """Whether nothing more should be asked now."""
        return len(self._requests) >= IN_FLIGHT

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._requests)

    def asked(self, picture: Waiting, now_s: float) -> None:
        """A request has been sent."""
        if not self._requests:
            self._head_since_s = now_s
        self._requests.append(picture)

    def answered(self, now_s: float) -> Waiting | None:
        """The oldest request has been answered. Returns it; ``None`` when nothing was asked."""
        self._head_since_s = now_s
        return self._requests.popleft() if self._requests else None

    def due_s(self) -> float | None:
        """Monotonic second at which the oldest request is overdue; ``None`` when nothing is asked."""
        return self._head_since_s + self.allowed_s() if self._requests else None

    def allowed_s(self) -> float:
        """Seconds that the oldest request may take."""
        if not self._requests:
            return self._policy.request_s
        head = self._requests[0]
        looks = len(head.regions) + (0 if head.plates is None else head.plates.most)
        return self._policy.request_s + self._policy.look_s * looks

    def clear(self) -> list[Waiting]:
        """Forget all requests, the oldest first."""
        gone = list(self._requests)
        self._requests.clear()
        return gone
