from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.factory.figures import Mean
from models.factory.report import Failure, MeasuredOn
from models.factory.session import open_session
from models.factory.statistics import Outcome
from models.factory.steps import Asked, Judged, Progress
from tests.models.factory.toy.drawing import draw

ON = "pictures"


def figures() -> Sequence[Asked]:
    return (Asked("right", ON, Mean("right"), loss=True),)


def open(path: Path) -> Callable[[np.ndarray], bool]:  # noqa: A001
    session = open_session(path)
    return lambda picture: bool(session.run(["scores"], {"image": picture[None]})[0] >= 0.5)


def _pessimist(data: Path) -> Callable[[np.ndarray], bool]:
    return lambda picture: False


def peers() -> Mapping[str, Callable[[Path], Any]]:
    return {"pessimist": _pessimist}


def judge(model: Callable[[np.ndarray], bool], data: Path | None, progress: Progress) -> Judged:
    """The folder of data holds a file ``pictures`` with the number of pictures."""
    path = None if data is None else data / ON
    if path is None or not path.exists():
        return Judged({}, (MeasuredOn(ON, 0, skipped="not here"),))
    outcomes, failures = [], []
    for number in range(int(path.read_text())):
        progress(f"picture {number}")
        light = number % 2 == 0
        right = model(draw(np.random.default_rng([7, number]), light=light)) == light
        outcomes.append(Outcome(f"picture {number}", "light" if light else "dark", {"right": float(right)}))
        if not right:
            failures.append(Failure(str(number), "light" if light else "dark", "the other"))
    return Judged({ON: outcomes}, (MeasuredOn(ON, len(outcomes)),), tuple(failures))


def picture(item: str, data: Path | None) -> np.ndarray | None:
    return draw(np.random.default_rng([7, int(item)]), light=int(item) % 2 == 0)
