"""Passages that plates are measured on, and what a box sees of them: the shipped detector and reader, picture by picture.

Rules: photos choose nothing (:mod:`models.recipes.plates.photos`), so all of them are for reporting; rendered passages have
a part for choosing and one for reporting, of different plates; what comes of a passage depends on its part and number alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import load_bundle, zoo
from models.bundle.detections import Floats
from models.bundle.plate_chain import PlateChain, Stage
from models.bundle.plates import PlateSeen
from models.factory.forms import used_file
from models.factory.session import open_session
from models.recipes.plates.photos import FOLDER, photos
from models.synthesis.approach import PICTURES
from models.synthesis.material import Material
from models.synthesis.passage import Flat, Passage, drawn_passage, moved_photo

DETECTOR, READER = "plate-detector", "plate-reader"
METRES: Mapping[str, float] = {"eu": 0.52, "us": 0.305}
"""Width of the plates of each region's photos: an even number, though some are of motorcycles or imported."""
JITTER = 0.04
"""Standard deviation of a side of a vehicle detector's box from picture to picture, as a share of the vehicle."""


class Part(Enum):
    """What rendered passages are for; the value is the stream of their numbers."""

    CHOOSE = 101
    REPORT = 202


def rendered(part: Part, count: int, most: int = PICTURES[1]) -> Iterator[Passage]:
    """Draw vehicles with alphabets that training never sees: pens alone, so that they are drawn everywhere.

    Args:
        part: for choosing or for reporting.
        count: of passages.
        most: pictures of each.
    """
    material = Material("evaluate", packages=False)
    for number in range(count):
        random = np.random.default_rng([part.value, number])
        yield drawn_passage(random, material, f"{part.name.lower()} {number}", most)


def moved(data: Path, region: str, times: int) -> Iterator[Passage]:
    """Move every photo of a region, each several times.

    Args:
        data: the folder of data.
        region: ``eu`` or ``us``.
        times: passages of each photo.

    Raises:
        EvaluationError: when a photo or its description cannot be read.
    """
    for photo in photos(data / FOLDER / region):
        picture = photo.picture()
        for plate in photo.plates:
            flat = Flat(picture, plate.box, METRES[region])
            for time in range(times):
                random = np.random.default_rng([zlib.crc32(photo.name.encode()), time])
                yield moved_photo(random, flat, f"{region}/{photo.name}", plate.text)


def shipped_chain() -> PlateChain:
    """The detector and the reader of the zoo, in 8 bits, at their default operating points."""
    return PlateChain(*(_stage(name) for name in (DETECTOR, READER)))


def seen(chain: PlateChain, passage: Passage) -> list[PlateSeen | None]:
    """What a box sees of the plate in each picture; ``None`` where the detector finds none.

    The vehicle's box is the true one, shaken as a detector shakes it, the same in every run.
    """
    random = np.random.default_rng(zlib.crc32(passage.name.encode()))
    answers: list[PlateSeen | None] = []
    for picture, box in zip(passage.pictures, passage.vehicles, strict=True):
        size = np.tile(box[2:] - box[:2], 2)
        low, high = np.zeros(2), np.array(picture.shape[1::-1])
        shaken = (box + random.normal(0, JITTER, 4) * size).reshape(2, 2).clip(low, high).reshape(1, 4).astype(np.float32)
        found = chain(picture, shaken) if (shaken[0, 2:] > shaken[0, :2]).all() else []
        answers.append(found[0] if found else None)
    return answers


def _stage(name: str) -> Stage:
    bundle = load_bundle(zoo() / name)
    session = open_session(used_file(bundle))
    manifest = bundle.manifest
    outputs, put = list(manifest.output.names()), manifest.input.name

    def run(picture: npt.NDArray[Any]) -> tuple[Floats, ...]:
        return tuple(session.run(outputs, {put: picture}))

    return Stage.of(run, manifest)
