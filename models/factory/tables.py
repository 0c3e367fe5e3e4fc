"""How a report says things: tables that scroll by themselves, captions, numbers, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.factory.markup import Markup, element

SHORT, LONG = 14, 50
"""Characters up to which the cells of a column stay on one line, and beyond which it is given a wide one."""


def table(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = ()) -> Markup:
    """A table that scrolls by itself on a narrow screen; columns that are empty throughout are left out."""
    filled = [list(row) for row in rows]
    shown = [i for i in range(len(heads)) if any(row[i] for row in filled)]
    cell = {i: "n" if i in numeric else _breadth([row[i] for row in filled]) for i in shown}
    head = element("tr", *(element("th", heads[i], scope="col", class_=cell[i]) for i in shown))
    body = [element("tr", *(element("td", row[i], class_=cell[i]) for i in shown)) for row in filled]
    whole = element("table", element("thead", head), element("tbody", *body))
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=name)


def plot(title: str, drawing: Markup, words: str, spoken: str) -> Markup:
    """A drawing with its caption, and its content in words for who cannot see it."""
    image = element("div", drawing, role="img", aria_label=f"{title}. {spoken}")
    return element("figure", element("figcaption", element("strong", title), words), image)


def number(value: float, *, sign: bool = False) -> str:
    """Three places behind the point below 10, three digits above."""
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # noqa: PLR2004
    return (f"+{text}" if sign and value > 0 else text).replace("-", "\N{MINUS SIGN}")


def between(low: float | None, high: float | None) -> str:
    """An interval; nothing where there is none."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def chance(p: float) -> str:
    """A p-value; none is nought."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004


def _breadth(cells: Iterable[str]) -> str:
    """What room a column of words needs."""
    longest = max(0 if isinstance(cell, Markup) else len(cell) for cell in cells)
    return "long" if longest > LONG else "text" if longest > SHORT else "short"
