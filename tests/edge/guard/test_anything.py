"""Anything, in any place of an event: refused with a reason, or an event of the contract (FAULTS.md, row 39)."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.guard.guard import ALLOWED, FIELDS, GuardError, guard
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol.basis import Estimate, Struct
from protocol.codec import decode_event
from protocol.errors import TooLargeError
from protocol.events import CrowdFlow, EventBody, EventType, ModelRef, Reason, Sensor, TrackBox, Where
from protocol.limits import EVENT_BYTES, TEXT_CHARACTERS
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT, HEALTH, alert, count, health
from tests.edge.guard.contraband import BASE64, Smuggled, replaced

texts = st.one_of(
    st.text(max_size=200),
    st.binary(max_size=300).map(lambda b: base64.b64encode(b).decode()),
    st.sampled_from(["square", "\ud800", "\0", BASE64, "a" * 121]),
)
numbers = st.one_of(st.integers(), st.floats(), st.integers(0, 50), st.floats(0, 50), st.booleans())
anything = st.recursive(
    st.one_of(st.none(), texts, numbers, st.binary(max_size=200)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(texts, numbers), inner, max_size=4),
        st.builds(Smuggled, inner, inner),
        st.builds(Reason, inner, inner, inner),
        st.builds(Estimate, inner, inner, inner),
        st.builds(TrackBox, inner, inner, inner, inner, inner),
    ),
    max_leaves=8,
)
alike: dict[type, st.SearchStrategy[Any]] = {
    int: st.integers(0, 2**53),
    float: st.floats(0, 1e6),
    str: st.one_of(st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True), st.text(max_size=130)),
    tuple: st.one_of(
        st.lists(st.builds(Reason, st.just("silent"), st.text(max_size=70), st.text(max_size=130)), max_size=18).map(tuple),
        st.lists(st.builds(TrackBox, *[st.integers(1, 99)] * 5), max_size=42).map(tuple),
    ),
}
"""Values of the same kind as what stands there."""

FLOW = CrowdFlow("gate", Estimate(1.0, 0.0, 2.0), Estimate(0.0, 0.0, 1.0), 10.0, 5)
ORIGIN: dict[str, Any] = {
    "sensor": Sensor("square", "cam-7", 7),
    "where": Where(48.2, 16.4, 171.0, 90.0, 3.0),
    "model": ModelRef("people", "1.0.0", "0" * 64, "default"),
}
ordinary = {
    kind: msgspec.structs.replace(body, **ORIGIN)
    for kind, body in {
        COUNT: count(),
        ALERT: alert(),
        HEALTH: health(),
        EventType.CROWD_FLOW: msgspec.structs.replace(count(), observed=FLOW),
    }.items()
}


@st.composite
def spoilt(draw: st.DrawFn, *, wild: bool) -> tuple[EventType, EventBody[Any]]:
    """An ordinary body with up to three fields, here or below, replaced by anything."""
    kind = draw(st.sampled_from([*ordinary]))
    body = ordinary[kind]
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        body = _spoil(draw, body, wild=wild)
    return draw(st.sampled_from([*[kind] * 20, *EventType])), body


def _spoil(draw: st.DrawFn, part: Any, *, wild: bool) -> Any:
    name = draw(st.sampled_from([field.name for field in msgspec.structs.fields(part)]))
    inner = getattr(part, name)
    if isinstance(inner, Struct) and draw(st.integers(0, 3)):
        return msgspec.structs.replace(part, **{name: _spoil(draw, inner, wild=wild)})
    return msgspec.structs.replace(part, **{name: draw(anything if wild else alike.get(type(inner), st.just(inner)))})


def judged(kind: EventType, body: EventBody[Any], *, evaluation: bool) -> EventBody[Any] | None:
    """What the guard lets pass; ``None`` when it refused with a reason. Any other end is an error."""
    refusals = list[str]()
    try:
        return guard(kind, body, evaluation=evaluation)
    except GuardError as error:
        refusals.append(str(error))
    assert refusals[0].startswith(kind.value)
    return None


@given(st.one_of(spoilt(wild=False), spoilt(wild=True)), st.booleans())
@example((COUNT, replaced(count(), zone="\ud800")), False)
@settings(max_examples=350, deadline=None, derandomize=True)
def test_whatever_is_built_is_refused_with_a_reason_or_is_an_event_of_the_contract(
    case: tuple[EventType, EventBody[Any]], evaluation: bool
) -> None:
    """Row 39: no third way. What passes is encoded, within the caps, and read by the manager as the same thing."""
    kind, body = case
    passed = judged(kind, body, evaluation=evaluation)
    if passed is None:
        return
    outbox = Outbox.open(None, Limits(), HandClock(), "town", "box-1")
    try:
        outbox.append(kind, passed)
    except TooLargeError:
        return
    ((_, message),) = outbox.pending(10)
    assert message.size <= EVENT_BYTES
    read = decode_event(message.topic, message.payload, message.properties)
    assert read.body == passed
    assert set(msgspec.structs.asdict(read.body.observed)) <= FIELDS[ALLOWED[kind]]
    assert evaluation or getattr(read.body.observed, "tracks", ()) == ()
    _texts_are_short(msgspec.to_builtins(read.body))


def _texts_are_short(part: Any) -> None:
    match part:
        case dict():
            for key, value in part.items():
                assert len(key) <= TEXT_CHARACTERS
                _texts_are_short(value)
        case list() | tuple():
            for value in part:
                _texts_are_short(value)
        case str():
            assert len(part) <= TEXT_CHARACTERS
        case bytes() | bytearray():
            pytest.fail("bytes left the box")
