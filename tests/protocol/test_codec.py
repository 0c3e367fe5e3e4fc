"""Events to messages and back: nothing changes on the way, and nothing but an event comes through."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from protocol.basis import Estimate
from protocol.catalogue import CATALOGUE
from protocol.codec import Accounting, Message, decode_event, encode_body, encode_event, read_accounting
from protocol.errors import (
    TooLargeError,
)
from protocol.events import Clock, ClockSource, CrowdFlow, DeviceHealth, Event, EventBody, EventType, Reason
from protocol.examples import EVENTS
from protocol.limits import EVENT_BYTES
from tests.protocol.strategies import events, values

GOOD = encode_event(EVENTS[EventType.CROWD_COUNT])
EVENT_TOPIC = GOOD.topic
BODY: dict[str, Any] = msgspec.json.decode(GOOD.payload)


def decode(message: Message) -> Event:
    return decode_event(message.topic, message.payload, message.properties)


def test_the_bytes_on_the_wire_are_these() -> None:
    event = Event(
        fleet="harbour",
        device="box-1",
        id="017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        type=EventType.CROWD_FLOW,
        time=dt.datetime(2026, 3, 1, 18, 0, 1, 5, dt.timezone(dt.timedelta(hours=1))),
        boot="abcdefghij23",
        seq=7,
        body=EventBody(
            captured_at=dt.datetime(2026, 3, 1, 17, tzinfo=dt.timezone.utc),
            clock=Clock(ClockSource.FREE, synchronised=False),
            observed=CrowdFlow("bridge", Estimate(3, 2, 5), Estimate(0, 0, 1, 0.95), 30, 12),
        ),
    )
    message = encode_event(event)
    assert message.topic == "lamplighter/v1/harbour/box-1/event/crowd.flow"
    assert (message.qos, message.retain) == (1, False)
    assert message.properties == (
        ("specversion", "1.0"),
        ("id", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        ("source", "/harbour/box-1"),
        ("type", "crowd.flow"),
        ("time", "2026-03-01T17:00:01.000005+00:00"),
        ("boot", "abcdefghij23"),
        ("seq", "7"),
        ("schema", "1.3"),
    )
    assert message.payload == (
        b'{"captured_at":"2026-03-01T17:00:00Z","clock":{"source":"free","synchronised":false},'
        b'"observed":{"line":"bridge","forward":{"value":3,"low":2,"high":5},'
        b'"backward":{"value":0,"low":0,"high":1,"level":0.95},"window_s":30,"pictures":12}}'
    )
    assert decode(message) == event


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
def test_every_event_comes_back_as_it_was(kind: EventType) -> None:
    @settings(max_examples=30)
    @given(events(kind))
    def comes_back(event: Event) -> None:
        try:
            message = encode_event(event)
        except TooLargeError:
            assert len(encode_body(event.body)) > EVENT_BYTES - 512
            return
        assert message.size <= EVENT_BYTES
        assert decode(message) == event
        assert read_accounting(message.properties) == Accounting(event.boot, event.seq)

    comes_back()


@pytest.mark.parametrize("entry", [e for e in CATALOGUE if e.event is None], ids=lambda entry: entry.name)
def test_every_other_message_comes_back_as_it_was(entry: Any) -> None:
    @settings(max_examples=15)
    @given(values(entry.type))
    def comes_back(body: msgspec.Struct) -> None:
        assert msgspec.json.decode(encode_body(body), type=entry.type) == body

    comes_back()


# sizes


def health(fill: int) -> Event:
    """A health event with ``fill`` characters more than its shortest form has."""
    lengths = [1 + min(119, max(0, fill - 119 * n)) for n in range(26)]
    reasons = tuple(Reason("long", "s", "x" * length) for length in lengths)
    observed = DeviceHealth("degraded", reasons[:13], reasons[13:])
    example = EVENTS[EventType.DEVICE_HEALTH]
    return dataclasses.replace(example, body=EventBody(example.body.captured_at, example.body.clock, observed))


SPARE = EVENT_BYTES - encode_event(health(0)).size


def test_an_event_of_exactly_the_cap_passes() -> None:
    message = encode_event(health(SPARE))
    assert message.size == EVENT_BYTES
    assert decode(message) == health(SPARE)


def test_one_byte_more_is_not_encoded() -> None:
    with pytest.raises(TooLargeError, match=f"{EVENT_BYTES + 1} bytes, over the cap of {EVENT_BYTES}"):
        encode_event(health(SPARE + 1))


@pytest.mark.parametrize(
    ("payload", "properties"),
    [
        (encode_event(health(SPARE)).payload + b" ", encode_event(health(SPARE)).properties),
        (b"[" * (EVENT_BYTES + 1), ()),
        (b"", (("", "x" * EVENT_BYTES),)),
        (b"", (("x" * EVENT_BYTES, ""),)),
        (b"", (("a", ""),) * (EVENT_BYTES // 6 + 1)),
        (b"", (("a", "\u20ac" * (EVENT_BYTES // 3)),)),
        (b"\xff" * 10_000_000, GOOD.properties),
    ],
    ids=["one byte", "nested", "value", "name", "many properties", "three bytes a character", "ten million"],
)
def test_what_is_over_the_cap_is_not_read(payload: bytes, properties: tuple[tuple[str, str], ...]) -> None:
    """FAULTS 34, 39."""
    with pytest.raises(TooLargeError, match="over the cap"):
        decode_event(EVENT_TOPIC, payload, properties)


def test_spaces_and_another_order_of_keys_are_the_same_event() -> None:
    payload = msgspec.json.format(msgspec.json.encode(dict(reversed(BODY.items()))), indent=2)
    assert payload != GOOD.payload
    assert decode_event(GOOD.topic, payload, GOOD.properties[::-1]) == EVENTS[EventType.CROWD_COUNT]
