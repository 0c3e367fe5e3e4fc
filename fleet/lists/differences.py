"""What lies between two contents of a list: entries that go, entries that come, comments that are other. Pure.

Rule: two spellings that a camera does not tell apart are the same entry, here as wherever entries are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from fleet.lists.contents import Said
from fleet.lists.entries import key_of

Reading = Callable[[], Iterable[Said]]
"""Reads a content from its beginning."""


class Difference(msgspec.Struct, frozen=True):
    """An entry that goes (``-``), comes (``+``), or stays with another comment (``~``, with the new one)."""

    sign: Literal["-", "+", "~"]
    plate: str
    comment: str


def differences(before: Reading, after: Reading) -> Iterator[Difference]:
    """Differences, what goes first, each in the order of its list; in memory as much as drafting a change takes.

    Args:
        before: reads the entries of the version that stands; called once.
        after: reads those of the draft; called twice.
    """
    new = {key_of(text) for text, _ in after()}
    old: dict[str, int] = {}
    for text, comment in before():
        key = key_of(text)
        if key in new:
            old[key] = hash(comment)
        else:
            yield Difference("-", text, comment)
    for text, comment in after():
        said = old.get(key_of(text))
        if said is None:
            yield Difference("+", text, comment)
        elif said != hash(comment):
            yield Difference("~", text, comment)
