"""Bundles of weights that come from their official release.

Rules: the file is what the recipe names, by size and hash, before anything reads it; a bundle is made from it as the zoo's are
made, with manifest and golden vectors, and appears whole or not at all; where the file cannot be had, everything that is here
stays as it is, and the message says how to bring the file by hand. Fetched bundles lie in a folder of the user's
(:func:`models.bundle.bundle.fetched`), never in the zoo, which holds what was built and passed its gates.
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import tempfile
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec
import numpy.typing as npt

from models.bundle.bundle import BundleError, fetched, load_bundle
from models.bundle.golden import Run
from models.factory.assemble import ONNX_RUNTIMES, finish, variant, write_vectors
from models.factory.declared import RECIPES, module
from models.factory.download import DownloadError, Progress, Wanted, download, make_opener
from models.factory.examine import Expected, examine, expected
from models.factory.release import Recipe
from protocol.manifest import Manifest, ManifestError, Variant, check_law, check_manifest

METRICS = "metrics.json"
"""In the recipe's folder: what was measured here (:mod:`models.factory.known`)."""
DOWNLOADS = ".downloads"
"""Folder beside the bundles: what is on its way, and whole files whose bundle could not be made yet."""
_STAGING = ".staging-"


class FetchError(BundleError):
    """The file is not here; the message says what stays in use and how to bring it by hand."""


class Loading(Protocol):
    """What a recipe's package knows beside its ``fetch.toml``: module ``loading``."""

    def runner(self, path: Path, labels: tuple[str, ...]) -> Run:
        """How the file is run here, with the loader that devices use."""

    def vectors(self, run: Run) -> Mapping[str, npt.NDArray[Any]]:
        """The golden vectors, the file itself being the reference."""


def fetch(
    recipe: Recipe,
    folder: Path | None = None,
    *,
    file: Path | None = None,
    opener: urllib.request.OpenerDirector | None = None,
    progress: Progress | None = None,
) -> Path:
    """Bring a bundle here.

    Args:
        recipe: of the bundle, from :func:`models.factory.release.read_recipe`.
        folder: of fetched bundles; the user's by default.
        file: the released file, brought by hand; nothing is fetched then.
        opener: of addresses; one that trusts the system's authorities by default.
        progress: told how many bytes of how many are here.

    Returns:
        The bundle's folder. When the bundle is there already and whole, that is all that happens.

    Raises:
        FetchError: when the file cannot be had, or is another; what was here before is as it was.
        BundleError: when no bundle can be made of the file; what was here before is as it was.
    """
    folder = folder or fetched()
    target = folder / recipe.name
    if file is not None:
        _check_by_hand(recipe, file)
        return bundle_of(recipe, file, target)
    if _is_whole(target, recipe):
        return target
    release = recipe.release
    wanted = Wanted(release.url, release.size, release.sha256)
    arrived = folder / DOWNLOADS / f"{release.sha256[:16]}-{release.file}"
    try:
        if not _matches(arrived, recipe):
            download(wanted, arrived, opener or make_opener(), progress or _silent)
    except (DownloadError, OSError) as error:
        raise FetchError(_remedy(recipe, error)) from error
    made = bundle_of(recipe, arrived, target)
    arrived.unlink()
    return made


def bundle_of(recipe: Recipe, file: Path, target: Path) -> Path:
    """Make a bundle of the released file.

    Args:
        recipe: of it.
        file: whose hash has been checked.
        target: the bundle's folder; replaced whole.

    Raises:
        BundleError: when the file does not load, or the recipe's manifest cannot be deployed.
    """
    loading = _loading(recipe.name)
    takes = _examination(recipe)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=_STAGING) as scratch:
        staging = Path(scratch) / recipe.name
        staging.mkdir()
        weights = staging / recipe.release.file
        shutil.copyfile(file, weights)
        if recipe.release.runtime in ONNX_RUNTIMES:
            examine(file, takes)
        labels = tuple(recipe.manifest["labels"])
        run = loading.runner(weights, labels)
        golden = staging / "golden.npz"
        write_vectors(golden, loading.vectors(run))
        described = variant(weights, recipe.release.runtime, recipe.release.precision)
        manifest = manifest_of(recipe, described, golden)
        finish(staging, target, manifest, {weights.name: run})
    return target


def _examination(recipe: Recipe) -> Expected:
    """Check what can be checked before there is a bundle: law first."""
    said = recipe.manifest
    try:
        check_law(recipe.name, said["labels"], said["intended_purpose"])
        return expected(*recipe.interface())
    except (KeyError, TypeError, msgspec.ValidationError, ManifestError) as error:
        reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise _incorrect(recipe, reason) from error


def manifest_of(recipe: Recipe, weights: Variant, golden: Path) -> Manifest:
    """Join what the recipe says with what the files are.

    Raises:
        BundleError: naming the field that is missing or wrong, or the article that forbids it.
    """
    vectors = golden.read_bytes()
    release = recipe.release
    other = next((export.note for export in recipe.exports if export.sha256 == weights.sha256), None)
    measured = RECIPES / module(recipe.name) / METRICS
    fields: dict[str, Any] = {"metrics": msgspec.json.decode(measured.read_bytes())} if measured.is_file() else {}
    fields |= recipe.manifest
    if other is not None:
        fields["limits"] = [*fields.get("limits", ()), f"Made from another export than the release's file: {other}"]
    fields |= {
        "name": recipe.name,
        "variants": [msgspec.to_builtins(weights)],
        "golden": {
            "file": golden.name,
            "sha256": hashlib.sha256(vectors).hexdigest(),
            "size": len(vectors),
            "tolerance": recipe.tolerance,
        },
        "sources": [
            {"name": release.project, "version": release.version, "sha256": weights.sha256, "licence": release.licence},
        ],
    }
    try:
        manifest = msgspec.convert(fields, type=Manifest)
        check_manifest(manifest)
    except (msgspec.ValidationError, ManifestError) as error:
        raise _incorrect(recipe, str(error)) from error
    return manifest


def _incorrect(recipe: Recipe, reason: str) -> BundleError:
    return BundleError(f"recipe of {recipe.name}: {reason}; correct its fetch.toml")


def _silent(here: int, size: int) -> None:
    """Tell nobody."""


def _loading(name: str) -> Loading:
    try:
        return cast("Loading", importlib.import_module(f"models.recipes.{module(name)}.loading"))
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "models":
            raise
        remedy = "pip install 'lamplighter[models]', or make setup-models in a checkout"
        msg = f"making a bundle of {name} needs the package {error.name!r}, which is not installed; install it with: {remedy}"
        raise BundleError(msg) from error


def _is_whole(target: Path, recipe: Recipe) -> bool:
    """Whether the recipe's version of the bundle is there, made of a file that it names, every file as the manifest says."""
    try:
        bundle = load_bundle(target)
        for item in bundle.manifest.variants:
            bundle.read(item)
        bundle.read(bundle.manifest.golden)
    except BundleError:
        return False
    known = all(recipe.accepts(item.sha256, item.size) for item in bundle.manifest.variants)
    return known and bundle.manifest.version == recipe.version


def _matches(path: Path, recipe: Recipe) -> bool:
    """Whether a download that was kept is the release's file."""
    return path.is_file() and _identity(path, recipe.release.size) == (recipe.release.sha256, recipe.release.size)


def _identity(path: Path, most: int) -> tuple[str, int]:
    """SHA-256 and size of a file, of which no more than one byte over ``most`` is read."""
    with path.open("rb") as file:
        data = file.read(most + 1)
    return hashlib.sha256(data).hexdigest(), len(data)


def _check_by_hand(recipe: Recipe, file: Path) -> None:
    most = max([recipe.release.size, *(export.size for export in recipe.exports)])
    try:
        found = _identity(file, most)
    except OSError as error:
        msg = f"{file}: cannot be read ({error.strerror}); give the file that {recipe.release.url} gives"
        raise FetchError(msg) from error
    if not recipe.accepts(*found):
        release = recipe.release
        size = f"{found[1]} bytes" if found[1] <= most else f"over {most} bytes"
        msg = (
            f"{file}: not {recipe.name} ({size}, SHA-256 {found[0]}); the recipe names {release.size} bytes, "
            f"{release.sha256}: take {release.url} again. Nothing was changed"
        )
        raise FetchError(msg)


def _remedy(recipe: Recipe, error: Exception) -> str:
    command = f"lamplighter models fetch {recipe.name}"
    return (
        f"{error}. {recipe.name} was not fetched; {recipe.instead}. Where there is internet, run `{command}` again. "
        f"By hand: take {recipe.release.url} on another machine, bring it here, and run `{command} --file PATH`"
    )
