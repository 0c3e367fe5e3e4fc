"""HTML whose text cannot become markup: strings are escaped unless they were made here.

Rules: an element's children are text, escaped, or :class:`Markup`; attribute values are always escaped; control characters,
which no page can show, become visible marks.
"""

from __future__ import annotations

import html

_VOID = frozenset({"meta", "img", "br"})


class Markup(str):
    """Text that is already HTML. Made by :func:`element`, :func:`join` and :func:`trusted` only."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | None) -> Markup:
    """An element.

    Args:
        tag: its name.
        children: text, which is escaped, or markup.
        attributes: by name; underscores at the end are dropped (``class_``), others become hyphens; ``None`` leaves it out.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(visible(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{join(*children)}</{tag}>")


def join(*children: str) -> Markup:
    """Text and markup, one behind the other."""
    return Markup("".join(child if isinstance(child, Markup) else html.escape(visible(child)) for child in children))


def trusted(source: str) -> Markup:
    """Take text as HTML: for what this program wrote, a style sheet or a drawing; never for names or texts from outside."""
    return Markup(source)


def visible(text: str) -> str:
    """Text whose control characters are seen as marks."""
    return "".join("\N{REPLACEMENT CHARACTER}" if ord(c) < 32 and c not in "\n\t" else c for c in text)  # noqa: PLR2004
