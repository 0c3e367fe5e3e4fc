"""Events to MQTT messages and back: CloudEvents 1.0, MQTT 5 binding, binary content mode.

Rules:

- Attributes travel as user properties, the body as strict JSON. ``boot`` and ``seq`` are extension attributes, so that a
  message whose payload is rotten can still be accounted for.
- The attributes are exactly :data:`ATTRIBUTES`, a key stands once in an object, a text holds no U+0000: there is no second
  place where something could travel along, and whatever decodes can be stored in any database.
- Nothing over the cap is encoded, nothing over the cap is read, and everything that is refused carries a
  :attr:`~protocol.errors.ProtocolError.reason`.
- A later minor version of the contract is never decoded: it raises :class:`~protocol.errors.NewerSchemaError` and the
  manager keeps the bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from protocol.errors import (
    MalformedError,
    NewerSchemaError,
    TooLargeError,
    UnknownEventTypeError,
)
from protocol.events import BODY, Event, EventBody, EventType
from protocol.identifiers import BOOT_PATTERN, EventId
from protocol.limits import EVENT_BYTES, SCHEMA_MAJOR, SCHEMA_MINOR
from protocol.topics import RULES, Channel, Topic

CONTENT_TYPE = "application/json"
SPEC_VERSION = "1.0"
ATTRIBUTES = ("specversion", "id", "source", "type", "time", "boot", "seq", "schema")
"""CloudEvents attributes, as MQTT 5 user properties, in the order of sending."""

_SEQ = re.compile(r"^[1-9][0-9]{0,15}$")
_BOOT = re.compile(BOOT_PATTERN)
_SCHEMA = re.compile(r"^([0-9]{1,4})\.([0-9]{1,4})$")

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_encoder = msgspec.json.Encoder()
_decoders: dict[EventType, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(body, strict=True) for kind, body in BODY.items()
}


@dataclass(frozen=True)
class Message:
    """One MQTT PUBLISH as both ends see it."""

    topic: str
    payload: bytes
    properties: tuple[tuple[str, str], ...] = ()
    qos: int = 1
    retain: bool = False

    @property
    def size(self) -> int:
        """Bytes of payload and user properties."""
        return len(self.payload) + sum(_utf8_bytes(k) + _utf8_bytes(v) + 5 for k, v in self.properties)


def encode_event(event: Event) -> Message:
    """Encode an event.

    Raises:
        TooLargeError: when the message is over :data:`protocol.limits.EVENT_BYTES`.
    """
    rule = RULES[Channel.EVENT]
    message = Message(
        topic=str(Topic(event.fleet, event.device, Channel.EVENT, event.type.value)),
        payload=_encoder.encode(event.body),
        properties=tuple(
            zip(
                ATTRIBUTES,
                (
                    SPEC_VERSION,
                    event.id,
                    f"/{event.fleet}/{event.device}",
                    event.type.value,
                    event.time.astimezone(dt.timezone.utc).isoformat(timespec="microseconds"),
                    event.boot,
                    str(event.seq),
                    f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}",
                ),
                strict=True,
            )
        ),
        qos=rule.qos,
        retain=rule.retain,
    )
    if message.size > EVENT_BYTES:
        msg = f"event {event.type.value} is {message.size} bytes, over the cap of {EVENT_BYTES}"
        raise TooLargeError(msg)
    return message


@dataclass(frozen=True)
class Accounting:
    """Which (boot, seq) a message claims, readable although its payload may not be."""

    boot: str
    seq: int


def read_accounting(properties: Iterable[tuple[str, str]]) -> Accounting | None:
    """Read boot and sequence number from the attributes alone; ``None`` when they are absent or not valid."""
    attributes = _attributes(properties)
    if attributes is None:
        return None
    boot, seq = attributes.get("boot", ""), attributes.get("seq", "")
    if _BOOT.fullmatch(boot) is None or _SEQ.fullmatch(seq) is None or int(seq) > 2**53 - 1:
        return None
    return Accounting(boot, int(seq))


def decode_event(topic: str, payload: bytes, properties: Iterable[tuple[str, str]]) -> Event:
    """Decode an event as received.

    Args:
        topic: as delivered; its device level was checked by the broker and names the sender.
        payload: untrusted bytes.
        properties: untrusted user properties.

    Raises:
        TooLargeError: over the cap; nothing was parsed.
        InvalidTopicError, InvalidNameError: not an event topic.
        NewerSchemaError: a later minor version.
        UnknownEventTypeError: a type that this version does not know.
        MalformedError: anything else, with the path of the fault.
    """
    pairs = tuple(properties)
    size = Message(topic, payload, pairs).size
    if size > EVENT_BYTES:
        msg = f"message of {size} bytes is over the cap of {EVENT_BYTES}"
        raise TooLargeError(msg)
    where = Topic.parse(topic)
    if where.channel is not Channel.EVENT:
        msg = f"channel {where.channel.value!r} carries no events"
        raise MalformedError(msg)
    attributes = _check_attributes(pairs, where)
    try:
        kind = EventType(where.detail)
    except ValueError:
        msg = f"event type {where.detail!r} is not known to schema {SCHEMA_MAJOR}.{SCHEMA_MINOR}"
        raise UnknownEventTypeError(msg) from None
    try:
        return Event(
            fleet=where.fleet,
            device=where.device,
            id=msgspec.convert(attributes["id"], EventId),
            type=kind,
            time=_read_time(attributes["time"]),
            boot=attributes["boot"],
            seq=int(attributes["seq"]),
            body=_read_body(kind, payload),
        )
    except (msgspec.DecodeError, UnicodeError, RecursionError, MalformedError) as error:
        msg = f"{kind.value}: {_printable(str(error))}"[:240]
        raise MalformedError(msg) from None


def encode_body(body: object) -> bytes:
    """Encode any struct of this package as JSON."""
    return _encoder.encode(body)


def _check_attributes(pairs: Iterable[tuple[str, str]], sender: Topic) -> dict[str, str]:
    attributes = _attributes(pairs)
    if attributes is None:
        msg = "an attribute stands twice"
        raise MalformedError(msg)
    _check_schema(attributes.get("schema", ""))  # first: a later minor version may have more attributes
    if attributes.keys() != set(ATTRIBUTES):
        missing = [name for name in ATTRIBUTES if name not in attributes]
        unknown = [name for name in attributes if name not in ATTRIBUTES]
        msg = f"attributes missing: {', '.join(missing) or 'none'}; not of this contract: {ascii(unknown)[:120]}"
        raise MalformedError(msg)
    expected = {"specversion": SPEC_VERSION, "type": sender.detail, "source": f"/{sender.fleet}/{sender.device}"}
    for name, value in expected.items():
        if attributes[name] != value:
            msg = f"attribute {name} is {attributes[name][:80]!a}, expected {value!r} on this topic"
            raise MalformedError(msg)
    if read_accounting(attributes.items()) is None:
        msg = f"attributes boot {attributes['boot'][:16]!a} and seq {attributes['seq'][:20]!a} are not valid"
        raise MalformedError(msg)
    return attributes


def _read_body(kind: EventType, payload: bytes) -> EventBody[Any]:
    body: EventBody[Any] = _decoders[kind].decode(payload)
    if _encoder.encode(body) != payload:  # not as this package writes it, which alone is no fault
        json.loads(payload, object_pairs_hook=_each_key_once)
    if _NUL.search(payload):
        msg = "a text holds U+0000"
        raise MalformedError(msg)
    try:
        body.captured_at.astimezone(dt.timezone.utc)
    except OverflowError:
        msg = f"captured_at {body.captured_at.isoformat()} cannot be expressed in UTC"
        raise MalformedError(msg) from None
    return body


def _read_time(text: str) -> dt.datetime:
    if not text.endswith(("Z", "+00:00")):
        msg = f"attribute time {text[:40]!a} is not an RFC 3339 time in UTC"
        raise MalformedError(msg)
    return msgspec.convert(text, dt.datetime)


def _each_key_once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"key {twice!r} stands twice in one object"
        raise MalformedError(msg)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _utf8_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _attributes(properties: Iterable[tuple[str, str]]) -> dict[str, str] | None:
    attributes: dict[str, str] = {}
    for name, value in properties:
        if name in attributes:
            return None
        attributes[name] = value
    return attributes


def _check_schema(text: str) -> None:
    match = _SCHEMA.fullmatch(text)
    if match is None:
        msg = f"attribute schema {text[:16]!r} is not <major>.<minor>"
        raise MalformedError(msg)
    major, minor = int(match[1]), int(match[2])
    if major != SCHEMA_MAJOR:
        msg = f"schema {text} has another major version than {SCHEMA_MAJOR}.{SCHEMA_MINOR}"
        raise MalformedError(msg)
    if minor > SCHEMA_MINOR:
        msg = f"schema {text} is newer than {SCHEMA_MAJOR}.{SCHEMA_MINOR}"
        raise NewerSchemaError(msg)
