"""FAULTS 34: whatever arrives, the decoder answers with an event or with a refusal of this package, and with nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.codec import ATTRIBUTES, Message, decode_event, encode_event, read_accounting
from protocol.errors import MalformedError, NewerSchemaError, ProtocolError
from protocol.events import EventType
from protocol.examples import EVENTS
from protocol.limits import EVENT_BYTES

MESSAGES = [encode_event(event) for event in EVENTS.values()]
REASONS = {"protocol", "invalid-name", "invalid-topic", "malformed", "too-large", "unknown-type", "newer-schema"}

any_text = st.text(st.characters(), max_size=60)
any_properties = st.lists(
    st.tuples(st.one_of(st.sampled_from(ATTRIBUTES), any_text), st.one_of(st.sampled_from(["1.0", "1.3", "1"]), any_text)),
    max_size=12,
)


def look(topic: str, payload: bytes, properties: tuple[tuple[str, str], ...]) -> type[ProtocolError] | None:
    """Decode. What is taken must be whole and travel again; what is refused must say why, briefly and on one line."""
    read_accounting(properties)
    refusal: ProtocolError | None = None
    try:
        event = decode_event(topic, payload, properties)
    except ProtocolError as error:
        refusal = error
    if refusal is not None:
        assert refusal.reason in REASONS
        assert len(str(refusal)) < 700
        assert str(refusal).isprintable()
        return type(refusal)
    assert len(payload) <= EVENT_BYTES
    assert b"\\u0000" not in payload.replace(b"\\\\", b"")
    again = encode_event(event)
    assert again.topic == topic
    assert decode_event(again.topic, again.payload, again.properties) == event
    return None


@settings(max_examples=300)
@given(st.binary(max_size=400), any_properties)
@example(b"", [])
@example(b"\x00" * 64, [])
def test_noise(payload: bytes, properties: list[tuple[str, str]]) -> None:
    good = MESSAGES[0]
    assert look(good.topic, payload, good.properties) is MalformedError
    assert look(good.topic, payload, tuple(properties)) is not None
    look(good.topic, good.payload, tuple(properties))


@settings(max_examples=200)
@given(st.sampled_from(MESSAGES), any_text, st.sampled_from([*ATTRIBUTES, "", "more"]), st.booleans())
def test_noise_in_one_attribute(good: Message, noise: str, name: str, twice: bool) -> None:
    kept = tuple((n, v) for n, v in good.properties if twice or n != name)
    assert look(good.topic, good.payload, (*kept, (name, noise))) in {None, MalformedError, NewerSchemaError}


@settings(max_examples=200)
@given(st.sampled_from(MESSAGES), any_text, st.integers(0, 80))
def test_noise_in_the_topic(good: Message, noise: str, at: int) -> None:
    topic = good.topic[:at] + noise + good.topic[at:]
    assert noise == "" or look(topic, good.payload, good.properties) is not None


def test_every_truncation() -> None:
    for good in MESSAGES:
        for end in range(len(good.payload)):
            assert look(good.topic, good.payload[:end], good.properties) is MalformedError


def flip(rng: random.Random, payload: bytearray) -> None:
    payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)


def overwrite(rng: random.Random, payload: bytearray) -> None:
    payload[rng.randrange(len(payload))] = rng.randrange(256)


def remove(rng: random.Random, payload: bytearray) -> None:
    at = rng.randrange(len(payload))
    del payload[at : at + rng.randrange(1, 20)]


def repeat(rng: random.Random, payload: bytearray) -> None:
    at, size = rng.randrange(len(payload)), rng.randrange(1, 60)
    payload[at:at] = payload[at : at + size]


def swap(rng: random.Random, payload: bytearray) -> None:
    other = rng.choice(MESSAGES).payload
    at, start, size = rng.randrange(len(payload)), rng.randrange(len(other)), rng.randrange(1, 40)
    payload[at : at + size] = other[start : start + size]


TOKENS = (
    *(b'"', b"'", b"{", b"}", b"[", b"]", b",", b":", b"\\", b"-", b".", b"e9", b"0", b"9" * 400, b"null", b"true", b"NaN"),
    *(b"\\u0000", b"\\ud800", b"\\u", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbb\xbf", b"[" * 1200, b"1e308"),
    *(b'"window_s":1,', b'"where":{"lat":91,"lon":0},', b'"', b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"),
)


def insert(rng: random.Random, payload: bytearray) -> None:
    at = rng.randrange(len(payload))
    payload[at:at] = rng.choice(TOKENS)


MUTATIONS: tuple[Callable[[random.Random, bytearray], None], ...] = (flip, overwrite, remove, repeat, swap, insert)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("times", [1, 4])
def test_mutated_payloads(mutation: Callable[[random.Random, bytearray], None], times: int) -> None:
    rng = random.Random(f"{mutation.__name__} {times}")
    refused = 0
    for _ in range(1500):
        good = rng.choice(MESSAGES)
        payload = bytearray(good.payload)
        for _ in range(times):
            mutation(rng, payload)
        refused += look(good.topic, bytes(payload), good.properties) is not None
    assert refused > 500, "mutations that change nothing would test nothing"


def test_mixtures_of_every_kind() -> None:
    rng = random.Random(34)
    for _ in range(6000):
        good = rng.choice(MESSAGES)
        payload = bytearray(good.payload)
        for _ in range(rng.randrange(1, 8)):
            if payload:
                rng.choice(MUTATIONS)(rng, payload)
        look(good.topic, bytes(payload), good.properties)


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.value)
def test_a_picture_does_not_fit_through(kind: EventType) -> None:
    """FAULTS 39: as text, as numbers, as keys, in the body or beside it."""
    good = encode_event(EVENTS[kind])
    picture = "iVBORw0KGgo" * 94  # a 32 x 32 grey picture has 1024 bytes
    numbers = str(list(range(256)) * 4).replace(" ", "")
    at = good.payload.index(b'"observed":{') + len(b'"observed":{')
    for smuggled in (
        f'"picture":"{picture}",',
        f'"pixels":{numbers},',
        f'"{picture}":1,',
        f'"picture":{{"a":{numbers}}},',
    ):
        payload = good.payload[:at] + smuggled.encode() + good.payload[at:]
        assert look(good.topic, payload, good.properties) is not None
    for name in (*ATTRIBUTES, "picture"):
        attributes = {**dict(good.properties), name: picture}
        assert look(good.topic, good.payload, tuple(attributes.items())) is not None
