"""``lamplighter models``: what bundles are here, what stands in one, building one."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress
from rich.table import Table

from models.bundle.bundle import Bundle, BundleError, load_bundle, zoo
from models.factory.release import read_recipe

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Folder = Annotated[Path | None, typer.Option("--zoo", help="Folder of bundles; that of the installation by default")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]

MODELS_EXTRA = "pip install 'lamplighter[models]', or make setup-models in a checkout"
RECIPES = {"person-vehicle-fast": "models.recipes.person_vehicle_fast.recipe"}


@app.command("list")
def list_bundles(*, folder: Folder = None, as_json: AsJson = False) -> None:
    """Name the bundles that are here."""
    bundles = [_load(path.parent) for path in sorted((folder or zoo()).glob("*/manifest.json"))]
    if as_json:
        sys.stdout.write(msgspec.json.encode([b.manifest for b in bundles]).decode() + "\n")
        return
    table = Table("bundle", "version", "labels", "variants", "MB")
    for bundle in bundles:
        m = bundle.manifest
        size = sum(v.size for v in m.variants) / 1e6
        table.add_row(m.name, m.version, ", ".join(m.labels), ", ".join(v.precision for v in m.variants), f"{size:.1f}")
    Console().print(table)


@app.command()
def inspect(name: str, *, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show a bundle's manifest, after checking every file against it."""
    bundle = _load((folder or zoo()) / name)
    try:
        for variant in bundle.manifest.variants:
            bundle.read(variant)
        bundle.read(bundle.manifest.golden)
    except BundleError as error:
        _fail(str(error))
    if as_json:
        sys.stdout.write(msgspec.json.encode(bundle.manifest).decode() + "\n")
    else:
        Console().print((bundle.folder / "MODEL_CARD.md").read_text("utf-8"), markup=False, highlight=False)


@app.command()
def build(
    name: str,
    *,
    source: Annotated[Path | None, typer.Option(help="The weights' package when it is already here")] = None,
    folder: Folder = None,
) -> None:
    """Build a bundle from its recipe and put it into the zoo."""
    if name not in RECIPES:
        _fail(f"there is no recipe {name!r}; there are: {', '.join(RECIPES)}")
    try:
        recipe = importlib.import_module(RECIPES[name])
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "models":
            raise
        _fail(f"building models needs the package {error.name!r}, which is not installed; install it with: {MODELS_EXTRA}")
    console = Console(stderr=True)
    with console.status(name) as status:
        try:
            recipe.build((folder or zoo()) / name, source, lambda text: status.update(f"{name}: {text}"))
        except (BundleError, ValueError, OSError) as error:
            _fail(str(error))
    console.print(f"built {(folder or zoo()) / name}")


@app.command("fetch")
def fetch_bundle(
    name: str,
    *,
    file: Annotated[Path | None, typer.Option(help="The released file, brought by hand; nothing is fetched then")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder of fetched bundles; yours by default")] = None,
) -> None:
    """Make a bundle of weights that come from their official release."""
    try:
        fetching = importlib.import_module("models.factory.fetch")
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "models":
            raise
        _fail(f"fetching models needs the package {error.name!r}, which is not installed; install it with: {MODELS_EXTRA}")
    console = Console(stderr=True)
    with Progress(*Progress.get_default_columns(), DownloadColumn(), console=console, transient=True) as bar:
        task = bar.add_task(name, total=None)
        try:
            made = fetching.fetch(
                read_recipe(name), folder, file=file, progress=lambda here, size: bar.update(task, completed=here, total=size)
            )
        except (BundleError, OSError) as error:
            bar.stop()
            _fail(str(error))
    console.print(f"here: {made}", soft_wrap=True)


def _load(folder: Path) -> Bundle:
    try:
        return load_bundle(folder)
    except BundleError as error:
        _fail(str(error))
        raise  # never reached; _fail ends the command


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)
