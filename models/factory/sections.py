"""The sections of a report's page: tables beside plots, each with words for those who do not see the plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.factory import plots
from models.factory.calibration import Calibration
from models.factory.curves import Curve, CurveKind
from models.factory.gates import GateResult, describe, verdict
from models.factory.markup import Markup, element, join
from models.factory.operating import OperatingResult
from models.factory.report import Report
from models.factory.statistics import Estimate
from models.factory.tables import between, chance, number, plot, table

ALL = "all together"


def gates(report: Report) -> Markup:
    """Every gate, with what was found."""
    rows = [
        (
            _verdict(result),
            describe(result.gate),
            "" if result.value is None else number(result.value),
            between(result.low, result.high),
            result.gate.on,
            "" if result.fulfilled else verdict(result),
        )
        for result in report.gates
    ]
    return table("Gates", ("", "gate", "found", "95% interval", "on", "verdict"), rows, numeric=(2, 3))


def _verdict(result: GateResult) -> Markup:
    word = "reached" if result.fulfilled else "goal missed" if result.reached else "missed"
    return element("span", word, class_="good" if result.fulfilled else "bad")


def figures(report: Report) -> Markup:
    """All figures: shares drawn, all in a table."""
    together = [found for found in report.figures if not found.condition]
    drawn = [found for found in together if not found.unit and found.metric.low >= 0 and found.metric.high <= 1]
    parts = []
    if drawn:
        rows = {id(found): _row(found, drawn) for found in drawn}
        marks = [_dot(found, rows[id(found)]) for found in drawn]
        gates_of = [r.gate for r in report.gates if not r.gate.condition and r.gate.limit <= 1]
        limits = [(row, g.limit, g.at_least is not None) for g in gates_of if (row := _row_of(g.figure, g.on, drawn))]
        words = "Bars are 95% intervals" + (
            "; an upright line is a gate, its arrow points to the good side." if limits else "."
        )
        parts.append(plot("Figures", plots.dots("figures", marks, limits), words, _spoken(drawn)))
    by_name: dict[tuple[str, str], list[Estimate]] = {}
    for found in report.figures:
        if found.condition:
            by_name.setdefault((found.metric.name, found.metric.on), []).append(found)
    for (name, on), parts_of in by_name.items():
        marks = [_dot(found, found.condition) for found in parts_of]
        parts.append(plot(f"{name} by condition", plots.dots(f"{name} {on}", marks), f"On {on}.", _spoken(parts_of)))
    cells = [
        (
            f.metric.name,
            f.variant,
            f.condition or (ALL if by_name else ""),
            f"{number(f.metric.value)} {f.unit}".rstrip(),
            between(f.metric.low, f.metric.high),
            str(f.metric.n),
            str(f.sources) if f.sources else "",
            f.metric.on,
            f.note,
        )
        for f in report.figures
    ]
    heads = ("figure", "variant", "condition", "value", "95% interval", "n", "sources", "on", "note")
    return join(element("div", *parts, class_="plots"), table("Figures", heads, cells, numeric=(3, 4, 5, 6)))


def comparisons(report: Report) -> Markup:
    """Two models on the same items."""
    found = report.comparisons
    marks = [plots.Dot(f"{c.name}: {c.second} less {c.first}", "difference", c.difference, c.low, c.high) for c in found]
    spoken = "; ".join(f"{c.name}: {c.second} less {c.first} {number(c.difference)}" for c in found)
    words = "Difference with its 95% interval, sources drawn anew; an interval that holds 0 may be chance."
    cells = [
        (
            c.name,
            c.first,
            number(c.first_value),
            c.second,
            number(c.second_value),
            number(c.difference, sign=True),
            between(c.low, c.high),
            chance(c.p),
            "" if c.mcnemar_p is None else chance(c.mcnemar_p),
            f"{c.n} / {c.sources}",
            c.on,
            c.note,
        )
        for c in found
    ]
    heads = (
        "figure",
        "first",
        "value",
        "second",
        "value",
        "difference",
        "95% interval",
        "p",
        "McNemar p",
        "n / sources",
        "on",
        "note",
    )
    return join(
        element("div", plot("Differences", plots.dots("differences", marks, zero="difference"), words, spoken), class_="plots"),
        table("Comparisons", heads, cells, numeric=(2, 4, 5, 6, 7, 8, 9)),
    )


def calibrations(report: Report) -> Markup:
    """Reliability diagrams, variants together."""
    groups: dict[tuple[str, str], list[Calibration]] = {}
    for found in report.calibrations:
        groups.setdefault((found.name, found.on), []).append(found)
    drawn = []
    for (name, on), of in groups.items():
        columns = [
            plots.Column(c.variant, b.confidence, b.accuracy, b.accuracy_low, b.accuracy_high, b.n / c.n)
            for c in of
            for b in c.bins
        ]
        spoken = "; ".join(f"{c.variant}: expected calibration error {number(c.ece)}" for c in of)
        words = f"On {on}. On the dashed line a probability means what it says; bars are 95% intervals."
        drawn.append(plot(f"Reliability of {name}", plots.reliability_diagram(f"{name} {on}", columns), words, spoken))
    cells = [
        (
            c.name,
            c.variant,
            number(c.ece),
            number(c.ece_mass),
            str(c.n),
            f"{c.temperature:.3g}",
            c.fitted_on or "not fitted",
            c.on,
        )
        for c in report.calibrations
    ]
    heads = ("probabilities of", "variant", "ECE", "ECE, equal mass", "n", "temperature", "fitted on", "on")
    return join(element("div", *drawn, class_="plots"), table("Calibration", heads, cells, numeric=(2, 3, 4, 5)))


def operating(report: Report) -> Markup:
    """Thresholds, and what they do where they were not chosen."""
    rows = []
    for point in report.operating:
        for where, found in (("chosen on", point.chosen), ("reported on", point.reported)):
            values = "; ".join(
                f"{e.metric.name.rsplit('.', 1)[-1].replace('_', ' ')} {number(e.metric.value)}"
                f" ({between(e.metric.low, e.metric.high)})"
                for e in found
            )
            on = found[0].metric.on if found else point.chosen_on
            promise = f"{point.promise.value.replace('-', ' ')} {point.limit:g}"
            rows.append((point.name, point.variant, f"{point.threshold:.4g}", promise, f"{where} {on}", values))
    return table("Operating points", ("point", "variant", "threshold", "promise", "data", "figures"), rows, numeric=(2,))


def curves(report: Report) -> Markup:
    """Precision-recall and ROC, variants together, operating points marked."""
    groups: dict[tuple[CurveKind, str, str], list[Curve]] = {}
    for found in report.curves:
        groups.setdefault((found.kind, found.name, found.on), []).append(found)
    return element("div", *(_curves(kind, name, on, of, report) for (kind, name, on), of in groups.items()), class_="plots")


def cost(report: Report) -> Markup:
    """Latency and memory."""
    parts = []
    if report.latency:
        found = [plots.Bar(t.variant, t.median_ms, t.low_ms, t.high_ms, t.p95_ms) for t in report.latency]
        spoken = "; ".join(f"{t.variant}: {t.median_ms:.3g} ms" for t in report.latency)
        threads = report.machine.threads
        words = f"One inference on {threads} thread{'s' * (threads != 1)}: median, its 95% interval, 95th percentile."
        parts.append(plot("Latency", plots.bars("latency", found, "ms"), words, spoken))
    heads = ("variant", "median ms", "95% interval", "95th percentile", "runs", "against", "ratio", "95% interval")
    times = [
        (
            t.variant,
            number(t.median_ms),
            between(t.low_ms, t.high_ms),
            number(t.p95_ms),
            str(t.n),
            t.against,
            number(t.ratio),
            between(t.ratio_low, t.ratio_high),
        )
        for t in report.latency
    ]
    memory = [(m.variant, f"{m.pss_mb:.1f}", f"{m.rss_mb:.1f}", f"{m.peak_mb:.1f}", str(m.processes)) for m in report.memory]
    kept = ("variant", "PSS, MB", "RSS, MB", "peak RSS, MB", "processes")
    return join(
        element("div", *parts, class_="plots"),
        table("Latency", heads, times, numeric=(1, 2, 3, 4, 6, 7)) if times else "",
        element("h3", "Memory by which a fresh process grows") if memory else "",
        table("Memory", kept, memory, numeric=(1, 2, 3, 4)) if memory else "",
    )


def _dot(found: Estimate, row: str) -> plots.Dot:
    return plots.Dot(row, found.variant, found.metric.value, found.metric.low, found.metric.high)


def _row(found: Estimate, among: Sequence[Estimate]) -> str:
    """The figure's name; with its data where the name stands on several."""
    several = len({other.metric.on for other in among if other.metric.name == found.metric.name}) > 1
    return f"{found.metric.name}, {found.metric.on}" if several else found.metric.name


def _row_of(figure: str, on: str, among: Sequence[Estimate]) -> str | None:
    return next((_row(f, among) for f in among if f.metric.name == figure and f.metric.on == on), None)


def _spoken(found: Sequence[Estimate]) -> str:
    return "; ".join(_said(f) for f in found)


def _said(found: Estimate) -> str:
    what = " ".join(part for part in (found.metric.name, found.variant, found.condition) if part)
    return f"{what}: {number(found.metric.value)}, {between(found.metric.low, found.metric.high)}"


def _curves(kind: CurveKind, name: str, on: str, of: Sequence[Curve], report: Report) -> Markup:
    labels = {
        CurveKind.PRECISION_RECALL: ("recall", "precision", "average precision", "precision and recall"),
        CurveKind.ROC: ("false positive rate", "true positive rate", "area", "ROC"),
    }[kind]
    lines = [plots.Line(c.variant or c.name, c.x, c.y, next(_points(c, report.operating), None)) for c in of]
    areas = "; ".join(f"{c.variant or c.name}: {labels[2]} {number(c.area)}" for c in of)
    marked = " The operating point is marked." if any(line.point for line in lines) else ""
    words = f"On {on}. {areas}.{marked}"
    return plot(f"{name}: {labels[3]}", plots.curve(f"{name} {kind.value} {on}", lines, labels[0], labels[1]), words, areas)


def _points(drawn: Curve, operating_points: Sequence[OperatingResult]) -> Iterator[tuple[float, float]]:
    """Where the curve is at the thresholds that were chosen for it."""
    for point in operating_points:
        if point.name == drawn.name and point.variant == drawn.variant:
            above = [i for i, threshold in enumerate(drawn.thresholds) if threshold >= point.threshold]
            if above:
                yield drawn.x[above[-1]], drawn.y[above[-1]]
