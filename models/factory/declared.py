"""Finding and reading what a recipe's folder declares, whichever kind of recipe it is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from models.bundle.bundle import BundleError
from protocol.identifiers import Name
from protocol.manifest import Input, Output

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPES = Path(__file__).resolve().parents[1] / "recipes"


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every declaration says."""

    name: Name
    """Of the bundle; the folder is called the same with underscores."""
    manifest: dict[str, Any]
    """Fields of the manifest, under its own names, as far as nobody else can know them."""

    @property
    def version(self) -> str:
        """Of the bundle."""
        return str(self.manifest.get("version", ""))

    def interface(self) -> tuple[Input, Output]:
        """What every form of the model takes and gives."""
        return msgspec.convert(self.manifest["input"], type=Input), msgspec.convert(self.manifest["output"], type=Output)


_T = TypeVar("_T", bound=Declared)


def module(name: str) -> str:
    """Name of a recipe's package: ``plate-reader`` lies in ``plate_reader``."""
    return name.replace("-", "_")


def names(file: str, recipes: Path) -> tuple[str, ...]:
    """All bundles whose recipe has this file."""
    return tuple(sorted(path.parent.name.replace("_", "-") for path in recipes.glob(f"*/{file}")))


def read(name: str, file: str, kind: type[_T], recipes: Path, called: str) -> _T:
    """Read a declaration.

    Args:
        name: of the bundle.
        file: of the recipe's folder.
        kind: what it holds.
        recipes: folder of recipes.
        called: what such a recipe is called in messages.

    Raises:
        BundleError: when there is none of this name, or it is not whole.
    """
    there = names(file, recipes)
    if name not in there:
        msg = f"there is no {called} {name!r}; there are: {', '.join(there) or 'none'}"
        raise BundleError(msg)
    path = recipes / module(name) / file
    declared = parse(path, kind, "correct the recipe")
    if declared.name != name:
        msg = f"{path}: is the recipe of {declared.name!r}; its folder must be called {module(declared.name)}"
        raise BundleError(msg)
    return declared


def parse(path: Path, kind: type[_T], remedy: str) -> _T:
    """Read a declaration from a file.

    Raises:
        BundleError: when it cannot be read or is not whole, with the remedy.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), type=kind)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        msg = f"{path}: {error}; {remedy}"
        raise BundleError(msg) from error
