"""Plots of a report as SVG that lives inside a page: it takes the page's colours, light or dark, and loads nothing.

Rules: colours are the page's (``var(--ink)``), so that one drawing serves every scheme; variants differ by mark as well as
by colour; text stays text; a plot is narrow enough for a phone to show it whole and readable. No global state of matplotlib
is left changed.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from models.factory.markup import Markup, trusted, visible

try:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
except ModuleNotFoundError as error:
    _remedy = "make setup-models in a checkout, or pip install 'lamplighter[models]'"
    _msg = f"the page's plots need matplotlib, which is not installed; install it with: {_remedy}"
    raise ModuleNotFoundError(_msg, name="matplotlib") from error

WIDTH = 4.6
"""Inches; 442 pixels of a page, of which a phone shows about 360."""
ROW = 0.52
"""Height of a row of a dot plot, inches: its name and its marks."""
LETTERS, NAME = 52, 24
"""Letters that a plot is wide, and that a variant's name may take of it."""
INK, QUIET, GRID, GROUND, BAD = "#010203", "#010204", "#010205", "#010206", "#010207"
SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215")
MARKS = ("o", "s", "D", "^", "v")
_COLOURS = {
    INK: "--ink",
    QUIET: "--quiet",
    GRID: "--grid",
    GROUND: "--ground",
    BAD: "--bad",
    **{colour: f"--series-{i}" for i, colour in enumerate(SERIES)},
}
"""Stand-ins that matplotlib writes, and the page's names that replace them."""
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["Roboto", "DejaVu Sans"],
    "font.size": 10.5,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.color": QUIET,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}


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
            axes.plot([dot.low, dot.high], [y, y], color=_colour(which), linewidth=2, solid_capstyle="butt")
            handles[dot.series] = axes.plot(dot.value, y, MARKS[which % len(MARKS)], color=_colour(which), markersize=6)[0]
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
            axes.text(0, i - 0.38, _short(row), transform=axes.get_yaxis_transform(), va="center")
        _legend(figure, handles)

    return _svg(title, draw, ROW * len(rows) + 0.75 + 0.25 * (len(series) > 1))


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
            axes.vlines(x, [c.low for c in columns], [c.high for c in columns], color=_colour(which), linewidth=1.5)
            y, mark = [c.accuracy for c in columns], MARKS[which % len(MARKS)]
            handles[name] = axes.plot(x, y, mark, color=_colour(which), markersize=6)[0]
            shift = (which - (len(series) - 1) / 2) * 0.014
            below.bar([c + shift for c in x], [c.share for c in columns], width=0.012, color=_colour(which))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share that is right")
        below.set(xlabel="probability given", ylabel="answers", ylim=(0, None))
        for one in (axes, below):
            one.grid(visible=True)
            one.set_axisbelow(True)
        _legend(figure, handles)

    return _svg(title, draw, 4.6)


def curve(title: str, lines: Sequence[Line], x_label: str, y_label: str) -> Markup:
    """Curves in the unit square, operating points marked."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        handles: dict[str, Any] = {}
        for which, line in enumerate(lines):
            style = ("-", "--", "-.", ":")[which % 4]
            handles[line.series] = axes.plot(line.x, line.y, color=_colour(which), linewidth=2, linestyle=style)[0]
            if line.point is not None:
                axes.plot(*line.point, MARKS[which % len(MARKS)], color=_colour(which), markersize=9, markeredgecolor=INK)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=x_label, ylabel=y_label)
        axes.grid(visible=True)
        axes.set_axisbelow(True)
        _legend(figure, handles)

    return _svg(title, draw, 3.9)


def bars(title: str, found: Sequence[Bar], unit: str) -> Markup:
    """Medians as bars, with their interval and the 95th percentile as a mark."""

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        for i, bar in enumerate(found):
            axes.barh(i + 0.12, bar.value, height=0.34, color=_colour(i))
            axes.plot([bar.low, bar.high], [i + 0.12, i + 0.12], color=INK, linewidth=2)
            axes.plot([bar.far, bar.far], [i - 0.1, i + 0.34], color=INK, linewidth=1.4)
            text = f"{_short(bar.name, NAME)}: {bar.value:.3g} {unit} (95th percentile {bar.far:.3g})"
            axes.text(0, i - 0.26, text, transform=axes.get_yaxis_transform(), va="center")
        axes.set_ylim(len(found) - 0.5, -0.6)
        axes.set_xlim(0, max(bar.far for bar in found) * 1.05)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.set_axisbelow(True)
        axes.set_xlabel(unit)

    return _svg(title, draw, 0.6 * len(found) + 0.7)


def _svg(title: str, draw: Any, height: float) -> Markup:
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": title}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has fonts for it
        figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="none")
        draw(figure)
        for axes in figure.axes:
            axes.set_facecolor("none")
        buffer = io.StringIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return trusted(_for_page(buffer.getvalue()))


def _for_page(drawing: str) -> str:
    """Leave the drawing alone of a file: colours of the page, no size, no ids that another drawing could have."""
    found = drawing[drawing.index("<svg") :]
    found = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", found, flags=re.DOTALL)
    found = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", found, count=1), count=1)
    found = re.sub(r"xmlns(:xlink)?=\"[^\"]*\" ?|xlink:(?=href)", "", found)
    found = found.replace("<svg ", '<svg aria-hidden="true" ', 1)
    used = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", found))
    found = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", found)
    for colour, name in _COLOURS.items():
        found = found.replace(colour, f"var({name})")
    return found


def _legend(figure: Any, handles: dict[str, Any]) -> None:
    """Name the series above the plot; one alone needs no name."""
    if len(handles) > 1:
        names = [_short(name, NAME) for name in handles]
        columns = max(1, LETTERS // (max(map(len, names)) + 5))
        place = "outside upper left"
        figure.legend(handles.values(), names, loc=place, ncols=columns, handletextpad=0.4, columnspacing=1.2)


def _short(text: str, most: int = LETTERS) -> str:
    """What fits into a plot of a name; the tables have all of it."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def _names(given: Any) -> list[str]:
    return list(dict.fromkeys(given))


def _colour(which: int) -> str:
    return SERIES[which % len(SERIES)]


def _offset(which: int, of: int) -> float:
    """Below the row's name, series one under the other."""
    return 0.08 + (which - (of - 1) / 2) * min(0.2, 0.5 / of)
