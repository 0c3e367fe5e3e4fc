"""The register's file is read strictly, and what it says is a hint."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from fleet.fusion.anpr import register
from fleet.fusion.anpr.errors import RegisterError
from fleet.fusion.anpr.register import NoRegister, Vehicle, hint, read_register
from protocol.events import Colour, VehicleKind

HEAD = "plate,make,kind,colour,status\n"
GOOD = HEAD + "1-ABC-234,Peugeot,car,white,stolen\n1XYZ0O8,,truck,,\n"


def write(folder: Path, data: str | bytes) -> Path:
    path = folder / "register.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_file_is_read_and_asked_as_plates_are_spelled(tmp_path: Path) -> None:
    found = read_register(write(tmp_path, "\ufeff" + GOOD))
    assert len(found) == 2
    assert found.look("1ABC234") == Vehicle("1ABC234", "Peugeot", VehicleKind.CAR, Colour.WHITE, "stolen")
    assert found.look("1XYZ008") == Vehicle("1XYZ0O8", "", VehicleKind.TRUCK, Colour.UNKNOWN, ""), "O and 0 are one"
    assert found.look("9ZZZ999") is None
    assert NoRegister().look("1ABC234") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "the first line must be plate,make,kind,colour,status"),
        ("plate;make;kind;colour;status\n", "the first line must be"),
        (HEAD + "1ABC234,Peugeot,car,white\n", "line 2: 4 fields where there are 5"),
        (HEAD + "1ABC234,Peugeot,car,white,,\n", "line 2: 6 fields"),
        (HEAD + "1ABC234,Peugeot,tank,white,\n", "line 2: Invalid enum value 'tank'"),
        (HEAD + "1ABC234,Peugeot,car,mauve,\n", "line 2: Invalid enum value 'mauve'"),
        (HEAD + ",Peugeot,car,white,\n", "line 2: a plate has 1 to 12"),
        (HEAD + "ЖABC234,Peugeot,car,white,\n", "line 2: cyrillic"),
        (HEAD + "1ABC2O4,a,car,white,\n1ABC204,b,car,white,\n", "line 3: its plate stands on an earlier line too"),
        (HEAD + f"1ABC234,{'x' * 41},car,white,\n", "line 2: Expected `str` of length <= 40"),
        (HEAD + "1ABC234,Peu\x1bgeot,car,white,\n", "printable"),
        (HEAD + '1ABC234,"Peugeot,car,white,\n', "line 2: unexpected end of data"),
        (HEAD.encode() + b"1ABC234,Citro\xebn,car,white,\n", "byte 43 is not UTF-8"),
        (HEAD + "bad,line\n" * 9, "; and 4 more; nothing of the file is used"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_used(tmp_path: Path, data: str | bytes, words: str) -> None:
    with pytest.raises(RegisterError) as caught:
        read_register(write(tmp_path, data))
    assert words in str(caught.value)
    assert "register.csv" in str(caught.value)


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RegisterError, match="cannot be read: No such file"):
        read_register(tmp_path / "none.csv")
    monkeypatch.setattr(register, "MOST_ROWS", 1)
    with pytest.raises(RegisterError, match="at most 1 vehicles"):
        read_register(write(tmp_path, GOOD))
    monkeypatch.setattr(register, "MOST_BYTES", 10)
    with pytest.raises(RegisterError, match="at most 0 MiB"):
        read_register(write(tmp_path, GOOD))


def test_whatever_the_bytes_are_it_is_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(5)
    for _ in range(400):
        data = bytearray(GOOD.encode())
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data))
            data[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        with contextlib.suppress(RegisterError):
            assert len(read_register(write(tmp_path, bytes(data)))) <= 4


def test_what_disagrees_is_worded_as_a_hint() -> None:
    vehicle = Vehicle("1ABC234", "Peugeot", VehicleKind.CAR, Colour.WHITE, "stolen")
    same = hint(vehicle, "car", 0.9, "white", 0.9)
    assert same is not None
    assert same.disagrees == ()
    other = hint(vehicle, "truck", 0.9, "red", 0.9)
    assert other is not None
    assert other.disagrees == ("kind", "colour")
    for words in (same.words, other.words):
        assert "white Peugeot car" in words
        assert "marked 'stolen'" in words
        assert "a hint, not a verdict" in words
        assert "follows its owner, not the car" in words
    unsure = hint(vehicle, "truck", 0.4, "unknown", 0.0)
    assert unsure is not None
    assert unsure.disagrees == (), "a camera that is not sure disagrees with nobody"
    assert hint(None, "car", 0.9, "white", 0.9) is None
