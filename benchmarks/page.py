"""docs/performance.md from measured figures: ``lamplighter bench NAME --json | python -m benchmarks.page``.

Rules: figures come from standard input, as ``bench --json`` printed them, and replace those of the same bench in
``docs/performance.json``; the page is made from that file alone. Nothing is typed by hand.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.cli import MODULES, load

DOCS = Path(__file__).resolve().parents[1] / "docs"
INTRODUCTION = """# Performance

Made by `make performance` (or, for one bench, `lamplighter bench NAME --json | python -m benchmarks.page`); not edited by hand.
Every figure can be repeated with the command above its table. Absolute times belong to the machine named beside them; ratios
were taken within one run. The interval is 95% unless the bench says otherwise.
"""


class Measurement(msgspec.Struct):
    """All figures of one bench, as last measured."""

    date: str
    machine: str
    figures: list[dict[str, Any]]


def machine() -> str:
    """This machine, without its name."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = f"{line.split(':', 1)[1].strip()}, {platform.machine()}"
            break
    onnx = version("onnxruntime")
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Linux, Python {platform.python_version()}, onnxruntime {onnx}"


def merge(record: dict[str, Measurement], lines: Iterable[str], date: str, where: str) -> dict[str, Measurement]:
    """Replace the benches that occur in ``lines``; the others stay."""
    fresh: dict[str, Measurement] = {}
    for line in lines:
        if not line.strip():
            continue
        figure = msgspec.json.decode(line, type=dict[str, Any])
        fresh.setdefault(figure.pop("bench"), Measurement(date, where, [])).figures.append(figure)
    return {**record, **fresh}


def render(record: dict[str, Measurement]) -> str:
    """The page."""
    parts = [INTRODUCTION]
    for name in MODULES:
        parts.append(f"\n## {name}\n\n{load(name).description}\n\n`lamplighter bench {name}`\n")
        measured = record.get(name)
        if measured is None:
            parts.append("\nNot measured yet.\n")
            continue
        parts.append(f"\nMeasured {measured.date} on {measured.machine}.\n\n")
        parts.append(
            "| figure | value | unit | n | interval | must reach | reached | against |\n|---|---|---|---|---|---|---|---|\n"
        )
        parts.extend(_row(figure) for figure in measured.figures)
    return "".join(parts)


def _row(figure: dict[str, Any]) -> str:
    low, high = figure.get("low"), figure.get("high")
    interval = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
    target = "" if "target" not in figure else f"{figure.get('sense', 'at most')} {figure['target']:g}"
    reached = {True: "yes", False: "**no**", None: ""}[figure["reached"]]
    return (
        f"| `{figure['name']}` | {figure['value']:.4g} | {figure['unit']} | {figure['n']} | {interval} | {target} | {reached} "
        f"| {figure.get('against', '')} |\n"
    )


def main() -> None:
    """Merge standard input into the record and write the page."""
    path = DOCS / "performance.json"
    record = msgspec.json.decode(path.read_bytes(), type=dict[str, Measurement]) if path.exists() else {}
    today = dt.datetime.now(dt.timezone.utc).date().isoformat()
    record = merge(record, sys.stdin, today, machine())
    path.write_bytes(msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1) + b"\n")
    (DOCS / "performance.md").write_text(render(record), "utf-8")


if __name__ == "__main__":
    main()
