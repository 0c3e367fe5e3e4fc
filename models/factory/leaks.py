"""Data sets that are split by source, so that nothing a figure is reported on was learned from (AI Act, article 10).

Rules: every item names its source (photo, recording, font, texture, scene) and the SHA-256 of its content; what is reported on
shares neither with what was trained, calibrated or chosen on. Sharing among those three is allowed: they report no figure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

REPORT = "report"
LEARNED = ("train", "calibrate", "choose")
NAMED = 5
"""Items that a message names of each kind; the rest is counted."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class LeakError(ValueError):
    """A split that cannot be used; the message names what leaks and what to do."""


class Item(NamedTuple):
    """Where an item comes from, and what it is."""

    source: str
    sha256: str
    """Of its content, hexadecimal."""


def check_splits(splits: Mapping[str, Mapping[str, Item]]) -> None:
    """Check that what is reported on was never learned from.

    Args:
        splits: items by name, by use: ``train``, ``calibrate``, ``choose``, ``report``.

    Raises:
        LeakError: naming the sources and the items that stand on both sides, or an item without source or hash.
    """
    unknown = sorted(set(splits) - {*LEARNED, REPORT})
    if unknown:
        msg = f"splits: {', '.join(unknown)} is no use of data; there are {', '.join((*LEARNED, REPORT))}"
        raise LeakError(msg)
    for use, items in splits.items():
        for name, item in items.items():
            if not item.source or _SHA256.fullmatch(item.sha256) is None:
                msg = f"{use}/{name}: source {item.source!r}, hash {item.sha256!r}; every item needs a source and a SHA-256"
                raise LeakError(msg)
    faults = [fault for use in LEARNED for fault in _shared(use, splits.get(use, {}), splits.get(REPORT, {}))]
    if faults:
        msg = f"split leaks: {'; '.join(faults)}; move each source with all that is identical to one side, and build again"
        raise LeakError(msg)


def fingerprint(items: Mapping[str, Item]) -> str:
    """SHA-256 over the names and contents of a data set, whatever the order; names the data that a figure was measured on."""
    digest = hashlib.sha256()
    for name, item in sorted(items.items()):
        digest.update(f"{item.sha256}  {name}\n".encode())
    return digest.hexdigest()


def _shared(use: str, learned: Mapping[str, Item], reported: Mapping[str, Item]) -> Iterator[str]:
    sources = sorted({item.source for item in learned.values()} & {item.source for item in reported.values()})
    if sources:
        yield f"{use} and {REPORT} share the sources {_first(sources)}"
    first: dict[str, str] = {}
    for name, item in learned.items():
        first.setdefault(item.sha256, name)
    same = [f"{use}/{first[i.sha256]} = {REPORT}/{name}" for name, i in sorted(reported.items()) if i.sha256 in first]
    if same:
        yield f"the same content under two names: {_first(same)}"


def _first(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
