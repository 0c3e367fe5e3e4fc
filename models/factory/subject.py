"""What can be measured: the bundle of any recipe, whether it is built here or fetched from its makers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from models.factory import recipe, release
from models.factory.declared import RECIPES
from models.factory.gates import Gate
from protocol.manifest import Input, Output


class Subject(Protocol):
    """What measuring needs to know of a recipe."""

    @property
    def name(self) -> str:
        """Of the bundle."""
        ...

    @property
    def version(self) -> str:
        """Of the bundle."""
        ...

    @property
    def gates(self) -> tuple[Gate, ...]:
        """What it must reach; a fetched bundle is not ours to change and has none."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the card."""
        ...

    def interface(self) -> tuple[Input, Output]:
        """What every form of the model takes and gives."""
        ...


def names(recipes: Path = RECIPES) -> tuple[str, ...]:
    """All bundles that can be measured."""
    return tuple(sorted({*recipe.names(recipes), *release.names(recipes)}))


def read_subject(name: str, recipes: Path = RECIPES) -> Subject:
    """Read the recipe of a bundle, of either kind.

    Raises:
        BundleError: when there is none of this name, or it is not whole.
    """
    if name in release.names(recipes):
        return release.read_recipe(name, recipes)
    return recipe.read_recipe(name, recipes)
