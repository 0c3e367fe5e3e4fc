"""Plates on their way between two processes: they come out as they went in, or not at all, and nobody reads them on the way."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from edge.infer.messages import Answer, Found
from edge.infer.outcome import PlatesLooked, Seen
from edge.infer.packed import MOST_PLATES, PackedPlates
from models.bundle.detections import Detections
from models.bundle.plates import COLOURS, PlateSeen
from models.bundle.reading import ALPHABET, read_best

TEXT = "1ABC234"
DETECTIONS = Detections(np.zeros((5, 4), np.float32), np.ones(5, np.float32), np.full(5, 2, np.int16))


def columns_of(text: str) -> Any:
    scores = np.full((72, 37), np.log(1e-4), np.float32)
    scores[:, 0] = np.log(0.996)
    for place, character in enumerate(text):
        scores[2 + 4 * place, [0, 1 + ALPHABET.index(character)]] = np.log([0.001, 0.995])
    return scores


def plate(vehicle: int, text: str = TEXT) -> PlateSeen:
    corners = np.array([[1, 2], [61, 2], [61, 16], [1, 16]], np.float32) + vehicle
    colours = np.eye(len(COLOURS), dtype=np.float32)[3]
    return PlateSeen(vehicle, corners, 0.9, columns_of(text), 0.5, 40.0, colours)


PACKED = PackedPlates.of([1, 3, 4], [plate(1), plate(3)], 3.5, 1.5)


def test_they_come_out_as_they_went_in() -> None:
    looked = PACKED.looked(5)
    assert (looked.vehicles, looked.detector_ms, looked.reader_ms) == ((1, 3, 4), 3.5, 1.5)
    assert [seen.vehicle for seen in looked.seen] == [1, 3]
    assert read_best(looked.seen[0].columns)[0].text == TEXT
    np.testing.assert_array_equal(looked.seen[1].corners, plate(3).corners)
    assert PackedPlates.of([2], [], 3.0, None).looked(5) == PlatesLooked((), (2,), 3.0)
    failed = PackedPlates.failure("plate-reader@default", "the device says no").looked(5)
    assert (failed.seen, failed.failed, failed.fault) == ((), "plate-reader@default", "the device says no")


def test_there_are_never_more_than_the_wire_takes() -> None:
    many = PackedPlates.of(range(40), [plate(row) for row in range(40)], None, None)
    sent = msgspec.msgpack.encode(Found.of(DETECTIONS, 1.0, many))
    back = msgspec.msgpack.Decoder(Answer).decode(sent)
    assert isinstance(back, Found)
    assert back.plates is not None
    assert len(back.plates.looked(40).seen) == MOST_PLATES


@pytest.mark.parametrize(
    "changes",
    [
        {"vehicles": np.array([1, 1], np.int16).tobytes()},
        {"vehicles": np.array([1, 2], np.int16).tobytes()},
        {"vehicles": b"\0"},
        {"looked_at": np.array([1, 3, 5], np.int16).tobytes()},
        {"looked_at": np.array([1, 3, -1], np.int16).tobytes()},
        {"corners": PACKED.corners[:-4]},
        {"corners": np.full((2, 4, 2), np.nan, np.float32).tobytes()},
        {"corners": np.full((2, 4, 2), 1e9, np.float32).tobytes()},
        {"marks": np.full((2, 3), -1, np.float32).tobytes()},
        {"marks": np.full((2, 3), 2, np.float32).tobytes()},
        {"columns": PACKED.columns[:-4]},
        {"columns": b""},
        {"columns": np.zeros((2, 72, 37), np.float32).tobytes()},
        {"columns": np.full((2, 500, 37), -9, np.float32).tobytes()},
        {"colours": np.ones((2, len(COLOURS)), np.float32).tobytes()},
        {"colours": b""},
        {"detector_ms": -1.0},
        {"reader_ms": float("nan")},
    ],
)
def test_what_does_not_belong_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"plate|vehicles|corners|marks|columns|colours|_ms|size|reshape"):
        structs.replace(PACKED, **changes).looked(5)


@given(
    st.fixed_dictionaries(
        {name: st.binary(max_size=700) for name in ("looked_at", "vehicles", "corners", "marks", "columns", "colours")}
    ),
    st.integers(0, 6),
)
def test_any_bytes_are_plates_that_can_be_or_an_error(parts: dict[str, bytes], rows: int) -> None:
    _no_nonsense(structs.replace(PackedPlates(), **parts), rows)


@given(
    st.sampled_from(("looked_at", "vehicles", "corners", "marks", "columns", "colours")),
    st.integers(0, 50_000),
    st.integers(0, 255),
)
def test_any_byte_that_is_changed_is_no_nonsense(part: str, at: int, value: int) -> None:
    data = bytearray(getattr(PACKED, part))
    data[at % len(data)] = value
    _no_nonsense(structs.replace(PACKED, **{part: bytes(data)}), 5)


def _no_nonsense(packed: PackedPlates, rows: int) -> None:
    try:
        looked = packed.looked(rows)
    except ValueError:
        return
    for seen in looked.seen:
        assert 0 <= seen.vehicle < rows
        assert seen.vehicle in looked.vehicles
        assert np.isfinite(seen.corners).all()
        assert 0 <= seen.score <= 1
        read_best(seen.columns)


def test_what_is_printed_of_a_plate_says_nothing_of_it() -> None:
    """Logs, errors and debuggers print values: none may carry a plate, neither as text nor as columns that can be read."""
    found = Found.of(DETECTIONS, 1.0, PACKED)
    looked = PACKED.looked(5)
    printed = " ".join(repr(each) for each in (PACKED, found, looked, Seen(DETECTIONS, 1.0, looked), looked.seen[0]))
    assert TEXT not in printed
    assert repr(PACKED.columns)[2:40] not in printed
    assert "columns" not in printed
    assert TEXT.encode() not in msgspec.msgpack.encode(found)
