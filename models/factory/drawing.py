"""How matplotlib draws for a page: in the page's colours, light or dark, as SVG that loads nothing.

Rules: colours are the page's (``var(--ink)``), so that one drawing serves every scheme; text stays text; a drawing is
narrow enough for a phone to show it whole and readable. No global state of matplotlib is left changed.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

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
LETTERS, NAME = 52, 24
"""Letters that a plot is wide, and that a variant's name may take of it."""
INK, QUIET, GRID = "#010203", "#010204", "#010205"
SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215")
MARKS = ("o", "s", "D", "^", "v")
_COLOURS = {
    INK: "--ink",
    QUIET: "--quiet",
    GRID: "--grid",
    **{stand_in: f"--series-{i}" for i, stand_in in enumerate(SERIES)},
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


def svg(title: str, draw: Callable[[Any], None], height: float) -> Markup:
    """A drawing.

    Args:
        title: sets the names inside the drawing apart from those of other drawings.
        draw: fills a matplotlib figure.
        height: inches.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # whatever this person's own settings are
        mpl.rcParams.update({**_SETTINGS, "svg.hashsalt": title})
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
    for stand_in, name in _COLOURS.items():
        found = found.replace(stand_in, f"var({name})")
    return found


def legend(figure: Any, handles: dict[str, Any]) -> None:
    """Name the series above the plot; one alone needs no name."""
    if len(handles) > 1:
        names = [short(name, NAME) for name in handles]
        columns = max(1, LETTERS // (max(map(len, names)) + 5))
        place = "outside upper left"
        figure.legend(handles.values(), names, loc=place, ncols=columns, handletextpad=0.4, columnspacing=1.2)


def short(text: str, most: int = LETTERS) -> str:
    """What fits into a plot of a name; the tables have all of it."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def colour(which: int) -> str:
    """The stand-in for the colour of a series."""
    return SERIES[which % len(SERIES)]
