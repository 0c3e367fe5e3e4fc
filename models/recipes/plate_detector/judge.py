"""Plates found in photos and in drawn scenes: see :class:`models.factory.steps.Judge`.

Rules: a plate is found when a box around the corners has an intersection over union of at least one half with the true box;
each photo is a source; photos are never trained or chosen on; drawn scenes are those of the evaluation split, without packages,
so that they can be judged everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.bundle.corners import Plates
from models.bundle.detections import pairwise_iou
from models.factory.figures import AveragePrecision, Ratio
from models.factory.recipe import read_recipe
from models.factory.report import Failure, MeasuredOn, outlines, shapes
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress
from models.recipes.plate_detector.finder import Finder, open_finder
from models.recipes.plate_detector.peer import FILE, open_peer
from models.recipes.plate_detector.shape import HEIGHT, WIDTH
from models.recipes.plates.photos import FOLDER, Photo, Rgb, photos
from models.synthesis.material import Material
from models.synthesis.recording import draw_scene

EU = "photos of cars in Europe"
US = "photos of cars in the United States"
BOTH = "photos of cars in Europe and the United States"
DRAWN = "drawn scenes, evaluation split"
FOLDERS = {EU: FOLDER / "eu", US: FOLDER / "us"}
FOUND = 0.5
"""Intersection over union of a plate that counts as found."""
SCENES = 240
SEED = 7
WIDE = 80.0
"""Pixels of the photo; narrower plates are reported apart, as a condition."""


def figures() -> Sequence[Asked]:
    """All figures of a plate detector."""
    recall = Ratio("hits_here", "real")
    false = Ratio("false_here", "pictures", (0.0, 100.0))
    return (
        Asked("eu_recall", EU, recall, loss=True),
        Asked("us_recall", US, recall, loss=True),
        Asked("false_per_image", BOTH, false, "per photo"),
        Asked("eu_ap50", EU, AveragePrecision()),
        Asked("us_ap50", US, AveragePrecision()),
        Asked("drawn_recall", DRAWN, recall, loss=True),
        Asked("drawn_false_per_image", DRAWN, false, "per picture"),
        Asked("corner_error", DRAWN, Ratio("corner_error", "with_plate"), "plate widths"),
    )


def open(path: Path) -> Finder:  # noqa: A001 - the judge's word
    """Load a variant, behind the shipped vehicle detector."""
    return open_finder(path)


def peers() -> Mapping[str, Callable[[Path], Any]]:
    """The usual open detector."""
    return {FILE.stem: open_peer}


def judge(model: Finder, data: Path | None, progress: Progress) -> Judged:
    """Ask about every photo that is here, and about the drawn scenes."""
    least = threshold()
    outcomes: dict[str, list[Outcome]] = {}
    looked: list[MeasuredOn] = []
    failures: list[tuple[float, Failure]] = []
    for on, folder in FOLDERS.items():
        if data is None or not (data / folder).is_dir():
            looked.append(MeasuredOn(on, 0, skipped="not here"))
            continue
        known = list(photos(data / folder))
        outcomes[on] = []
        for number, photo in enumerate(known, start=1):
            progress(f"{on}: {number} of {len(known)}")
            found, real = model.photo(photo.picture()), photo.boxes()
            narrow = bool((real[:, 2] - real[:, 0]).min() < WIDE)
            condition = f"plate under {WIDE:.0f} pixels" if narrow else f"plate of {WIDE:.0f} pixels or more"
            item = str(photo.path.relative_to(data))
            outcomes[on].append(Outcome(item, condition, values(found, real, least), item))
            failures += _failures(item, found, real, least)
        looked.append(MeasuredOn(on, len(known)))
    if outcomes.keys() == FOLDERS.keys():
        outcomes[BOTH] = [outcome for on in FOLDERS for outcome in outcomes[on]]
        looked.append(MeasuredOn(BOTH, len(outcomes[BOTH])))
    progress(DRAWN)
    outcomes[DRAWN] = list(drawn(model, least, range(SCENES)))
    looked.append(MeasuredOn(DRAWN, SCENES))
    failures.sort(key=lambda pair: -pair[0])
    return Judged(outcomes, tuple(looked), tuple(failure for _, failure in failures))


def picture(item: str, data: Path | None) -> Rgb | None:
    """The photo that an item names."""
    if data is None or not (data / item).is_file():
        return None
    return Photo(data / item, ()).picture()


def threshold() -> float:
    """The default operating point that the recipe names."""
    return float(read_recipe("plate-detector").manifest["operating_points"]["default"]["thresholds"]["plate"])


def values(found: Plates, real: npt.NDArray[np.float32], least: float) -> dict[str, float | Sequence[float]]:
    """What an outcome holds: scores and hits of all answers, and what counts at the threshold."""
    hits = matched(found, real) >= 0
    here = found.scores >= least
    return {
        "scores": found.scores.astype(float).tolist(),
        "hits": hits.astype(float).tolist(),
        "real": float(len(real)),
        "hits_here": float((hits & here).sum()),
        "false_here": float((~hits & here).sum()),
        "pictures": 1.0,
    }


def matched(found: Plates, real: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Index of the true box that each answer finds, -1 for none: best score first, each true box once."""
    overlap = pairwise_iou(found.boxes(), real)
    free = np.ones(len(real), np.bool_)
    hit = np.full(len(found), -1, np.int64)
    for at in range(len(found)):
        open_ones = np.where(free, overlap[at], 0.0)
        if len(real) and open_ones.max() >= FOUND:
            hit[at] = int(open_ones.argmax())
            free[hit[at]] = False
    return hit


def drawn(model: Finder, least: float, numbers: range, seed: int = SEED) -> Iterator[Outcome]:
    """Outcomes of drawn scenes; answers that lie on unclear plates are left out, neither right nor wrong."""
    material = Material("evaluate", packages=False)
    for number in numbers:
        scene = draw_scene(np.random.default_rng([seed, number]), material, WIDTH, HEIGHT)
        found = model.region(scene.picture)
        unclear = np.concatenate([scene.unclear.min(axis=1), scene.unclear.max(axis=1)], axis=1)
        real = np.concatenate([scene.corners.min(axis=1), scene.corners.max(axis=1)], axis=1)
        hit = matched(found, real)
        kept = (hit >= 0) | ~(pairwise_iou(found.boxes(), unclear) > 0).any(axis=1)
        found, hit = Plates(found.scores[kept], found.corners[kept]), hit[kept]
        made = values(found, real, least)
        errors = [
            float(np.abs(found.corners[at] - scene.corners[plate]).mean())
            / max(float(np.linalg.norm(scene.corners[plate][1] - scene.corners[plate][0])), 1.0)
            for at, plate in enumerate(hit)
            if plate >= 0 and found.scores[at] >= least
        ]
        name = f"scene {seed}/{number}"
        made["corner_error"] = min(float(np.mean(errors)), 1.0) if errors else 0.0
        made["with_plate"] = float(bool(errors))
        yield Outcome(name, "", made, name)


def _failures(item: str, found: Plates, real: npt.NDArray[np.float32], least: float) -> Iterator[tuple[float, Failure]]:
    """How bad it is, and what: plates that were missed, first, and boxes that are none, the surest first."""
    hit = matched(found, real)
    sure = found.scores >= least
    missed = len(real) - int((sure & (hit >= 0)).sum())
    ghosts = found.scores[sure & (hit < 0)]
    if missed or len(ghosts):
        told = ", ".join(f"{count} {what}" for count, what in ((missed, "missed"), (len(ghosts), "false")) if count)
        expected, score = f"{len(real)} plate" + "s" * (len(real) != 1), float(ghosts.max()) if len(ghosts) else None
        came = shapes(found.corners[sure])
        failure = Failure(item, expected, told, score=score, expected_at=outlines(real), came_at=came)
        yield missed + (score or 0.0), failure
