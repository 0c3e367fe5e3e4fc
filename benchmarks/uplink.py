"""Nothing is lost and nothing doubled, whatever is cut.

Boxes with the real outbox on disk and the real uplink, each a process behind a link of its own, send to a real broker and the
manager's ingest. Agent, broker, ingest and link are cut at drawn moments, each time with events unacknowledged, and mended
again. The boxes keep a journal of all that they made; in the end it is compared by SQL with the manager's store.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, Options, Sense
from benchmarks.uplink_balance import Balance, Ledger
from benchmarks.uplink_cuts import KEEPALIVE_S, Kind, plan
from benchmarks.uplink_site import GROUP_S, Done, Site, broker_kind, open_site

DESCRIPTION = "Events lost and doubled while agent, broker, ingest and link are killed and cut"

BOXES = 4
PER_S = 150.0
LATE_S = 1.0
"""A box looks about once a second what is due."""
_DRAIN_S = {True: 60.0, False: 240.0}
"""By whether it is the short form. What ingest took with it is sent again after 10, 20, 40 ... s."""
_KILLS_BOX = {Kind.AGENT, Kind.AGENT_OFFLINE}


def run(options: Options) -> Iterator[Figure]:
    """Cut, mend, and draw the balance.

    Raises:
        TimeoutError: something does not work again after a cut, or does not become empty.
        RuntimeError: the store holds events that no box made.
    """
    cuts, events = (10, 3_000) if options.quick else (100, 50_000)
    with tempfile.TemporaryDirectory(prefix="uplink-") as name:
        options.progress(f"seed {options.seed}: starting")
        with open_site(Path(name), BOXES, PER_S, options.seed) as site:
            done = _cut(site, cuts, events, options)
            options.progress("waiting for the last acknowledgements")
            site.drain(_DRAIN_S[options.quick])
            kills = [(box, made.at) for made in done if made.cut.kind in _KILLS_BOX for box in made.boxes]
            journals = {box.name: box.lines() for box in site.boxes}
            with contextlib.closing(Ledger(Path(name) / "ledger.sqlite", site.store, journals, kills)) as ledger:
                balance = ledger.balance(GROUP_S + LATE_S)
                in_flight = [sum(ledger.in_flight(box, made.at) for box in made.boxes) for made in done]
    if balance.untold > len(kills):
        msg = f"the store holds {balance.untold} events of which no box tells, after {len(kills)} kills of boxes"
        raise RuntimeError(msg)
    for example in balance.examples:
        options.progress(f"lost: {example}")
    yield from _figures(balance, done, in_flight, options)


def _cut(site: Site, cuts: int, events: int, options: Options) -> list[Done]:
    done = []
    for number, cut in enumerate(plan(options.seed, cuts, BOXES), 1):
        options.progress(f"seed {options.seed}: cut {number} of {cuts}: {cut.kind.value}")
        done.append(site.make(cut))
    options.progress(f"seed {options.seed}: on to {events} events")
    while sum(box.said() for box in site.boxes) < events:
        time.sleep(0.5)
    return done


def _figures(balance: Balance, done: list[Done], in_flight: list[int], options: Options) -> Iterator[Figure]:
    kinds = Counter(made.cut.kind for made in done)
    what = ", ".join(f"{kinds[kind]} {kind.value}" for kind in Kind)
    against = (
        f"seed {options.seed}; {BOXES} boxes, {PER_S:g} events/s, statistics in memory for {GROUP_S:g} s, "
        f"keepalive {KEEPALIVE_S} s, {broker_kind().value}, SQLite; {what}"
        f"{', short form' if options.quick else ''}"
    )

    def exactly(name: str, value: int, n: int, unit: str = "events", target: int | None = 0) -> Figure:
        return Figure(name=name, value=value, unit=unit, n=n, target=target, sense=Sense.EXACTLY, against=against)

    yield exactly("lost", balance.lost, balance.said)
    yield exactly("doubled", balance.doubled, balance.said)
    yield exactly("holes", balance.holes, balance.said, "numbers")
    yield exactly("window_lost", balance.window_lost, balance.said, target=None)
    yield Figure(
        name="window_lost_oldest_s",
        value=balance.oldest_window_s,
        unit="s",
        n=balance.window_lost,
        target=GROUP_S + LATE_S,
        against=f"age, at the kill of the agent, of statistics that were in memory only; window {GROUP_S:g} s",
    )
    yield exactly("cuts", len(done), len(done), "cuts", 10 if options.quick else 100)
    yield Figure(
        name="in_flight_at_cut",
        value=min(in_flight),
        unit="events",
        n=len(in_flight),
        low=min(in_flight),
        high=max(in_flight),
        target=1,
        sense=Sense.AT_LEAST,
        against=f"unacknowledged at a cut; least and most of all cuts; seed {options.seed}",
    )
