"""What lies between two contents of a list: entries that go, entries that come, comments that are other. Pure.

Rule: two spellings that a camera does not tell apart are the same entry, here as wherever entries are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from fleet.lists.contents import Said
from fleet.lists.entries import key_of


class Difference(msgspec.Struct, frozen=True):
    """An entry that goes (``-``), comes (``+``), or stays with another comment (``~``, with the new one)."""

    sign: Literal["-", "+", "~"]
    plate: str
    comment: str


def differences(before: Iterable[Said], after: Iterable[Said]) -> Iterator[Difference]:
    """Differences, what goes first, each in the order of its list; in memory, as a change is drafted.

    Args:
        before: entries of the version that stands.
        after: entries of the draft.
    """
    old = {key_of(text): (text, comment) for text, comment in before}
    new = {key_of(text): (text, comment) for text, comment in after}
    yield from (Difference("-", *old[key]) for key in old if key not in new)
    for key, (text, comment) in new.items():
        if key not in old:
            yield Difference("+", text, comment)
        elif old[key][1] != comment:
            yield Difference("~", text, comment)
