"""Plots of a report: values with intervals, reliability, curves, times.

Rules: variants differ by mark as well as by colour; every value has its interval; what a row is called stands above it, so
that a narrow screen loses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from models.factory.drawing import INK, MARKS, NAME, QUIET, colour, legend, short, svg
from models.factory.markup import Markup

ROW = 0.52
"""Height of a row of a dot plot, inches: its name and its marks."""


class Dot(NamedTuple):
    """A value with its interval."""

    row: str
    series: str
    value: float
    low: float
    high: float


class Line(NamedTuple):
    """A curve, and the point on it that was chosen."""

    series: str
    x: Sequence[float]
    y: Sequence[float]
    point: tuple[float, float] | None = None


class Bar(NamedTuple):
    """A time: median with its interval, 95th percentile."""

    name: str
    value: float
    low: float
    high: float
    far: float


class Column(NamedTuple):
    """A bin of a reliability diagram; ``share`` is that of all answers."""

    series: str
    confidence: float
    accuracy: float
    low: float
    high: float
    share: float


def dots(
    title: str, found: Sequence[Dot], limits: Sequence[tuple[str, float, bool]] = (), zero: str = "", axis: str = ""
) -> Markup:
    """Values by row, with intervals; one mark for each series.

    Args:
        title: sets the names inside the drawing apart from those of other drawings.
        found: the values.
        limits: gates: row, limit, and whether values must be at least that.
        zero: what lies left and right of nought, for differences; empty for plain values.
        axis: what the horizontal axis shows.
    """
    rows, series = _names(d.row for d in found), _names(d.series for d in found)

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        handles: dict[str, Any] = {}
        for dot in found:
            which = series.index(dot.series)
            y = rows.index(dot.row) + _offset(which, len(series))
            axes.plot([dot.low, dot.high], [y, y], color=colour(which), linewidth=2, solid_capstyle="butt")
            handles[dot.series] = axes.plot(dot.value, y, MARKS[which % len(MARKS)], color=colour(which), markersize=6)[0]
        for row, limit, least in limits:
            place = rows.index(row)
            axes.plot([limit, limit], [place - 0.16, place + 0.31], color=INK, linewidth=1.4)
            axes.plot(limit, place + 0.31, ">" if least else "<", color=INK, markersize=5)
        if zero:
            axes.axvline(0, color=INK, linewidth=1)
        axes.set_ylim(len(rows) - 0.45, -0.75)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.margins(x=0.06)
        axes.set_xlabel(zero or axis)
        axes.locator_params(axis="x", nbins=6)
        for i, row in enumerate(rows):
            axes.text(0, i - 0.38, short(row), transform=axes.get_yaxis_transform(), va="center")
        legend(figure, handles)

    return svg(title, draw, ROW * len(rows) + 0.75 + 0.25 * (len(series) > 1))


def reliability_diagram(title: str, found: Sequence[Column]) -> Markup:
    """Accuracy against confidence, with the share of answers in each bin below."""
    series = _names(c.series for c in found)

    def draw(figure: Any) -> None:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        handles: dict[str, Any] = {}
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle="--")
        for which, name in enumerate(series):
            columns = [c for c in found if c.series == name]
            x = [c.confidence for c in columns]
            axes.vlines(x, [c.low for c in columns], [c.high for c in columns], color=colour(which), linewidth=1.5)
            y, mark = [c.accuracy for c in columns], MARKS[which % len(MARKS)]
            handles[name] = axes.plot(x, y, mark, color=colour(which), markersize=6)[0]
            shift = (which - (len(series) - 1) / 2) * 0.014
            below.bar([c + shift for c in x], [c.share for c in columns], width=0.012, color=colour(which))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share that is right")
        below.set(xlabel="probability given", ylabel="answers", ylim=(0, None))
        for one in (axes, below):
            one.grid(visible=True)
            one.set_axisbelow(True)
        legend(figure, handles)

    return svg(title, draw, 4.6)


def curve(title: str, lines: Sequence[Line], x_label: str, y_label: str) -> Markup:
    """Curves in the unit square, operating points marked."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        handles: dict[str, Any] = {}
        for which, line in enumerate(lines):
            style = ("-", "--", "-.", ":")[which % 4]
            handles[line.series] = axes.plot(line.x, line.y, color=colour(which), linewidth=2, linestyle=style)[0]
            if line.point is not None:
                axes.plot(*line.point, MARKS[which % len(MARKS)], color=colour(which), markersize=9, markeredgecolor=INK)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_label, ylabel=y_label)
        axes.grid(visible=True)
        axes.set_axisbelow(True)
        legend(figure, handles)

    return svg(title, draw, 3.9)


def bars(title: str, found: Sequence[Bar], unit: str) -> Markup:
    """Medians as bars, with their interval and the 95th percentile as a mark."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for i, bar in enumerate(found):
            axes.barh(i + 0.12, bar.value, height=0.34, color=colour(i))
            axes.plot([bar.low, bar.high], [i + 0.12, i + 0.12], color=INK, linewidth=2)
            axes.plot([bar.far, bar.far], [i - 0.1, i + 0.34], color=INK, linewidth=1.4)
            text = f"{short(bar.name, NAME)}: {bar.value:.3g} {unit} (95th percentile {bar.far:.3g})"
            axes.text(0, i - 0.26, text, transform=axes.get_yaxis_transform(), va="center")
        axes.set_ylim(len(found) - 0.5, -0.6)
        axes.set_xlim(0, max(bar.far for bar in found) * 1.05)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(unit)

    return svg(title, draw, 0.6 * len(found) + 0.7)


def _names(given: Any) -> list[str]:
    return list(dict.fromkeys(given))


def _offset(which: int, of: int) -> float:
    """Below the row's name, series one under the other."""
    return 0.08 + (which - (of - 1) / 2) * min(0.2, 0.5 / of)
