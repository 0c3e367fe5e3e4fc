"""``lamplighter models``: from weights or data to a bundle that may be deployed, and what is known of it."""

from __future__ import annotations

import contextlib
import hashlib
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress
from rich.table import Table

from models.bundle.bundle import Bundle, BundleError, fetched, load_bundle, zoo
from models.factory.card import CARD
from models.factory.comparison import Comparison
from models.factory.listing import bundles, folder_of, listed, measured, tables
from models.factory.statistics import EvaluationError

MODELS_EXTRA = "pip install 'lamplighter[models]', or make setup-models in a checkout"
_ERR = Console(stderr=True)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Folder = Annotated[Path | None, typer.Option("--zoo", help="Folder of bundles; that of the installation by default")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of data; figures on what is not there are skipped by name")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]


@app.command("list")
def list_bundles(*, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show every bundle with its figures and gates."""
    with _told():
        found = [listed(bundle) for bundle in bundles(_folders(folder))]
    if as_json:
        _write(found)
    else:
        Console().print(tables(found))


@app.command()
def inspect(name: str, *, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show a bundle's manifest, after checking every file against it."""
    with _told():
        bundle = _find(name, folder)
        for variant in bundle.manifest.variants:
            bundle.read(variant)
        bundle.read(bundle.manifest.golden)
    if as_json:
        _write(bundle.manifest)
    else:
        Console().print((bundle.folder / CARD).read_text("utf-8"), markup=False, highlight=False)


@app.command()
def build(
    name: str,
    *,
    source: Annotated[Path | None, typer.Option(help="The weights' package when it is already here")] = None,
    data: Data = None,
    folder: Folder = None,
) -> None:
    """Build a bundle from its recipe; it enters the zoo when it passes its gates."""
    with _told("building models"):
        from models.factory.build import build as build_bundle  # noqa: PLC0415 - needs packages that looking does not

        with _working(name) as progress:
            where = folder or zoo()
            shipped = None if (where / name).is_dir() else zoo() / name
            target = build_bundle(name, where, progress, source=source, data=data, shipped=shipped)
    _ERR.print(f"built {target}", soft_wrap=True)


@app.command()
def train(  # noqa: PLR0913 - options of the command
    name: str,
    *,
    work: Annotated[Path | None, typer.Option(help="Folder of checkpoint and result [artefacts/training/NAME]")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that draw batches")] = 1,
    hours: Annotated[float, typer.Option(min=0, help="Stop after so long; the same command goes on")] = math.inf,
    device: Annotated[str, typer.Option(help="cpu, cuda")] = "cpu",
    start: Annotated[
        Path | None, typer.Option("--from", help="Begin from weights of an earlier training (npz) [the network's own]")
    ] = None,
) -> None:
    """Train a recipe's network, or go on where its last checkpoint stands."""
    with _told("training models"):
        from models.factory.training import load_task  # noqa: PLC0415 - as above
        from models.factory.training import train as train_task  # noqa: PLC0415

        task, plan = load_task(name, anew=start is None)
        folder = work or Path("artefacts/training") / name
        until = hours * 3600
        made = train_task(task, plan, folder, _ERR.print, workers=workers, until=until, device=device, start=start)
    if made is None:
        _ERR.print(f"stopped for now; the same command goes on from {folder}", soft_wrap=True)
        return
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    _ERR.print(f"trained: {made}\ncopy it beside the recipe and write its SHA-256 into recipe.toml: {digest}", soft_wrap=True)


@app.command()
def evaluate(
    name: str,
    *,
    data: Data = None,
    folder: Folder = None,
    out: Annotated[Path, typer.Option(help="Folder for page.html and report.json")] = Path("artefacts/evaluation"),
    as_json: AsJson = False,
) -> None:
    """Measure a bundle; writes a page for people and a report for gates, and ends with 1 when a gate is missed."""
    with _told("evaluating models"):
        from models.factory.evaluation import evaluate as evaluate_bundle  # noqa: PLC0415 - as above

        with _working(name) as progress:
            report, page = evaluate_bundle(_find(name, folder), data, out / name, progress)
    if as_json:
        _write(report)
    else:
        Console().print(tables([measured(_find(name, folder).manifest, report)]))
        for part in report.data:
            if part.skipped:
                _ERR.print(f"skipped: {part.name}: {part.skipped}", soft_wrap=True)
        _ERR.print(f"page: {page}", soft_wrap=True)
    raise typer.Exit(any(not result.reached for result in report.gates))


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="A bundle, BUNDLE:PRECISION, a bundle's folder, or BUNDLE/PEER")],
    second: Annotated[str, typer.Argument(help="Likewise")],
    *,
    data: Annotated[Path, typer.Option("--data", help="Folder of data, peers included")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Compare two models on the same data in one run, with a paired test."""
    with _told("comparing models"):
        from models.factory.rivals import confront, rival  # noqa: PLC0415 - as above

        with _working(f"{first} and {second}") as progress:
            both = [rival(name, _folders(folder), data) for name in (first, second)]
            found = confront(both[0], both[1], data, progress)
    if as_json:
        _write(found)
    else:
        Console().print(_compared(first, second, found))


@app.command("fetch")
def fetch_bundle(
    name: Annotated[str | None, typer.Argument(help="Without a name: say what can be fetched")] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="The released file, brought by hand; nothing is fetched then")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder of fetched bundles; yours by default")] = None,
) -> None:
    """Make a bundle of weights that come from their official release."""
    with _told("fetching models"):
        from models.factory.fetch import fetch  # noqa: PLC0415 - as above
        from models.factory.release import names, read_recipe  # noqa: PLC0415

        if name is None:
            typer.echo("\n".join(names()))
            return
        recipe = read_recipe(name)
        with Progress(*Progress.get_default_columns(), DownloadColumn(), console=_ERR, transient=True) as bar:
            task = bar.add_task(name, total=None)
            made = fetch(recipe, folder, file=file, progress=lambda here, size: bar.update(task, completed=here, total=size))
    _ERR.print(f"here: {made}", soft_wrap=True)


@app.command("adopt")
def adopt_own(
    source: Annotated[Path, typer.Argument(help="Folder with bundle.toml and the files that it names")],
    *,
    folder: Annotated[Path | None, typer.Option(help="Folder of bundles that it joins; yours by default")] = None,
) -> None:
    """Make a bundle of a detector of your own (docs/ml-engineer.md)."""
    with _told("adopting a model"):
        from models.factory.adopt import adopt  # noqa: PLC0415 - as above

        made = adopt(source, folder)
    _ERR.print(f"here: {made}", soft_wrap=True)


def _find(name: str, folder: Path | None) -> Bundle:
    """A bundle of the folder, or of the zoo or of those that were fetched."""
    folders = _folders(folder)
    return load_bundle(folder_of(name, folders) or folders[0] / name)


def _folders(folder: Path | None) -> list[Path]:
    """Where bundles are looked for."""
    return [folder] if folder else [zoo(), fetched()]


def _compared(first: str, second: str, found: Sequence[Comparison]) -> Table:
    shown = Table("figure", "A", "B", "B - A (95%)", "p", "n", caption_justify="left")
    for column in shown.columns:
        column.no_wrap = True
    for c in found:
        difference = f"{c.difference:+.3g} ({c.low:+.3g} to {c.high:+.3g})"
        p = f"{c.p:.3g}" if c.mcnemar_p is None else f"{c.p:.3g}; McNemar {c.mcnemar_p:.3g}"
        shown.add_row(c.name, f"{c.first_value:.4g}", f"{c.second_value:.4g}", difference, p, str(c.n))
    data: dict[str, list[str]] = {}
    for c in found:
        data.setdefault(c.on, []).append(c.name)
    lines = [f"{', '.join(names)}: {on}" for on, names in data.items()]
    shown.caption = "\n".join([f"A: {first}. B: {second}.", *lines])
    return shown


@contextlib.contextmanager
def _working(name: str) -> Iterator[Callable[[str], None]]:
    """Show what is going on, on standard error."""
    with _ERR.status(name) as status:
        yield lambda text: status.update(f"{name}: {text}")


@contextlib.contextmanager
def _told(doing: str = "") -> Iterator[None]:
    """Errors that a person can do something about become one line and exit status 1."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "models":
            raise
        typer.echo(
            f"{doing} needs the package {error.name!r}, which is not installed; install it with: {MODELS_EXTRA}", err=True
        )
        raise typer.Exit(1) from None
    except (BundleError, EvaluationError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _write(value: Any) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
