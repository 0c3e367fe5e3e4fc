"""What a recipe's code does for the factory: modules ``steps`` and ``judge`` of its folder.

Rules: steps make files from files, in the room that the factory gives them, and decide nothing about what is good enough; a
judge asks a model about data and says what came of each item, and decides nothing either: figures, intervals and gates are the
factory's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from models.bundle.bundle import BundleError
from models.bundle.golden import Run
from models.factory.declared import module
from models.factory.leaks import Item
from models.factory.recipe import Recipe
from models.factory.report import Failure, MeasuredOn
from models.factory.statistics import Figure, Outcome

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Room:
    """Where a build works.

    Attributes:
        recipe: what is built.
        folder: of the recipe's own files (trained weights).
        scratch: gone afterwards.
        staging: becomes the bundle.
        source: the weights' package or file, when it is already here.
        progress: told in a few words what is going on.
    """

    recipe: Recipe
    folder: Path
    scratch: Path
    staging: Path
    source: Path | None
    progress: Progress

    def variant(self, precision: str, runtime: str = "onnxruntime") -> Path:
        """Where a planned variant's file is to be written."""
        for planned in self.recipe.variants:
            if (planned.precision, planned.runtime) == (precision, runtime):
                return self.staging / self.recipe.file(planned)
        msg = f"recipe of {self.recipe.name}: plans no {precision} for {runtime}; add it to its variants"
        raise BundleError(msg)


class Steps(Protocol):
    """Module ``steps``: from sources to compiled files."""

    def splits(self, room: Room) -> Mapping[str, Mapping[str, Item]]:
        """List what was learned from and what is reported on, by use and name, as far as it is in the recipe's hands."""
        ...

    def reference(self, room: Room) -> Path:
        """Make the model in 32-bit floating point."""
        ...

    def compile(self, room: Room, reference: Path) -> None:
        """Write every planned variant."""
        ...

    def runner(self, path: Path) -> Run:
        """How a file is run on the CPU."""
        ...

    def vectors(self, run: Run) -> Mapping[str, npt.NDArray[Any]]:
        """Golden inputs, and what the reference answers."""
        ...


@dataclass(frozen=True)
class Asked:
    """A figure that a judge's outcomes answer.

    Attributes:
        name: as gates name it: ``eu_top1``.
        on: the data, as gates and :class:`Judged` name it.
        figure: how outcomes become a number.
        unit: of it; empty for a share.
        loss: whether what 8 bits cost of it is reported, as ``int8_loss_NAME``.
    """

    name: str
    on: str
    figure: Figure
    unit: str = ""
    loss: bool = False


@dataclass(frozen=True)
class Judged:
    """What a model made of data.

    Attributes:
        outcomes: by the name of the data; those that are not here are left out.
        data: what was looked at, and what was not here.
        failures: the worst first.
    """

    outcomes: Mapping[str, Sequence[Outcome]]
    data: tuple[MeasuredOn, ...]
    failures: tuple[Failure, ...] = ()


class Judge(Protocol):
    """Module ``judge``: what a model makes of data that it has not seen."""

    def figures(self) -> Sequence[Asked]:
        """All figures that can be asked."""
        ...

    def open(self, path: Path) -> Any:
        """Load a variant."""
        ...

    def peers(self) -> Mapping[str, Callable[[Path], Any]]:
        """Other models for the same task, by name; each is loaded from the folder of data."""
        ...

    def judge(self, model: Any, data: Path | None, progress: Progress) -> Judged:
        """Ask a model that was opened here."""
        ...

    def picture(self, item: str, data: Path | None) -> npt.NDArray[np.uint8] | None:
        """The picture of a failure, RGB uint8 (height, width, 3); ``None`` when there is none."""
        ...


def load_steps(name: str) -> Steps:
    """Import a recipe's steps.

    Raises:
        BundleError: when a package that building needs is not installed.
    """
    return cast("Steps", _load(name, "steps"))


def load_judge(name: str) -> Judge:
    """Import a recipe's judge. Errors as :func:`load_steps`."""
    return cast("Judge", _load(name, "judge"))


def _load(name: str, part: str) -> Any:
    try:
        return importlib.import_module(f"models.recipes.{module(name)}.{part}")
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "models":
            raise
        remedy = "pip install 'lamplighter[models]', or make setup-models in a checkout"
        msg = f"building {name} needs the package {error.name!r}, which is not installed; install it with: {remedy}"
        raise BundleError(msg) from error
