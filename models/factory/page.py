"""A report as one page for people: what was reached, how sure that is, and what went wrong.

Rules: one file that loads nothing from anywhere, and forbids itself to; every name and text of the report is escaped; what
was skipped or missed stands at the top. Pictures of failures are put in by whoever may: such a page holds measuring data,
and may not be passed on where their terms forbid it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from models.factory import sections
from models.factory.gallery import Picture, gallery
from models.factory.markup import Markup, element, join, trusted
from models.factory.report import Report
from models.factory.tables import table

STYLE = Path(__file__).with_name("page.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(report: Report, pictures: Mapping[str, Picture] | None = None) -> str:
    """The whole page, HTML.

    Args:
        report: what to show.
        pictures: of failures, by the item's name, uint8 (height, width, 3), RGB.

    Raises:
        EvaluationError: for a picture of another shape or type.
    """
    title = f"{report.bundle} {report.version}: evaluation"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", trusted(STYLE.read_text("utf-8"))),
    )
    body = element("body", element("main", _top(report), *_sections(report, pictures or {})))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _top(report: Report) -> Markup:
    missed = sum(not result.reached for result in report.gates)
    total = len(report.gates)
    if not total:
        verdict, kind = "No gates were judged.", None
    elif missed:
        verdict, kind = f"{missed} of {total} gates missed; the table says which, and why.", "bad"
    else:
        verdict, kind = f"All {total} gates reached." if total > 1 else "The gate is reached.", "good"
        below = sum(not result.fulfilled for result in report.gates)
        if below:
            verdict, kind = f"{verdict[:-1]}, {below} of them lowered: what was wanted is missed.", None
    skipped = [data for data in report.data if data.skipped]
    lines = [element("p", f"Skipped: {data.name} ({data.skipped}).", class_="doubt") for data in skipped]
    lead = "Intervals are 95%, drawn by source: photos, clips and scenes, never single items of one of them."
    classes = f"verdict {kind}" if kind else "verdict"
    return join(
        element("h1", f"{report.bundle} {report.version}"),
        element("p", lead, class_="lead"),
        element("p", verdict, class_=classes),
        *lines,
    )


def _sections(report: Report, pictures: Mapping[str, Picture]) -> list[Markup]:
    machine = report.machine
    packages = ", ".join(f"{name} {number}" for name, number in sorted(machine.packages.items()))
    where = f"{machine.processor}; {machine.cores} cores, {machine.system}, Python {machine.python}, {packages}."
    data = [
        (d.name, str(d.n), "skipped: " + d.skipped if d.skipped else "measured", (d.sha256 or "")[:16]) for d in report.data
    ]
    files = [(v.variant, v.file, f"{v.size / 1e6:.2f}", v.sha256[:16]) for v in report.variants]
    found: tuple[tuple[str, object, Callable[[], Markup]], ...] = (
        ("Gates", report.gates, lambda: sections.gates(report)),
        ("Figures", report.figures, lambda: sections.figures(report)),
        ("Compared on the same items", report.comparisons, lambda: sections.comparisons(report)),
        ("Calibration", report.calibrations, lambda: sections.calibrations(report)),
        ("Curves", report.curves, lambda: sections.curves(report)),
        ("Operating points", report.operating, lambda: sections.operating(report)),
        ("Time and memory", report.latency or report.memory, lambda: sections.cost(report)),
        ("Worst failures", report.failures, lambda: gallery(report.failures, pictures)),
        ("Data", data, lambda: table("Data", ("data", "items", "", "SHA-256"), data, numeric=(1,))),
        ("Files", files, lambda: table("Files", ("variant", "file", "MB", "SHA-256"), files, numeric=(2,))),
        ("Notes", report.notes, lambda: join(*(element("p", note) for note in report.notes))),
        ("Machine", where, lambda: element("p", where)),
    )
    return [element("section", element("h2", name), draw()) for name, given, draw in found if given]
