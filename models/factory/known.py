"""The figures that a fetched bundle brings along, since whoever fetches it has no data.

``python -m models.factory.known artefacts/evaluation/NAME/report.json``, after ``lamplighter models evaluate NAME --data DIR``,
writes ``metrics.json`` beside the recipe.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from models.factory.declared import RECIPES, module
from models.factory.fetch import METRICS
from models.factory.measure import ON_THE_CPU
from models.factory.report import Report, read_report
from protocol.manifest import Metric


def known(report: Report) -> list[Metric]:
    """What was measured of the one file, but times, which belong to a machine; each says which file it was."""
    (file,) = report.variants
    figures = [found.metric for found in report.figures if not found.condition and found.metric.on != ON_THE_CPU]
    return [msgspec.structs.replace(metric, on=f"{metric.on}; file {file.sha256[:16]}") for metric in figures]


def main() -> None:
    """Write the figures of a report."""
    report = read_report(Path(sys.argv[1]))
    target = RECIPES / module(report.bundle) / METRICS
    target.write_bytes(msgspec.json.format(msgspec.json.encode(known(report)), indent=1) + b"\n")
    sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main()
