"""Measuring a bundle that is here: the report for gates, the page for people."""

from __future__ import annotations

from pathlib import Path

from models.bundle.bundle import Bundle
from models.factory.declared import RECIPES
from models.factory.measure import measure
from models.factory.owned import own_detector
from models.factory.page import page
from models.factory.report import Report, write_report
from models.factory.steps import Judge, Progress, load_judge
from models.factory.subject import Subject, read_subject
from protocol.manifest import Manifest


def evaluate(bundle: Bundle, data: Path | None, out: Path, progress: Progress, recipes: Path = RECIPES) -> tuple[Report, Path]:
    """Measure every variant of a bundle.

    Args:
        bundle: whose files are checked first.
        data: folder of data; without it, and for what is not in it, figures are skipped by name.
        out: folder for ``report.json`` and ``page.html``; made when missing.
        progress: told what is going on.
        recipes: folder of recipes.

    Returns:
        The report, and the page's path.

    Raises:
        BundleError: when a file differs from its manifest, or there is no recipe and it is no detector of people.
        EvaluationError: when a figure cannot be computed.
    """
    manifest = bundle.manifest
    recipe, judge = _measured_by(manifest, recipes)
    for variant in manifest.variants:
        bundle.read(variant)
    report = measure(recipe, judge, bundle.folder, manifest.variants, data, progress)
    progress("drawing the page")
    shown = {failure.item: judge.picture(failure.item, data) for failure in report.failures}
    out.mkdir(parents=True, exist_ok=True)
    write_report(out / "report.json", report)
    target = out / "page.html"
    target.write_text(page(report, {item: picture for item, picture in shown.items() if picture is not None}), "utf-8")
    return report, target


def _measured_by(manifest: Manifest, recipes: Path) -> tuple[Subject, Judge]:
    """By its recipe; a detector of the user's own has none, and is asked as those that are built here."""
    own = own_detector(manifest, recipes)
    if own is not None:
        return own, own
    return read_subject(manifest.name, recipes), load_judge(manifest.name)
