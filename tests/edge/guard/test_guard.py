"""What may leave the box, and that nothing else does (FAULTS.md, row 39)."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import msgspec
import pytest

from edge.guard.guard import ALLOWED, EVALUATION_ONLY, FIELDS, GuardError, guard
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol import events as contract
from protocol import gunshot
from protocol.basis import Estimate, Struct
from protocol.codec import encode_body
from protocol.errors import TooLargeError
from protocol.events import (
    OBSERVED,
    Assessed,
    CrowdCount,
    Cue,
    DeviceHealth,
    EventBody,
    EventType,
    ModelRef,
    Reason,
    Sensor,
    TrackBox,
    Where,
)
from protocol.limits import EVENT_BYTES, PACKET_BYTES, TEXT_CHARACTERS
from simulator.faults.clocks import HandClock
from tests.edge.bodies import ALERT, COUNT, HEALTH, QUALITY, alert, count, health
from tests.edge.guard.contraband import BASE64, PICTURE, Smuggled, replaced


class WiderCount(CrowdCount, frozen=True):
    """A count with one field more."""

    thumbnail: str = ""


def refusal(kind: EventType, body: EventBody[Any], *, evaluation: bool = True) -> str:
    with pytest.raises(GuardError) as caught:
        guard(kind, body, evaluation=evaluation)
    text = str(caught.value)
    assert kind.value in text
    assert BASE64[:24] not in text, "the refusal must not carry what was refused"
    return text


@pytest.mark.parametrize(("kind", "body"), [(COUNT, count()), (ALERT, alert()), (HEALTH, health())])
def test_what_the_box_measures_passes_unchanged(kind: EventType, body: EventBody[Any]) -> None:
    assert guard(kind, body, evaluation=False) == body


def test_the_list_names_every_type_and_every_field_of_the_contract_and_no_other() -> None:
    """A field that is added to the contract is refused until someone puts it on the list."""
    assert ALLOWED == OBSERVED
    for struct, allowed in FIELDS.items():
        assert allowed == {field.name for field in msgspec.structs.fields(struct)}, struct.__name__
    known = {**vars(contract), **vars(gunshot)}.values()
    assert {s for s in known if isinstance(s, type) and issubclass(s, Struct) and s is not Struct} == set(FIELDS)
    for struct, fields in EVALUATION_ONLY.items():
        assert fields <= FIELDS[struct]


def test_no_field_of_the_list_can_hold_bytes_or_anything() -> None:
    """Row 39: refused by type. No field is of bytes, of an array, or of a type that takes whatever comes."""
    for struct in FIELDS:
        for field in msgspec.structs.fields(struct):
            if (struct, field.name) == (EventBody, "observed"):
                continue
            found = _leaves(msgspec.inspect.type_info(field.type))
            assert found <= {"Int", "Float", "Str", "Bool", "None", "DateTime", "Enum"}, (
                f"{struct.__name__}.{field.name}: {found}"
            )


def _leaves(info: Any) -> set[str]:
    parts = {
        "Metadata": ["type"],
        "Union": ["types"],
        "VarTuple": ["item_type"],
        "Tuple": ["item_types"],
        "Dict": ["key_type", "value_type"],
    }
    name = type(info).__name__.removesuffix("Type")
    if name == "Struct":
        assert info.cls in FIELDS
        return set()
    if name not in parts:
        return {name}
    inner = [getattr(info, part) for part in parts[name]]
    return {leaf for one in inner for each in (one if isinstance(one, tuple) else (one,)) for leaf in _leaves(each)}


@pytest.mark.parametrize(
    ("kind", "observed"),
    [
        (COUNT, alert().observed),
        (HEALTH, count().observed),
        (COUNT, Smuggled("square", BASE64)),
        (COUNT, WiderCount("square", Estimate(1, 0, 2), 1.0, 1, 0, 2, thumbnail=BASE64)),
        (ALERT, TrackBox(1, 0, 0, 5, 5)),
    ],
)
def test_a_body_that_is_not_this_event_s_does_not_leave(kind: EventType, observed: Struct) -> None:
    assert "may not leave" in refusal(kind, msgspec.structs.replace(count(), observed=observed))


def test_a_body_with_a_field_that_is_not_on_the_list_does_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    narrower: dict[type[Struct], frozenset[str]] = dict(FIELDS)
    narrower[CrowdCount] = FIELDS[CrowdCount] - {"missed"}
    monkeypatch.setattr("edge.guard.guard.FIELDS", narrower)
    assert "crowd.count.observed.missed is not on the list" in refusal(COUNT, count())


@pytest.mark.parametrize(
    "value",
    [
        PICTURE,
        bytearray(PICTURE),
        memoryview(PICTURE),
        [1.0] * 128,
        {"a": "b"},
        {1: 1},
        {1.5},
        Smuggled("z", BASE64),
        object(),
        1j,
    ],
)
@pytest.mark.parametrize("field", ["zone", "people", "minimum", "tracks"])
def test_a_value_of_another_kind_is_refused_wherever_it_stands(field: str, value: object) -> None:
    """Row 39: refused by type."""
    text = refusal(COUNT, replaced(count(), **{field: value}))
    assert field in text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 2**53, -(2**53), 10**3000])
def test_numbers_are_finite_and_hold_no_long_text_in_digits(number: float) -> None:
    refusal(COUNT, replaced(count(), people=Estimate(number, 0, 1)))
    refusal(ALERT, msgspec.structs.replace(alert(), assessed=Assessed("crowding", 0.5, (Cue("people", number),))))


@pytest.mark.parametrize("text", [BASE64, "x" * (TEXT_CHARACTERS + 1), "a\0b", "\ud800", "\udfff" * 5])
def test_texts_are_short_and_can_be_stored(text: str) -> None:
    """Row 39: a picture in base64 is longer than any text that may leave."""
    refusal(HEALTH, health(text))


@pytest.mark.parametrize("zone", [BASE64[:64] + "=", "two words", "../up", "Ω", ""])
def test_names_are_names(zone: str) -> None:
    refusal(COUNT, count(zone=zone))


@pytest.mark.parametrize(
    "more",
    [
        {"sensor": Sensor("square", BASE64)},
        {"sensor": Sensor(BASE64)},
        {"sensor": Smuggled("square", BASE64)},
        {"model": ModelRef("people", BASE64, "0" * 64, "default")},
        {"model": ModelRef("people", "1", BASE64, "default")},
        {"where": Where(500.0, 0.0)},
        {"where": Where(1.0, 1.0, frame=BASE64)},
        {"incident": BASE64},
        {"phase": BASE64},
        {"captured_at": dt.datetime(2026, 5, 2)},  # noqa: DTZ001 - without a time zone on purpose
        {"clock": msgspec.structs.replace(QUALITY, source=BASE64)},
        {"clock": msgspec.structs.replace(QUALITY, sigma_ms=math.nan)},
        {"assessed": Assessed("crowding", 2.0, ())},
        {"assessed": Assessed(BASE64, 0.5, ())},
        {"assessed": Assessed("crowding", 0.5, tuple(Cue("c", 1.0) for _ in range(17)))},
    ],
)
def test_nothing_travels_beside_the_observation(more: dict[str, Any]) -> None:
    """Row 39: who, where and which model are looked at like the rest."""
    refusal(COUNT, msgspec.structs.replace(count(), **more))


@pytest.mark.parametrize("boxes", [1, 40])
def test_track_boxes_leave_in_evaluation_only(boxes: int) -> None:
    body = replaced(count(), tracks=tuple(TrackBox(n + 1, n, n, 10, 30) for n in range(boxes)))
    assert guard(COUNT, body, evaluation=True) == body
    assert guard(COUNT, body, evaluation=False) == count()
    assert b"track" not in encode_body(guard(COUNT, body, evaluation=False))


def test_more_track_boxes_than_the_contract_allows_are_refused_in_evaluation_too() -> None:
    boxes = tuple(TrackBox(n + 1, 0, 0, 10, 30) for n in range(41))
    refusal(COUNT, replaced(count(), tracks=boxes))


def test_what_passes_by_field_and_is_too_large_as_a_whole_is_refused_by_size() -> None:
    """Row 39: refused by size. Sixteen reasons at full length pass field by field."""
    outbox = Outbox.open(None, Limits(), HandClock(), "town", "box-1")
    reasons = tuple(Reason("a" * 48, "s" * 64, BASE64[:TEXT_CHARACTERS]) for _ in range(16))
    body = guard(HEALTH, msgspec.structs.replace(count(), observed=DeviceHealth("online", reasons, reasons)), evaluation=False)
    with pytest.raises(TooLargeError, match=str(EVENT_BYTES)):
        outbox.append(HEALTH, body)
    assert outbox.status().pending == 0


def test_a_picture_fits_through_no_cap() -> None:
    """A grey picture of 64 x 64, the least in which a face is a face, is as large as an event and has no field to be in."""
    assert len(BASE64) > 10 * TEXT_CHARACTERS
    assert EVENT_BYTES <= 64 * 64
    assert PACKET_BYTES <= 16_384
