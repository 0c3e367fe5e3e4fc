"""What the reader makes of photographed plates: see :class:`models.factory.steps.Judge`.

Top-1 and top-10: the whole number is right in the most probable reading, or among ten; O, 0 and Q are taken for one, and I
and 1, because the truth mixes them. A photo is a source: its crops resemble one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from models.bundle.looks import PlateReader
from models.bundle.reading import Reading
from models.factory.figures import CalibrationError, Mean, column
from models.factory.recipe import read_recipe
from models.factory.report import Failure, MeasuredOn
from models.factory.session import open_session
from models.factory.statistics import Outcome, Weighed
from models.factory.steps import Asked, Judged, Progress
from models.recipes.plate_reader.calibrate import matched
from models.recipes.plate_reader.drawn import DRAWN_CROPS, DRAWN_SEED, drawn
from models.recipes.plate_reader.export import INPUT, OUTPUT
from models.recipes.plate_reader.peers import FILES, SlotReader
from models.recipes.plate_reader.photos import MARGINS, PlatePhoto, cut, degrade, marked
from models.recipes.plate_reader.shape import HEIGHT, LINES, WIDTH
from models.recipes.plates.photos import FOLDER, REGIONS, Rgb
from protocol.plates import fold

Reader: TypeAlias = Callable[[Rgb], list[Reading]]
"""Reads a crop, RGB uint8 (height, width, 3): the most probable first, with the probabilities of its characters."""

NAME = "plate-reader"
POOLED = "photos of anpr/eu and anpr/us, true boxes"
CHARACTERS = "characters of anpr/eu and anpr/us, all margins"
DRAWN = "rendered crops, alphabets that training did not see"
BEST = 10


def crops_of(region: str) -> str:
    """Name of a region's photos at all margins."""
    return f"photos of anpr/{region}, margins -3% to 20%"


@dataclass(frozen=True)
class Worse:
    """A degradation: of which region, to how many pixels of width, smeared over how many."""

    region: str
    width: int
    blur: int = 0

    @property
    def figure(self) -> str:
        """Name of the figure."""
        return f"{self.region}_{self.width}px" + (f"_blur{self.blur}" if self.blur else "")

    @property
    def on(self) -> str:
        """Name of the data."""
        smeared = f", {self.blur} pixels of motion" if self.blur else ""
        return f"photos of anpr/{self.region}, true boxes at {self.width} pixels, dark, noisy{smeared}"


DEGRADED = (Worse("eu", 80), Worse("eu", 60), Worse("us", 60), Worse("eu", 80, 5))


@dataclass(frozen=True)
class Total:
    """The sum of one value: plates that were read."""

    value: str

    def bounds(self, outcomes: Sequence[Outcome]) -> tuple[float, float]:
        """None or all."""
        return 0.0, float(len(outcomes))

    def size(self, outcomes: Sequence[Outcome]) -> int:
        """Outcomes."""
        return len(outcomes)

    def over(self, outcomes: Sequence[Outcome]) -> Weighed:
        """As in :class:`models.factory.statistics.Figure`."""
        values = column(outcomes, self.value)
        return lambda weights: weights @ values


def figures() -> Sequence[Asked]:
    """All figures that can be asked."""
    return (
        *(Asked(f"{region}_top1", crops_of(region), Mean("top1"), loss=True) for region in REGIONS),
        *(Asked(f"{region}_top10", crops_of(region), Mean("top10")) for region in REGIONS),
        *(Asked(worse.figure, worse.on, Mean("top1")) for worse in DEGRADED),
        Asked("plates", POOLED, Total("top1"), unit="plates", loss=True),
        Asked("drawn_top1", DRAWN, Mean("top1"), loss=True),
        Asked("ece", CHARACTERS, CalibrationError("probability", "hit")),
    )


def open(path: Path) -> Reader:  # noqa: A001 - the judge's word
    """Load a reader, with the settings of the recipe."""
    session = open_session(path)
    settings = read_recipe(NAME).manifest["operating_points"]["default"]["settings"]
    return PlateReader(
        lambda crop: session.run([OUTPUT], {INPUT: crop})[0],
        (WIDTH, HEIGHT),
        LINES,
        float(settings["temperature"]),
        float(settings["sure"]),
    )


def peers() -> Mapping[str, Callable[[Path], Any]]:
    """Both readers of fast-alpr, when their files are in ``peers`` of the folder of data."""
    return {name: partial(_peer, file) for name, file in FILES.items()}


def _peer(file: Path, data: Path) -> Reader:
    return SlotReader(data / file)


def judge(model: Reader, data: Path | None, progress: Progress) -> Judged:
    """Read every photo at every margin and degraded, and the rendered crops."""
    outcomes: dict[str, list[Outcome]] = {asked.on: [] for asked in figures()}
    failures: list[Failure] = []
    counted: dict[str, int] = dict.fromkeys(REGIONS, 0)
    for region, photo in _all(data):
        counted[region] += 1
        progress(f"photo {photo.name}")
        for margin in MARGINS:
            outcome, found = _ask(model, photo, cut(photo, margin), f"margin {margin:+.0%}")
            outcomes[crops_of(region)].append(outcome)
            outcomes[CHARACTERS].append(_of_characters(photo, found, outcome.condition))
            if margin == 0:
                outcomes[POOLED].append(Outcome(outcome.source, region, outcome.values))
                failures += _failure(region, photo, found, outcome)
        for worse in DEGRADED:
            if worse.region == region:
                crop = degrade(cut(photo, 0.0), photo.name, worse.width, worse.blur)
                outcomes[worse.on].append(_ask(model, photo, crop, "")[0])
    progress(DRAWN)
    outcomes[DRAWN] = [
        Outcome(f"crop {number}", crop.kind, _right(model(crop.picture), crop.text))
        for number, crop in enumerate(drawn(DRAWN_SEED, DRAWN_CROPS, fonts=False))
    ]
    failures.sort(key=lambda failure: -(failure.score or 0))
    absent = "not here"
    measured = tuple(MeasuredOn(on, len(found), skipped="" if found else absent) for on, found in outcomes.items())
    return Judged({on: found for on, found in outcomes.items() if found}, measured, tuple(failures))


def picture(item: str, data: Path | None) -> Rgb | None:
    """Return the crop of a failure: ``eu/NAME``."""
    region, _, name = item.partition("/")
    if data is None:
        return None
    return next((cut(photo, 0.1) for photo in marked(data / FOLDER / region) if photo.name == name), None)


def _all(data: Path | None) -> Iterator[tuple[str, PlatePhoto]]:
    for region in REGIONS:
        if data is not None and (data / FOLDER / region).is_dir():
            for photo in marked(data / FOLDER / region):
                yield region, photo


def _ask(model: Reader, photo: PlatePhoto, crop: Rgb, condition: str) -> tuple[Outcome, list[Reading]]:
    found = model(crop)
    return Outcome(photo.name, condition, _right(found, photo.text)), found


def _right(found: list[Reading], truth: str) -> dict[str, float]:
    texts, folded = [fold(reading.text) for reading in found] or [""], fold(truth)
    return {"top1": float(texts[0] == folded), "top10": float(folded in texts[:BEST])}


def _of_characters(photo: PlatePhoto, found: list[Reading], condition: str) -> Outcome:
    """Probabilities of the characters of the best reading, and whether each stands on the plate in its place.

    There are none where nothing was read, or where the best number is not that of the best characters.
    """
    best = found[0] if found else Reading("", 0.0)
    hits = matched(best.text, photo.text) if best.characters else np.zeros(0)
    return Outcome(photo.name, condition, {"probability": list(best.characters), "hit": hits.tolist()})


def _failure(region: str, photo: PlatePhoto, found: list[Reading], outcome: Outcome) -> Iterator[Failure]:
    if not outcome.values["top1"]:
        best = found[0] if found else Reading("", 0.0)
        yield Failure(f"{region}/{photo.name}", photo.text, best.text or "nothing", condition=region, score=best.probability)
