"""What a recipe says of weights that come from their official release: ``fetch.toml``, and nothing is guessed.

Rules: an address is HTTPS and belongs to the project that made the weights; size and SHA-256 are those of the file that the
address gives; everything that the bundle's manifest will say, but hashes and origin, stands in the recipe under the manifest's
own names, so that :mod:`protocol.manifest` is the only place that knows them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from models.factory import declared
from models.factory.declared import RECIPES
from models.factory.gates import Gate
from protocol.manifest import FileName, Precision, Sha256

FILE = "fetch.toml"

Size = Annotated[int, Meta(ge=1, le=100_000_000)]


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another file with the same network, accepted when it is brought by hand."""

    sha256: Sha256
    size: Size
    note: Annotated[str, Meta(min_length=1)]
    """How it differs from the release's file."""


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The released file."""

    project: Annotated[str, Meta(min_length=1)]
    """Who made it; becomes the origin in the manifest."""
    version: Annotated[str, Meta(min_length=1, max_length=64)]
    url: Annotated[str, Meta(pattern=r"^https://[^/\s]+/\S+\Z")]
    size: Size
    sha256: Sha256
    licence: Annotated[str, Meta(min_length=1)]
    file: FileName
    """Its name in the bundle."""
    runtime: str
    precision: Precision


class Recipe(declared.Declared, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    instead: Annotated[str, Meta(min_length=1)]
    """What stays in use where the file cannot be fetched, as half a sentence."""
    release: Release
    tolerance: dict[Precision, Annotated[float, Meta(gt=0)]]
    """Of the golden vectors."""
    exports: tuple[Export, ...] = ()

    @property
    def gates(self) -> tuple[Gate, ...]:
        """None: the weights are not ours to change."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """None."""
        return ()

    def accepts(self, sha256: str, size: int) -> bool:
        """Say whether a file that was brought by hand is this network."""
        known = [(self.release.sha256, self.release.size), *((export.sha256, export.size) for export in self.exports)]
        return (sha256, size) in known


def names(recipes: Path = RECIPES) -> tuple[str, ...]:
    """All bundles that can be fetched."""
    return declared.names(FILE, recipes)


def read_recipe(name: str, recipes: Path = RECIPES) -> Recipe:
    """Read a recipe.

    Raises:
        BundleError: when there is none of this name, or it is not whole.
    """
    return declared.read(name, FILE, Recipe, recipes, "recipe that fetches")
