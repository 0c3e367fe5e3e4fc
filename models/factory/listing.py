"""What bundles are here, with their figures and gates, for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table

from models.bundle.bundle import Bundle, BundleError, load_bundle
from models.factory.forms import form
from models.factory.gates import GateResult, describe, verdict
from models.factory.report import Report, read_report
from models.factory.statistics import EvaluationError
from protocol.manifest import Manifest

EVALUATION = "evaluation.json"
"""In the bundle: the files that were measured, and what came of it."""


class Listed(msgspec.Struct, frozen=True):
    """A bundle and what is known of it."""

    manifest: Manifest
    gates: tuple[GateResult, ...]
    """Empty for a fetched bundle: then the manifest's figures are shown."""


def bundles(folders: Sequence[Path]) -> list[Bundle]:
    """All bundles of these folders; the first of a name wins.

    Raises:
        BundleError: when a folder holds one that cannot be used.
    """
    found: dict[str, Bundle] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/manifest.json")):
            if path.parent.name.startswith("."):
                continue  # moved aside by a build
            bundle = load_bundle(path.parent)
            found.setdefault(bundle.manifest.name, bundle)
    return [found[name] for name in sorted(found)]


def folder_of(name: str, folders: Sequence[Path]) -> Path | None:
    """Where the bundle of a name lies; the first folder that has one wins."""
    return next((folder / name for folder in folders if (folder / name).is_dir()), None)


def evaluation_of(bundle: Bundle) -> Report | None:
    """The evaluation that lies in a bundle, when there is one and it is of these files.

    Raises:
        BundleError: when there is one and it is of others, or cannot be read.
    """
    path = bundle.folder / EVALUATION
    if not path.exists():
        return None
    try:
        report = read_report(path)
    except EvaluationError as error:
        raise BundleError(str(error)) from error
    if {(v.file, v.sha256) for v in report.variants} != {(v.file, v.sha256) for v in bundle.manifest.variants}:
        msg = f"{path}: measured other files than those that lie here; build {bundle.manifest.name} again with --data DIR"
        raise BundleError(msg)
    return report


def listed(bundle: Bundle) -> Listed:
    """Gather what is known of a bundle. Errors as :func:`evaluation_of`."""
    report = evaluation_of(bundle)
    return Listed(bundle.manifest, () if report is None else report.gates)


def measured(manifest: Manifest, report: Report) -> Listed:
    """What a new measurement found; the report's figures take the place of the manifest's."""
    figures = tuple(found.metric for found in report.figures if not found.condition)
    return Listed(msgspec.structs.replace(manifest, metrics=figures), report.gates)


def tables(found: Sequence[Listed]) -> Group:
    """A table for each bundle, a line for each gate; as wide as a terminal of 80 columns."""
    return Group(*(_table(item) for item in found))


def _table(item: Listed) -> Table:
    m = item.manifest
    size = sum(v.size for v in m.variants) / 1e6
    title = f"{m.name} {m.version}: {', '.join(map(form, m.variants))}; {size:.1f} MB"
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name, whole in (("figure", True), ("measured", True), ("95%", True), ("must reach", True), ("", False)):
        shown.add_column(name, no_wrap=whole, overflow="fold")
    for result in item.gates:
        shown.add_row(*_gate(result))
    if not item.gates:
        for metric in m.metrics:
            shown.add_row(metric.name, f"{metric.value:.3g}", _interval(metric.low, metric.high), "", "")
    return shown


def _gate(result: GateResult) -> tuple[str, str, str, str, str]:
    value = "-" if result.value is None else f"{result.value:.3g}"
    words = describe(result.gate).removeprefix(result.gate.figure).strip().replace("at least", "≥").replace("at most", "≤")
    return result.gate.figure, value, _interval(result.low, result.high), words, verdict(result)


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3g} to {high:.3g}"
