"""The register of vehicles, asked about hits only: a hint, never a verdict.

Rules:

- Plates follow the owner and not the car, and registers are late: what disagrees is shown and worded as a hint.
- It is asked for one plate at a time, when a person looks at a hit, and what it says is kept nowhere else.
- A file is read strictly: a line that is wrong is named with its number, and none of the file is used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from fleet.fusion.anpr.errors import RegisterError
from protocol.events import Colour, VehicleKind
from protocol.plates import PlateError, fold, normalise

HEADER = ("plate", "make", "kind", "colour", "status")
MOST_BYTES = 128 << 20
MOST_ROWS = 2_000_000
_SHOWN = 5
"""Faults that are named."""
SURE = 0.5
"""A camera that is less sure of kind or colour than this disagrees with nobody."""

Word = Annotated[str, Meta(max_length=40)]


class Vehicle(msgspec.Struct, frozen=True):
    """What a register says of a plate. ``status`` is the register's own word, empty where it has none."""

    plate: str
    make: Word
    kind: VehicleKind
    colour: Colour
    status: Word


class Hint(msgspec.Struct, frozen=True):
    """What a register says beside what a camera saw; ``disagrees`` names kind and colour where they differ."""

    make: str
    kind: str
    colour: str
    status: str
    disagrees: tuple[str, ...]
    words: str


class Register(Protocol):
    """Whoever knows vehicles."""

    def look(self, plate: str) -> Vehicle | None:
        """What stands under a plate, normalised; ``None`` where nothing does."""


class NoRegister:
    """Of a manager that has none."""

    def look(self, plate: str) -> Vehicle | None:  # noqa: ARG002 - of the port
        """Nothing."""
        return None


class CsvRegister:
    """A register from a file; use :func:`read_register`."""

    def __init__(self, vehicles: Mapping[str, Vehicle]) -> None:
        self._vehicles = vehicles

    def __len__(self) -> int:
        return len(self._vehicles)

    def look(self, plate: str) -> Vehicle | None:
        """What stands under a plate."""
        return self._vehicles.get(fold(plate))


def read_register(path: Path) -> CsvRegister:
    """Read a file: UTF-8, comma-separated, with the header ``plate,make,kind,colour,status``.

    Raises:
        RegisterError: it cannot be read, is too large, or has a line that is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        msg = f"{path}: the register cannot be read: {error.strerror}"
        raise RegisterError(msg) from error
    if len(data) > MOST_BYTES:
        msg = f"{path}: a register has at most {MOST_BYTES >> 20} MiB; give the vehicles of your country's lists only"
        raise RegisterError(msg)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        raise RegisterError(msg) from error
    return CsvRegister(_vehicles(path, text))


def hint(vehicle: Vehicle | None, kind: str, kind_p: float, colour: str, colour_p: float) -> Hint | None:
    """What a register says beside what a camera saw; ``None`` where it says nothing.

    Args:
        vehicle: as the register has it.
        kind: as seen.
        kind_p: its probability.
        colour: as seen.
        colour_p: its probability.
    """
    if vehicle is None:
        return None
    seen = (("kind", vehicle.kind.value, kind, kind_p), ("colour", vehicle.colour.value, colour, colour_p))
    disagrees = tuple(name for name, said, saw, sure in seen if "unknown" not in {said, saw} and said != saw and sure >= SURE)
    told = " ".join(part for part in (_known(vehicle.colour.value), vehicle.make, _known(vehicle.kind.value)) if part)
    words = f"The register has {'a ' + told if told else 'a vehicle'} under this plate"
    words += f", marked {vehicle.status!r}" if vehicle.status else ""
    if disagrees:
        words += f"; the camera saw another {' and another '.join(disagrees)}"
    words += ". A plate follows its owner, not the car, and registers are late: a hint, not a verdict."
    return Hint(vehicle.make, vehicle.kind.value, vehicle.colour.value, vehicle.status, disagrees, words)


def _known(word: str) -> str:
    return "" if word == "unknown" else word


def _vehicles(path: Path, text: str) -> dict[str, Vehicle]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    faults: list[str] = []
    found: dict[str, Vehicle] = {}
    try:
        header = next(lines, [])
        if tuple(header) != HEADER:
            msg = f"{path}: the first line must be {','.join(HEADER)}, not {','.join(header)[:80]!r}"
            raise RegisterError(msg)
        for row in lines:
            if len(found) >= MOST_ROWS:
                msg = f"{path}: a register has at most {MOST_ROWS} vehicles"
                raise RegisterError(msg)
            try:
                vehicle = _vehicle(row)
                if fold(vehicle.plate) in found:
                    _refuse("its plate stands on an earlier line too")
                found[fold(vehicle.plate)] = vehicle
            except (PlateError, RegisterError, msgspec.ValidationError) as error:
                faults.append(f"line {lines.line_num}: {error}")
    except csv.Error as error:
        faults.append(f"line {lines.line_num}: {error}")
    if faults:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        msg = f"{path}: {'; '.join(faults[:_SHOWN])}{more}; nothing of the file is used: mend it"
        raise RegisterError(msg)
    return found


def _vehicle(row: list[str]) -> Vehicle:
    if len(row) != len(HEADER):
        _refuse(f"{len(row)} fields where there are {len(HEADER)}: {','.join(HEADER)}")
    plate, make, kind, colour, status = (field.strip() for field in row)
    if not all(character.isprintable() for character in make + status):
        _refuse("make and status are printable text")
    values = {
        "plate": normalise(plate),
        "make": make,
        "kind": kind or "unknown",
        "colour": colour or "unknown",
        "status": status,
    }
    return msgspec.convert(values, Vehicle)


def _refuse(words: str) -> None:
    raise RegisterError(words)
