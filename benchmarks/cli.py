"""``lamplighter bench``: run measurements and print their figures.

Rules: with ``--json`` each figure is one JSON object on a line of standard output and everything else goes to standard error.
Each bench is told as soon as it is measured; one that fails is named with its error, and the others still run.
Exit status 0: all targets reached; 1: one missed or a bench failed; 3: nothing ran because all were skipped.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from benchmarks.figure import Bench, Figure, Options, Skipped

MODULES = {
    "crowd-accuracy": "benchmarks.crowd_accuracy",
    "edge-budget": "benchmarks.edge_budget",
    "edge-cost": "benchmarks.edge_cost",
    "edge-gate": "benchmarks.edge_gate",
    "edge-peer": "benchmarks.edge_peer",
    "crowd-dense": "benchmarks.crowd_dense",
    "edge-overhead": "benchmarks.edge_overhead",
    "edge-memory": "benchmarks.edge_memory",
    "event-latency": "benchmarks.event_latency",
    "uplink": "benchmarks.uplink",
    "bytes": "benchmarks.bytes_per_month",
    "wear": "benchmarks.wear",
    "boot": "benchmarks.boot",
    "anpr-latency": "benchmarks.anpr_latency",
    "ota-bytes": "benchmarks.ota_bytes",
    "ota-crash": "benchmarks.ota_crash",
    "ota-switch": "benchmarks.ota_switch",
    "rollout": "benchmarks.rollout",
    "anpr-clone": "benchmarks.anpr_clone",
    "anpr-hits": "benchmarks.anpr_hits",
    "anpr-privacy": "benchmarks.anpr_privacy",
    "zoo": "benchmarks.zoo",
    "anpr-passage": "benchmarks.anpr_passage",
    "anpr-vehicle": "benchmarks.anpr_vehicle",
    "anpr-lists": "benchmarks.anpr_lists",
    "sources": "benchmarks.sources",
    "gunshot-count": "benchmarks.gunshot_count",
    "gunshot-doa": "benchmarks.gunshot_doa",
    "gunshot-locate": "benchmarks.gunshot_locate",
    "gunshot-detect": "benchmarks.gunshot_detect",
    "gunshot-latency": "benchmarks.gunshot_latency",
    "gunshot-cost": "benchmarks.gunshot_cost",
    "gunshot-newyear": "benchmarks.gunshot_newyear",
    "calibration": "benchmarks.calibration",
}
"""Bench names and the modules that measure them; each has ``DESCRIPTION`` and ``run(options)``."""

ALL_SKIPPED = 3


def load(name: str) -> Bench:
    """Import one bench.

    Raises:
        typer.BadParameter: for a name that is not in the list.
    """
    if name not in MODULES:
        msg = f"there is no bench {name!r}; `lamplighter bench --list` names them"
        raise typer.BadParameter(msg)
    module = importlib.import_module(MODULES[name])
    return Bench(name, module.DESCRIPTION, module.run)


def bench(  # noqa: PLR0913 - one parameter for each option on the command line
    names: Annotated[list[str] | None, typer.Argument(help="Which benches; all when none is named")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="Name the benches and stop")] = False,
    data: Annotated[
        Path,
        typer.Option(help="Folder with the measuring data: pets/gt_001_400.txt (MOT), and what models are judged on"),
    ] = Path("../shared/data"),
    quick: Annotated[bool, typer.Option(help="Short forms, as the tests run them")] = False,
    seconds: Annotated[float | None, typer.Option(min=1.0, help="Length of measurements that watch something last")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random")] = 1,
) -> None:
    """Measure, and compare with what must be reached."""
    if show_list:
        for name in MODULES:
            typer.echo(f"{name:16} {load(name).description}")
        return
    notes = Console(stderr=True)
    benches = [load(name) for name in names or MODULES]
    told = 0
    good = True
    for item in benches:
        options = Options(data=data, quick=quick, seconds=seconds, seed=seed)
        figures, sound = _measure(item, options, notes, as_json=as_json)
        good = good and sound
        told += len(figures)
        if figures and not as_json:
            Console().print(_table(item.name, figures))
    if not good:
        raise typer.Exit(1)
    if not told:
        raise typer.Exit(ALL_SKIPPED)


def _measure(item: Bench, options: Options, notes: Console, *, as_json: bool) -> tuple[list[Figure], bool]:
    """Figures of one bench, and whether it came to its end with every target reached."""
    figures: list[Figure] = []
    try:
        with notes.status(item.name) as status:
            told = replace(options, progress=lambda text: status.update(f"{item.name}: {escape(text)}"))
            for figure in item.run(told):
                figures.append(figure)
                if as_json:
                    sys.stdout.write(_line(item.name, figure) + "\n")
                    sys.stdout.flush()
    except Skipped as skipped:
        notes.print(f"[yellow]skipped[/] {item.name}: {escape(str(skipped))}")
    except Exception as error:  # noqa: BLE001 - whatever it met, an hour of other benches is not thrown away for it
        notes.print(f"[red]failed[/] {item.name}: {escape(f'{type(error).__name__}: {error}')}")
        return figures, False
    return figures, all(figure.reached is not False for figure in figures)


def _line(name: str, figure: Figure) -> str:
    record = {"bench": name, **msgspec.to_builtins(figure), "reached": figure.reached}
    return msgspec.json.encode(record).decode()


def _table(name: str, figures: list[Figure]) -> RenderableType:
    table = Table(name, "value", "unit", "n", "interval", "must reach", box=box.SIMPLE_HEAD)
    notes: dict[str, list[str]] = {}
    for figure in figures:
        interval = "" if figure.low is None or figure.high is None else f"{figure.low:.4g} to {figure.high:.4g}"
        goal = "" if figure.target is None else f"{figure.sense.value} {figure.target:g}"
        colour = {True: "green", False: "red", None: "white"}[figure.reached]
        missed = "" if figure.reached is not False else " missed"
        value = f"[{colour}]{figure.value:.4g}{missed}[/]"
        table.add_row(figure.name, value, figure.unit, str(figure.n), interval, goal)
        notes.setdefault(figure.against, []).append(figure.name)
    words = [Text(f"  {', '.join(of)}: {against}", style="dim") for against, of in notes.items() if against]
    return Group(table, *words)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(name="bench")(bench)
