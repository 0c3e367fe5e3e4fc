"""What a recipe declares: ``recipe.toml``. How the weights come about is the code beside it (:mod:`models.factory.steps`).

Rules: a recipe is checked whole before any work is done for it: the law on labels and purposes, the licences of sources and
data, splits that leak; what the bundle's manifest will say stands under ``[manifest]`` in the manifest's own names, so that
:mod:`protocol.manifest` is the only place that knows them; what only the build can know (files, hashes, figures) is not there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from models.bundle.bundle import BundleError
from models.factory import declared
from models.factory.declared import RECIPES, module
from models.factory.gates import Gate
from protocol.manifest import Manifest, ManifestError, Metric, Origin, Precision, Variant, check_manifest

FILE = "recipe.toml"

_SUFFIX = {"onnxruntime": "onnx", "litert": "tflite"}
_BY_BUILD = {"name", "variants", "golden", "metrics", "sources"}
"""Fields of the manifest that the build fills in."""


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form in which the model is compiled."""

    precision: Precision
    tolerance: Annotated[float, Meta(gt=0)]
    """Of its golden vectors."""
    runtime: Annotated[str, Meta(pattern=r"^(onnxruntime|litert)\Z")] = "onnxruntime"


class Trained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights that our own training made, kept beside the recipe so that building needs no training."""

    file: str
    sha256: str
    """Of the file; another one is another model and is measured anew."""


class Recipe(declared.Declared, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    variants: Annotated[tuple[Planned, ...], Meta(min_length=1, max_length=8)]
    sources: Annotated[tuple[Origin, ...], Meta(min_length=1, max_length=16)]
    gates: Annotated[tuple[Gate, ...], Meta(min_length=1, max_length=64)]
    trained: Trained | None = None
    notes: tuple[str, ...] = ()
    """Sentences for the card alone: a step that is not deterministic and its bound, the Edge TPU's compile command."""

    def file(self, planned: Planned) -> str:
        """Name of a variant's file."""
        return f"{self.name}.{planned.precision}.{_SUFFIX[planned.runtime]}"

    def draft(self, variants: tuple[Variant, ...], golden: dict[str, Any], metrics: tuple[Metric, ...]) -> Manifest:
        """Join what the recipe says with what the build found.

        Raises:
            BundleError: naming the field that is missing or wrong.
        """
        fields = {
            **self.manifest,
            "name": self.name,
            "variants": msgspec.to_builtins(variants),
            "golden": golden | {"tolerance": {p.precision: p.tolerance for p in self.variants}},
            "metrics": msgspec.to_builtins(metrics),
            "sources": msgspec.to_builtins(self.sources),
        }
        try:
            return msgspec.convert(fields, type=Manifest)
        except msgspec.ValidationError as error:
            msg = f"recipe of {self.name}: {error}; correct its {FILE}"
            raise BundleError(msg) from error


def names(recipes: Path = RECIPES) -> tuple[str, ...]:
    """All bundles that can be built."""
    return declared.names(FILE, recipes)


def read_recipe(name: str, recipes: Path = RECIPES) -> Recipe:
    """Read a recipe and check what it declares.

    Raises:
        BundleError: when there is none of this name, it is not whole, or it declares what may not be.
    """
    recipe = declared.read(name, FILE, Recipe, recipes, "recipe")
    path = recipes / module(name) / FILE
    filled = sorted(_BY_BUILD & set(recipe.manifest))
    if filled:
        msg = f"{path}: [manifest] names {', '.join(filled)}, which the build fills in; remove it"
        raise BundleError(msg)
    _check(recipe, path)
    return recipe


def _check(recipe: Recipe, path: Path) -> None:
    """Check the law, and all fields of the manifest with stand-ins for what the build fills in."""
    zeros = "0" * 64
    variants = tuple(Variant(recipe.file(p), zeros, 1, p.runtime, p.precision) for p in recipe.variants)
    golden = {"file": "golden.npz", "sha256": zeros, "size": 1}
    draft = recipe.draft(variants, golden, (Metric("none", 0, 0, 0, 1, "nothing"),))
    try:
        check_manifest(draft)
    except ManifestError as error:
        msg = f"{path}: {error}"
        raise BundleError(msg) from error
