"""How far a variant's keypoints are from those of the 32-bit reference: see :class:`models.factory.steps.Judge`.

Distances are in pixels of a 192-pixel input, of the keypoints that the reference sees. A person is an item, a block of 20
frames its source: neighbouring frames show the same people in the same pose. All that is needed lies in the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.bundle.detections import Window
from models.bundle.keypoints import SEEN, Poses, decode
from models.factory.figures import Mean, Quantile
from models.factory.report import Failure, MeasuredOn, Shapes, shapes
from models.factory.session import open_session
from models.factory.square import BLOCK, FRAMES
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress
from models.recipes.movenet.expected import read_expected, shown
from models.recipes.movenet.people import Picture
from models.recipes.movenet.pose import Pose

Keypoints: TypeAlias = npt.NDArray[np.float32]
Look: TypeAlias = Callable[[Picture], npt.NDArray[np.float32]]

UNIT = 192
"""Pixels of the input in which distances are given, for both networks."""
CANDIDATE = 0.1
"""Score from which a person of the variant may be one whom the reference sees; at fewer the person counts as missed."""
MISSED_PX = 0.1 * UNIT
"""Distance of somebody whom the variant does not see, so that every variant is judged on the same people."""
LIMBS = ((5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16))
"""COCO's keypoints that arms, trunk and legs join."""
PEOPLE = "square clip, every fifth frame of 201-400, people whom the reference sees"


@dataclass(frozen=True)
class MovenetJudge:
    """The judge of one of the recipes."""

    pose: Pose

    def figures(self) -> Sequence[Asked]:
        """Distance in the mean and of the worst twentieth of people, and people who are missed."""
        span = (0.0, 2.0**0.5 * UNIT)
        return (
            Asked("keypoints_px", PEOPLE, Mean("px", span), unit="px"),
            Asked("keypoints_p95_px", PEOPLE, Quantile("px", 0.95, span), unit="px"),
            Asked("missed", PEOPLE, Mean("missed")),
        )

    def open(self, path: Path) -> Look:
        """Load a variant."""
        session = open_session(path)
        return lambda picture: np.asarray(session.run(["poses"], {"image": picture})[0], np.float32)

    def peers(self) -> Mapping[str, Callable[[Path], Any]]:
        """None."""
        return {}

    def judge(self, model: Look, data: Path | None, progress: Progress) -> Judged:  # noqa: ARG002 - all is in the repository
        """Show it what the reference was shown."""
        outcomes: list[Outcome] = []
        failures: list[tuple[float, Failure]] = []
        window = Window(0, 0, UNIT, UNIT, UNIT, UNIT)
        for place, ((number, condition, picture), expected) in enumerate(
            zip(shown(self.pose), read_expected(self.pose), strict=True)
        ):
            progress(f"frame {number}")
            source = f"frames {number - (number - FRAMES.start) % BLOCK} and on"
            found = decode(model(picture), window, CANDIDATE)
            for person, keypoints in enumerate(decode(expected, window).keypoints):
                item = f"{place}.{person}"
                px, nearest = _nearest(keypoints, found)
                values = {"missed": float(px is None), "px": MISSED_PX if px is None else px}
                outcomes.append(Outcome(source, condition, values, item))
                scale = picture.shape[1] / UNIT
                marks = [() if each is None else _limbs(each, scale) for each in (keypoints, nearest)]
                shown_as = Failure(str(place), "as the reference", _told(px), condition, expected_at=marks[0], came_at=marks[1])
                failures.append((values["px"], shown_as))
        failures.sort(key=lambda pair: -pair[0])
        worst = tuple(failure for _, failure in failures)
        return Judged({PEOPLE: outcomes}, (MeasuredOn(PEOPLE, len(outcomes)),), worst)

    def picture(self, item: str, data: Path | None) -> Picture | None:  # noqa: ARG002 - as above
        """Return what was shown."""
        return next((picture[0] for place, (_, _, picture) in enumerate(shown(self.pose)) if str(place) == item), None)


def _nearest(keypoints: Keypoints, found: Poses) -> tuple[float | None, Keypoints | None]:
    """Mean distance of the keypoints that are seen to those of the nearest person, and that person; none where nobody is."""
    seen = keypoints[:, 2] >= SEEN
    away = [float(np.hypot(*(other[seen, :2] - keypoints[seen, :2]).T).mean()) for other in found.keypoints]
    if not away:
        return None, None
    nearest = int(np.argmin(away))
    return away[nearest], found.keypoints[nearest]


def _limbs(keypoints: Keypoints, scale: float) -> Shapes:
    """Lines between keypoints that are seen, in pixels of the picture."""
    there = keypoints[:, 2] >= SEEN
    return shapes(keypoints[list(limb), :2] * scale for limb in LIMBS if there[list(limb)].all())


def _told(px: float | None) -> str:
    return "nobody" if px is None else f"{px:.1f} px away in the mean"
