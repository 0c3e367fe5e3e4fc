"""What the decoder refuses, and with which error: topics, attributes, payloads, one table each."""

from __future__ import annotations

import pytest

from protocol.codec import ATTRIBUTES, Accounting, decode_event, encode_event, read_accounting
from protocol.errors import (
    InvalidNameError,
    InvalidTopicError,
    MalformedError,
    NewerSchemaError,
    ProtocolError,
    UnknownEventTypeError,
)
from protocol.events import EventType
from protocol.examples import EVENTS
from protocol.limits import SCHEMA_MAJOR, SCHEMA_MINOR

GOOD = encode_event(EVENTS[EventType.CROWD_COUNT])


def altered(name: str, value: str | None) -> tuple[tuple[str, str], ...]:
    """The good attributes with one changed, added or (``None``) taken away."""
    attributes = {**dict(GOOD.properties), name: value}
    return tuple((n, v) for n, v in attributes.items() if v is not None)


@pytest.mark.parametrize(
    ("topic", "error"),
    [
        ("lamplighter/v1/harbour/square-north-2/state", MalformedError),
        ("lamplighter/v1/harbour/square-north-2/event", InvalidTopicError),
        ("lamplighter/v2/harbour/square-north-2/event/crowd.count", InvalidTopicError),
        ("lamplighter/v1/harbour/Square/event/crowd.count", InvalidNameError),
        ("lamplighter/v1/harbour/other/event/crowd.count", MalformedError),
        ("lamplighter/v1/other/square-north-2/event/crowd.count", MalformedError),
        ("lamplighter/v1/harbour/square-north-2/event/crowd.flow", MalformedError),
    ],
)
def test_an_event_on_another_topic_is_refused(topic: str, error: type[ProtocolError]) -> None:
    """FAULTS 38: what a device says of itself must be what the broker knows of it."""
    with pytest.raises(error):
        decode_event(topic, GOOD.payload, GOOD.properties)


def test_a_type_that_this_version_does_not_know_says_so() -> None:
    topic = GOOD.topic.replace("crowd.count", "behaviour.alert")
    with pytest.raises(UnknownEventTypeError, match=r"'behaviour.alert' is not known to schema 1.3"):
        decode_event(topic, b"{}", altered("type", "behaviour.alert"))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_no_attribute_may_be_missing(name: str) -> None:
    with pytest.raises(MalformedError, match=name):
        decode_event(GOOD.topic, GOOD.payload, altered(name, None))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_no_attribute_may_stand_twice(name: str) -> None:
    with pytest.raises(MalformedError, match="stands twice"):
        decode_event(GOOD.topic, GOOD.payload, (*GOOD.properties, (name, dict(GOOD.properties)[name])))


@pytest.mark.parametrize("name", ["", "picture", "datacontenttype", "Boot", "boot ", "\u202eboot", "\ud800"])
def test_no_attribute_may_travel_along(name: str) -> None:
    """FAULTS 39: there is no second place to hide in."""
    with pytest.raises(MalformedError, match="not of this contract"):
        decode_event(GOOD.topic, GOOD.payload, altered(name, "x"))


REFUSED_ATTRIBUTES = (
    ("specversion", ("", "1", "1.0.0", "0.3", "1.0 ")),
    ("id", ("", "1", "\ud800", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")),
    ("source", ("", "/harbour", "harbour/square-north-2", "/harbour/square-north-2/", "/harbour/other", "x" * 500)),
    ("type", ("", "crowd.flow", "CROWD.COUNT", "crowd.count\n")),
    (
        "time",
        (
            "",
            "now",
            "2026-03-01",
            "2026-03-01T17:20:30",
            "2026-03-01T17:20:30+01:00",
            "2026-02-30T17:20:30Z",
            "2026-03-01T25:00:00Z",
            "10000-03-01T17:20:30Z",
            "0000-03-01T17:20:30Z",
            "1772385630Z",
            "Z",
            "+00:00",
            "\ud800Z",
        ),
    ),
    ("boot", ("", "abc", "K3V7Q2MZT5HA", "k3v7q2mzt5h0", "k3v7q2mzt5haa", "k3v7q2mzt5ha\n", "\ud800" * 12)),
    ("seq", ("", "0", "-1", "+1", "01", "1.0", " 1", "1 ", "1e3", "1_0", "\u0661", "9007199254740992", "9" * 17, "1\n")),
    ("schema", ("", "1", "1.", "v1.0", "1.0.0", "2.0", "0.9", "01234.0", "1.\u0660", "1.0\n", "-1.0")),
)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, refused in REFUSED_ATTRIBUTES for value in refused])
def test_an_attribute_that_is_not_valid_is_refused(name: str, value: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_event(GOOD.topic, GOOD.payload, altered(name, value))
    assert len(str(caught.value)) < 400
    str(caught.value).encode()


def test_every_attribute_has_its_table() -> None:
    assert [name for name, _ in REFUSED_ATTRIBUTES] == list(ATTRIBUTES)


@pytest.mark.parametrize("payload", [GOOD.payload, b"", b"\xff", b'{"of":"the future"}'])
@pytest.mark.parametrize("more", [(), (("colour", "blue"),)])
def test_a_later_minor_version_is_told_apart_whatever_it_brings(payload: bytes, more: tuple[tuple[str, str], ...]) -> None:
    """FAULTS 34: a mixed fleet never loses anything."""
    properties = (*altered("schema", f"{SCHEMA_MAJOR}.{SCHEMA_MINOR + 1}"), *more)
    with pytest.raises(NewerSchemaError, match="is newer than"):
        decode_event(GOOD.topic, payload, properties)
    assert read_accounting(properties) == Accounting("k3v7q2mzt5ha", 1840)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (GOOD.properties, Accounting("k3v7q2mzt5ha", 1840)),
        ((("boot", "abcdefghij23"), ("seq", "9007199254740991")), Accounting("abcdefghij23", 2**53 - 1)),
        ((("boot", "abcdefghij23"), ("seq", "9007199254740992")), None),
        ((("boot", "abcdefghij23"), ("seq", "0")), None),
        ((("boot", "abcdefghij23"),), None),
        ((("seq", "1"),), None),
        ((), None),
        ((("boot", "abcdefghij23"), ("seq", "1"), ("seq", "1")), None),
        ((("boot", "abcdefghij23\n"), ("seq", "1")), None),
        ((("boot", "abcdefghij23"), ("seq", "\u0661")), None),
    ],
)
def test_boot_and_number_can_be_read_from_the_attributes_alone(
    properties: tuple[tuple[str, str], ...], expected: Accounting | None
) -> None:
    assert read_accounting(properties) == expected


# payloads

NESTED = 2000

REFUSED_PAYLOADS = {
    "nothing": b"",
    "not JSON": b"hello",
    "cut": GOOD.payload[:-1],
    "more after the end": GOOD.payload + b"{}",
    "a list": b"[]",
    "null": b"null",
    "not UTF-8": GOOD.payload.replace(b"CAM-0417", b"CAM-\xff\xfe"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.payload,
    "UTF-16": GOOD.payload.decode().encode("utf-16"),
    "nested lists": b"[" * NESTED,
    "nested objects": b'{"observed":' * (NESTED // 10),
    "an unknown field": GOOD.payload.replace(b'"window_s"', b'"picture":1,"window_s"'),
    "an unknown field at the top": GOOD.payload.replace(b'"sensor"', b'"picture":null,"sensor"'),
    "a key twice": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":30.0,"window_s":30.0'),
    "a key twice, spelt with an escape": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":30.0,"window\\u005fs":30.0'),
    "an object twice": GOOD.payload.replace(b'"observed"', b'"clock":{"source":"ntp","synchronised":true},"observed"'),
    "U+0000": GOOD.payload.replace(b"CAM-0417", b"CAM\\u00000417"),
    "a lone surrogate": GOOD.payload.replace(b"CAM-0417", b"CAM\\ud800"),
    "a control character": GOOD.payload.replace(b"CAM-0417", b"CAM\x01"),
    "a text for a number": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":"30.0"'),
    "a number for a text": GOOD.payload.replace(b'"CAM-0417"', b"417"),
    "a fraction for a whole number": GOOD.payload.replace(b'"pictures":148', b'"pictures":148.0'),
    "1 for true": GOOD.payload.replace(b'"synchronised":true', b'"synchronised":1'),
    "not a number": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":NaN'),
    "infinity": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":Infinity'),
    "a number out of range": GOOD.payload.replace(b'"value":11.4', b'"value":1e999'),
    "a number of 3000 digits": GOOD.payload.replace(b'"value":11.4', b'"value":' + b"9" * 3000),
    "null for a required field": GOOD.payload.replace(b'"window_s":30.0', b'"window_s":null'),
    "a missing field": GOOD.payload.replace(b'"window_s":30.0,', b""),
    "a time without a zone": GOOD.payload.replace(b"30.250000Z", b"30.250000"),
    "a time before the first": GOOD.payload.replace(b"2026-03-01T17:20:30.250000Z", b"0001-01-01T00:00:00+14:00"),
    "a time after the last": GOOD.payload.replace(b"2026-03-01T17:20:30.250000Z", b"9999-12-31T23:59:59-14:00"),
    "a number for a time": GOOD.payload.replace(b'"2026-03-01T17:20:30.250000Z"', b"1772385630"),
    "the body of another type": encode_event(EVENTS[EventType.CROWD_FLOW]).payload,
}


@pytest.mark.parametrize("what", REFUSED_PAYLOADS)
def test_a_payload_that_is_not_of_the_contract_is_refused(what: str) -> None:
    payload = REFUSED_PAYLOADS[what]
    assert payload != GOOD.payload, "the replacement found nothing to replace"
    with pytest.raises(MalformedError, match=r"^crowd\.count: ") as caught:
        decode_event(GOOD.topic, payload, GOOD.properties)
    assert len(str(caught.value)) <= 240
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CAM-0417", "Kröpcke, Süd 3 \U0001f6a6".encode()),
        (b"CAM-0417", rb"a \\u0000 that is no escape"),
        (b"CAM-0417", rb"\ud83d\udea6"),
        (b'"sensor":', b'"phase":null,"sensor":'),
        (b'"window_s":30.0', b'"window_s":30'),
        (b'"window_s":30.0', b'"window_s":3.0e1'),
        (b"2026-03-01T17:20:30.250000Z", b"2026-03-01T18:20:30.25+01:00"),
    ],
)
def test_what_json_admits_is_read(old: bytes, new: bytes) -> None:
    payload = GOOD.payload.replace(old, new)
    assert payload != GOOD.payload
    event = decode_event(GOOD.topic, payload, GOOD.properties)
    again = encode_event(event)
    assert decode_event(again.topic, again.payload, again.properties) == event
