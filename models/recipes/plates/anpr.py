"""Both models behind one another, as a box reads plates: vehicles, plates in their regions, each upright, its number.

Beside them the fast-alpr pair, as its own package joins it. Rules: both look at a photo in turn, in another order each time, so
that whatever else the machine does falls on both; a plate is read when one of the readings of its photo is its number, folded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from models.bundle.bundle import Bundle
from models.bundle.corners import rectify
from models.factory.forms import used_file
from models.factory.statistics import EvaluationError, Outcome
from models.factory.steps import Progress
from models.recipes.plate_detector.finder import Finder, open_finder
from models.recipes.plate_detector.peer import FILE as DETECTOR_FILE
from models.recipes.plate_detector.peer import open_peer
from models.recipes.plate_reader.judge import Reader
from models.recipes.plate_reader.judge import open as open_reader
from models.recipes.plate_reader.peers import FILES as READER_FILES
from models.recipes.plate_reader.peers import SlotReader
from models.recipes.plate_reader.shape import HEIGHT, WIDTH
from models.recipes.plates.photos import FOLDER, REGIONS, Rgb, photos
from protocol.plates import fold

Anpr: TypeAlias = Callable[[Rgb], list[str]]
"""What is read in a photo, RGB uint8 (height, width, 3): the numbers, the surest plate first."""
PEER_READER = "cct-xs-v1"
PEER_THRESHOLD = 0.4
"""Score from which the fast-alpr package takes a box for a plate when nothing else is said."""


@dataclass(frozen=True)
class Race:
    """What came of it.

    Attributes:
        ours: by region, outcomes with ``read`` (share of the photo's plates) and ``extra`` (readings that are none of them).
        theirs: the same of the peer.
        milliseconds: float64 (2, photos), ours above theirs.
    """

    ours: dict[str, list[Outcome]]
    theirs: dict[str, list[Outcome]]
    milliseconds: np.ndarray


def chain(detector: Bundle, reader: Bundle) -> Anpr:
    """Our two bundles in 8 bits, at their default operating points."""
    least = detector.manifest.operating_points["default"].thresholds["plate"]
    return joined(open_finder(used_file(detector), least), least, open_reader(used_file(reader)), upright=True)


def peer_chain(data: Path) -> Anpr:
    """The peer's pair from the folder of data; it reads the box as it is.

    Raises:
        EvaluationError: when its files are not there.
    """
    missing = [str(path) for path in (data / DETECTOR_FILE, data / READER_FILES[PEER_READER]) if not path.is_file()]
    if missing:
        msg = f"{' and '.join(missing)}: not here, so that nothing can be compared with the peer"
        raise EvaluationError(msg)
    return joined(open_peer(data), PEER_THRESHOLD, SlotReader(data / READER_FILES[PEER_READER]), upright=False)


def joined(finder: Finder, threshold: float, reader: Reader, *, upright: bool) -> Anpr:
    """Put a reader behind a finder of plates."""

    def read(picture: Rgb) -> list[str]:
        found = finder.photo(picture)
        crops = [_crop(picture, corners, upright=upright) for corners in found.corners[found.scores >= threshold]]
        readings = [reader(crop) for crop in crops]
        return [best[0].text for best in readings if best and best[0].text]

    return read


def race(ours: Anpr, theirs: Anpr, data: Path, progress: Progress, clock: Callable[[], int] = time.perf_counter_ns) -> Race:
    """Show both every photo that is here.

    Raises:
        EvaluationError: when a photo or its description cannot be read.
    """
    sides = (ours, theirs)
    outcomes: tuple[dict[str, list[Outcome]], dict[str, list[Outcome]]] = ({}, {})
    times: list[tuple[float, float]] = []
    for region in REGIONS:
        for number, photo in enumerate(photos(data / FOLDER / region)):
            progress(f"{region}: {photo.name}")
            picture, taken = photo.picture(), [0.0, 0.0]
            if not times:
                for side in sides:  # first runs allocate
                    side(picture)
            for which in (0, 1) if number % 2 else (1, 0):
                began = clock()
                texts = sides[which](picture)
                taken[which] = (clock() - began) / 1e6
                values = _values(texts, [plate.text for plate in photo.plates])
                outcomes[which].setdefault(region, []).append(Outcome(f"{region}/{photo.name}", "", values, photo.name))
            times.append((taken[0], taken[1]))
    return Race(outcomes[0], outcomes[1], np.array(times).reshape(-1, 2).T)


def _values(texts: list[str], wanted: list[str]) -> dict[str, float]:
    found, real = {fold(text) for text in texts}, [fold(text) for text in wanted]
    return {"read": sum(text in found for text in real) / len(real), "extra": float(len(found - set(real)))}


def _crop(picture: Rgb, corners: np.ndarray, *, upright: bool) -> Rgb:
    if upright:
        return rectify(picture, corners, (WIDTH, HEIGHT))
    rows, columns = picture.shape[:2]
    left, top = np.clip(corners.min(axis=0).round(), 0, [columns - 1, rows - 1]).astype(int)
    right, bottom = np.clip(corners.max(axis=0).round(), [left + 1, top + 1], [columns, rows]).astype(int)
    return picture[top:bottom, left:right]
