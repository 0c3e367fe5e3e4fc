"""What an evaluation found, as data: the JSON that gates are judged by, and from which the page is drawn.

Rules:

- It holds figures, never pictures or sound: measuring data may be under terms that forbid passing them on, and the report lies
  in the repository. A failure names its picture; the page takes pictures from whoever has them.
- Data that were not here are named as skipped, never left out.
- A number that is not one does not go into JSON: it is refused when the report is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec
import numpy.typing as npt
from msgspec import Meta

from models.factory.calibration import Calibration
from models.factory.comparison import Comparison
from models.factory.curves import Curve
from models.factory.gates import GateResult
from models.factory.machine import Machine
from models.factory.memory import Memory
from models.factory.operating import OperatingResult
from models.factory.statistics import Estimate, EvaluationError
from models.factory.timing import Latency
from protocol.basis import Struct
from protocol.manifest import Sha256

FORMAT = 1
_INDENT = 1


class MeasuredOn(Struct, frozen=True):
    """A data set that figures rest on."""

    name: Annotated[str, Meta(min_length=1, description="As figures and gates name it")]
    n: Annotated[int, Meta(ge=0, description="Items")]
    sha256: Sha256 | None = None
    """Fingerprint of names and contents (:func:`models.factory.leaks.fingerprint`)."""
    skipped: str = ""
    """Why nothing was measured on it: ``not here``; empty when it was."""


class VariantFile(Struct, frozen=True):
    """A file that was judged."""

    variant: str
    file: str
    sha256: Sha256
    size: Annotated[int, Meta(ge=1, description="Bytes")]


Shapes: TypeAlias = tuple[tuple[tuple[int, int], ...], ...]
"""Of each shape its corners, across and down in pixels of the picture: two are a line, more an outline."""


class Failure(Struct, frozen=True):
    """An item that went wrong, as people should see it."""

    item: str
    """Names the item, and its picture among those that the page is given."""
    expected: str
    got: str
    condition: str = ""
    variant: str = ""
    score: float | None = None
    """How sure the model was."""
    expected_at: Shapes = ()
    """Where what was expected stands in the picture."""
    came_at: Shapes = ()
    """Where the model saw something."""


class Report(Struct, frozen=True):
    """Everything about one bundle."""

    bundle: str
    version: str
    machine: Machine
    data: tuple[MeasuredOn, ...]
    variants: tuple[VariantFile, ...]
    figures: tuple[Estimate, ...]
    gates: tuple[GateResult, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    latency: tuple[Latency, ...] = ()
    memory: tuple[Memory, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    operating: tuple[OperatingResult, ...] = ()
    curves: tuple[Curve, ...] = ()
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    """For the reader: what was tried, what is not deterministic, what was not measured."""
    format: int = FORMAT


def write_report(path: Path, report: Report) -> None:
    """Write the JSON form; the same report gives the same bytes.

    Raises:
        EvaluationError: when a number is not finite.
    """
    broken = sorted(_not_finite(msgspec.to_builtins(report), report.bundle))
    if broken:
        msg = f"{', '.join(broken[:5])}: not a finite number; measure it again, or leave the figure out and say so"
        raise EvaluationError(msg)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=_INDENT) + b"\n")


def read_report(path: Path) -> Report:
    """Read the JSON form.

    Raises:
        EvaluationError: naming the file and what is wrong with it.
    """
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        msg = f"{path}: {error.strerror}; make it with `lamplighter models evaluate NAME`"
        raise EvaluationError(msg) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{path}: no evaluation report ({error}); make it anew with `lamplighter models evaluate NAME`"
        raise EvaluationError(msg) from error
    if report.format != FORMAT:
        msg = f"{path}: format {report.format}, and this version reads {FORMAT}; make it anew"
        raise EvaluationError(msg)
    return report


def _not_finite(value: object, where: str) -> list[str]:
    """Places of numbers that JSON cannot hold."""
    match value:
        case float():
            return [] if math.isfinite(value) else [where]
        case dict():
            name = value.get("name") or value.get("figure") or value.get("variant")
            here = f"{where}/{name}" if isinstance(name, str) else where
            return [found for key, inner in value.items() for found in _not_finite(inner, f"{here}.{key}")]
        case list() | tuple():
            return [found for inner in value for found in _not_finite(inner, where)]
        case _:
            return []


def shapes(corners: Iterable[npt.NDArray[Any]]) -> Shapes:
    """Round corners (k, 2) to whole pixels."""
    return tuple(tuple((round(float(x)), round(float(y))) for x, y in each) for each in corners)


def outlines(boxes: npt.NDArray[Any]) -> Shapes:
    """Shapes of upright boxes (n, 4): left, top, right, bottom."""
    return shapes(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2))
