"""From the approval of a change of a hit list to its use on a box, and what travels for it: a list of 100,000 plates.

What is measured: a box reads plates of the drawn street, all day, as it would on a pole; two people make a list over the
manager's interface. Time begins when the second one sends the approval and ends when the box says that the version is the one
that it holds against readings. In between: the audit, digests under the list's key, signature and file, the twin, the broker,
the fetch over HTTP, the check of every byte, and the table in memory. Box, manager and broker are the real ones, on one machine
(:mod:`benchmarks.plates_site`): a radio link comes on top, and for it bytes are told.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks.figure import Figure, Options
from benchmarks.plates_image import series
from benchmarks.plates_site import LIST, PlateSite, check_models, plate_site
from benchmarks.traffic_clip import clip
from protocol.twin import Desired, ListChange, ListOrder

DESCRIPTION = "From the approval of a list's change to its use on a box; bytes of a change and of the whole list"

ENTRIES, ENTRIES_QUICK = 100_000, 2000
CHANGES, CHANGES_QUICK = 20, 2
CHANGED = 10
"""Plates that a change adds, and as many that it takes off: an hour of a country's stolen cars."""
ACTIVE_S = 10.0

_desired = msgspec.json.Decoder(Desired)


def run(options: Options) -> Iterator[Figure]:
    """Change a list, again and again."""
    check_models()
    entries, changes = (ENTRIES_QUICK, CHANGES_QUICK) if options.quick else (ENTRIES, CHANGES)
    chance = random.Random(options.seed)
    plates = sorted(set(chance.sample(list(itertools.islice(series(), 1_000_000)), entries + changes * CHANGED)))
    chance.shuffle(plates)
    listed, spare = plates[:entries], iter(plates[entries:])
    took: list[float] = []
    orders: list[ListOrder] = []
    with tempfile.TemporaryDirectory(prefix="lists-") as name, contextlib.ExitStack() as stack:
        options.progress("starting the manager")
        site = stack.enter_context(plate_site(Path(name), listed[:1]))
        site.film(clip(), repeat=True, pace="real-time")
        site.box.start()
        site.until(lambda: site.held, "the box has its list and its keys")
        options.progress(f"drafting {entries:,} plates")
        drafted_s = time.monotonic()
        draft = site.people.draft(LIST, listed)
        drafted_s = time.monotonic() - drafted_s
        whole_s = _active_after(site, draft)
        whole = _ordered(site)
        for number in range(1, changes + 1):
            options.progress(f"change {number} of {changes}")
            off, listed = listed[:CHANGED], listed[CHANGED:]
            on = list(itertools.islice(spare, CHANGED))
            listed += on
            lines = [*(f"-{plate}" for plate in off), *(f"+{plate}" for plate in on)]
            took.append(_active_after(site, site.people.draft(LIST, lines, mode="change")))
            orders.append(_ordered(site))
    short = ", short form" if options.quick else ""
    yield from _figures(took, orders, entries, short)
    against = f"{whole.size / 1e6:.2f} MB; from the approval to its use on the box{short}"
    yield Figure(name="whole_active_s", value=whole_s, unit="s", n=1, against=against)
    yield Figure(name="draft_s", value=drafted_s, unit="s", n=1, against=f"{entries:,} plates read, judged and stored{short}")


def _figures(took: list[float], orders: list[ListOrder], entries: int, short: str) -> Iterator[Figure]:
    what = f"{CHANGED} plates on and {CHANGED} off a list of {entries:,}"
    yield Figure(
        name="change_active_s",
        value=max(took),
        unit="s",
        n=len(took),
        low=min(took),
        high=max(took),
        target=None if short else ACTIVE_S,
        against=f"{what}; the slowest, from the approval to its use on the box{short}",
    )
    sizes = [_last_change(order).size for order in orders]
    share = max(size / order.size for size, order in zip(sizes, orders, strict=True))
    yield Figure(name="change_bytes", value=max(sizes), unit="bytes", n=len(sizes), against=f"{what}; the largest{short}")
    yield Figure(
        name="change_share_of_whole",
        value=share,
        unit="share",
        n=len(sizes),
        against=f"{orders[-1].size:,} bytes of the whole list{short}",
    )


def _active_after(site: PlateSite, draft: int) -> float:
    """Seconds from the approval until the box uses the version."""
    before = _used(site)
    begun = time.monotonic()
    site.people.approve(draft)
    site.until(lambda: _used(site) > before, "the box uses the change")
    return time.monotonic() - begun


def _used(site: PlateSite) -> int:
    """Version of the list that the box holds against readings; 0 = none."""
    status = site.box.status()
    held = () if status is None or status.plates is None else status.plates.lists
    return next((each.version for each in held if each.name == LIST), 0)


def _ordered(site: PlateSite) -> ListOrder:
    """What the twin named last."""
    said = [message.payload for message in site.auditor.heard if message.topic.endswith("/twin/desired")]
    return next(order for order in _desired.decode(said[-1]).lists if order.list == LIST)


def _last_change(order: ListOrder) -> ListChange:
    return next(change for change in order.changes if change.base == order.version - 1)
