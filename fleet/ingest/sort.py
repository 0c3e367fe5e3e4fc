"""What is to become of one message from a box. Pure.

Rules: every message ends as exactly one of stored, kept raw (a newer schema), or quarantined with a reason; the sender is whom
the broker let publish on the topic, never whom the message claims to be. Fields that are for evaluation only are refused by a
manager that is not in evaluation: the guard's second door (the first is on the box).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from protocol.codec import Accounting, Message, decode_event, read_accounting
from protocol.errors import NewerSchemaError, ProtocolError, TooLargeError
from protocol.events import CrowdCount, Event, OutboxEvicted
from protocol.limits import SCHEMA_MAJOR, SCHEMA_MINOR
from protocol.topics import Topic

SCHEMA = f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}"

MOST_SEQ = 2**53 - 1
KEPT_BYTES = 2048
"""As much of a refused payload as is kept to find its cause; a picture does not fit in."""


@dataclass(frozen=True)
class Accepted:
    """An event of this contract."""

    event: Event
    body: bytes


@dataclass(frozen=True)
class Raw:
    """An event of a later minor version: kept as it came."""

    device: str
    accounting: Accounting
    type: str
    id: str
    schema: str
    body: bytes


@dataclass(frozen=True)
class Refused:
    """Quarantined. ``accounting`` is there when the attributes could still be read."""

    device: str
    accounting: Accounting | None
    reason: str
    detail: str
    topic: str
    data: bytes


Sorted: TypeAlias = Accepted | Raw | Refused


class EvaluationFieldError(ProtocolError):
    """A field that only a manager in evaluation accepts."""

    reason = "evaluation-only"


def sort(message: Message, *, evaluation: bool) -> Sorted:
    """Sort one message of an event topic."""
    accounting = read_accounting(message.properties)
    device = _sender(message.topic)
    try:
        event = decode_event(message.topic, message.payload, message.properties)
        observed = event.body.observed
        if isinstance(observed, CrowdCount) and observed.tracks and not evaluation:
            msg = "crowd.count.tracks is for evaluation only; set report.evaluation = false on the box"
            raise EvaluationFieldError(msg)
    except NewerSchemaError as error:
        attributes = dict(message.properties)
        if accounting is None:
            return _refused(message, device, None, error)
        return Raw(
            device,
            accounting,
            Topic.parse(message.topic).detail,
            attributes.get("id", "")[:36],
            attributes["schema"],
            message.payload,
        )
    except ProtocolError as error:
        return _refused(message, device, accounting, error)
    return Accepted(event, message.payload)


def lost_ranges(event: Event) -> tuple[str, tuple[tuple[int, int], ...]] | None:
    """Boot and numbers that an event reports as never to arrive; what is not a range of sequence numbers is left out."""
    observed = event.body.observed
    if not isinstance(observed, OutboxEvicted):
        return None
    return observed.boot, tuple((first, last) for first, last in observed.ranges if 1 <= first <= last <= MOST_SEQ)


def _refused(message: Message, device: str, accounting: Accounting | None, error: ProtocolError) -> Refused:
    # What is too large is not kept at all: it may be what must not be here.
    data = b"" if isinstance(error, TooLargeError) else message.payload[:KEPT_BYTES]
    return Refused(device, accounting, error.reason, str(error)[:240], message.topic[:160], data)


def _sender(topic: str) -> str:
    try:
        return Topic.parse(topic).device
    except ProtocolError:
        return ""
