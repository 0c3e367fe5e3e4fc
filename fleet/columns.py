"""Tables on a terminal: readable on 80 columns.

Rule: nothing is cut short. What does not fit is folded, for a plate, an id or a name that is cut is another one; a table with
more columns than fit puts what belongs together into one cell, a line each.
"""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def table(*columns: str, caption: str | None = None) -> Table:
    """An empty table with these columns."""
    made = Table(box=SIMPLE_HEAD, padding=0, caption=caption)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made
