"""What to send next. Pure: no socket, no thread of its own; the simulator runs thousands of these.

Rules:

- A message is in flight from its sending until the manager's acknowledgement; the broker's PUBACK promises too little.
- Alerts are never held up by a full window: they have a window of their own.
- What stays without an acknowledgement is sent again after a growing time; after a reconnection everything is sent again that
  the acknowledgements do not cover.
- What the manager passed over, accounting for messages sent later, was lost with its ingest or broker, and is sent again at
  once (recent acknowledgement, RFC 8985): otherwise a window full of it would wait for its time while everything works.
- Thread-safe: one thread sends while another, which reads from the link, acknowledges.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from edge.outbox.entry import Entry
from edge.outbox.outbox import Outbox
from protocol.acks import Ack
from protocol.codec import Message
from protocol.events import Priority

WINDOW = 256
"""Statistics and reports in flight: at the manager's 200 ms between acknowledgements, over 1,000 a second."""

ALERT_WINDOW = 64

REORDERING_S = 1.0
"""Sent so much earlier than what is acknowledged, a message is lost: workers that share a subscription store out of order."""

FIRST_RETRY_S = 10.0
LAST_RETRY_S = 120.0


@dataclass
class _InFlight:
    sent_s: float
    attempts: int
    alert: bool


class Session:
    """The sending side of one connection after another.

    Args:
        outbox: where the messages come from.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._lock = threading.Lock()
        self._in_flight: dict[tuple[str, int], _InFlight] = {}
        self._again: dict[tuple[str, int], int] = {}
        """Attempts so far of what is due again; it is sent in the outbox's order and may be evicted by then."""
        self._connected = False
        self._unanswered_since_s: float | None = None
        self.sent = 0
        """Messages handed to the link, repetitions included."""

    @property
    def in_flight(self) -> int:
        """Messages sent on this connection and not acknowledged."""
        return len(self._in_flight)

    def connected(self) -> None:
        """A connection is up: begin again."""
        with self._lock:
            self._in_flight.clear()
            self._again.clear()
            self._connected, self._unanswered_since_s = True, None

    def disconnected(self) -> None:
        """The connection is gone; what was in flight may or may not have arrived."""
        with self._lock:
            self._in_flight.clear()
            self._connected, self._unanswered_since_s = False, None

    def acknowledged(self, ack: Ack) -> None:
        """The manager accounts for these."""
        if not self._outbox.acknowledge(ack):
            return
        settled = self._outbox.settled(ack.boot)
        with self._lock:
            self._unanswered_since_s = None
            ours = [(key, flight) for key, flight in self._in_flight.items() if key[0] == ack.boot]
            latest_s = max((flight.sent_s for key, flight in ours if key[1] in settled), default=-math.inf)
            for key, flight in ours:
                if key[1] in settled or flight.sent_s < latest_s - REORDERING_S:
                    del self._in_flight[key]

    def due(self, now_s: float) -> list[Message]:
        """Messages to hand to the link now.

        Args:
            now_s: monotonic seconds.
        """
        with self._lock:
            if not self._connected:
                return []
            for key in [key for key, flight in self._in_flight.items() if now_s - flight.sent_s >= _retry_s(flight.attempts)]:
                self._again[key] = self._in_flight.pop(key).attempts
            alerts = sum(flight.alert for flight in self._in_flight.values())
            room = WINDOW - (len(self._in_flight) - alerts)
            alert_room = ALERT_WINDOW - alerts
            messages = []
            for entry, message in self._outbox.pending(max(0, room) + max(0, alert_room), self._in_flight):
                alert = entry.priority is Priority.ALERT
                if (alert_room if alert else room) <= 0:
                    continue
                alert_room -= alert
                room -= not alert
                self._note(entry, now_s, alert=alert)
                messages.append(message)
            self.sent += len(messages)
            if self._in_flight and self._unanswered_since_s is None:
                self._unanswered_since_s = now_s
            return messages

    def unanswered_s(self, now_s: float) -> float:
        """How long messages have been in flight without any acknowledgement, seconds."""
        since_s = self._unanswered_since_s
        return 0.0 if since_s is None else now_s - since_s

    def next_s(self) -> float | None:
        """When something in flight is due again, monotonic seconds."""
        with self._lock:
            return min((f.sent_s + _retry_s(f.attempts) for f in self._in_flight.values()), default=None)

    def _note(self, entry: Entry, now_s: float, *, alert: bool) -> None:
        attempts = self._again.pop(entry.key, 0) + 1
        self._in_flight[entry.key] = _InFlight(now_s, attempts, alert)


def _retry_s(attempts: int) -> float:
    return float(min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** (attempts - 1)))
