"""From the reading of a plate that is on a list to the screen of the control room.

What is measured: the time between the capture of the *best reading*, which is the picture with which the consensus of the
passage settled (its posterior reached what the list asks for; ``captured_at`` of the hit's event of phase ``new``), and the
moment at which a client of the manager's live stream has the event's line. In between: the wait for the accelerator, vehicle
detector, plate detector and reader, the consensus, the match against the list, guard, outbox (a hit is on disk before it is
sent), uplink, TLS, broker, ingest, the store's commit, the tail of the store, HTTP. All on one machine, so on one clock; a
radio link comes on top.

Box, manager and broker are the real ones (:mod:`benchmarks.plates_site`); the box looks at the drawn street as a camera would
show it, ten pictures a second, over and over, and every plate of the street is on the list. Later pictures of the same passage
may say more (``update``), and its end comes with the end (``end``); neither is what an operator waits for, nor counted.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.event_latency import Watcher, block_bootstrap
from benchmarks.figure import Figure, Options
from benchmarks.plates_site import PlateSite, plate_site
from benchmarks.traffic_clip import clip, truth
from protocol.codec import Message
from protocol.events import EventType, Phase

TARGET_MS = 1000.0
HITS, HITS_QUICK = 100, 4
_BLOCK_S = 10.0
_LIMIT_S = 1800.0


class _Hit(msgspec.Struct):
    captured_at: dt.datetime
    phase: Phase


_decoder = msgspec.json.Decoder(_Hit)


def stream_latency(options: Options) -> Iterator[Figure]:
    """Let vehicles of a list pass, and watch.

    Raises:
        TimeoutError: a hit was not shown.
    """
    wanted = HITS_QUICK if options.quick else HITS
    with tempfile.TemporaryDirectory(prefix="latency-") as name, contextlib.ExitStack() as stack:
        options.progress("starting the manager")
        plates = [row["plate"] for row in truth(clip())["vehicles"]]
        site = stack.enter_context(plate_site(Path(name), plates))
        watcher = stack.enter_context(contextlib.closing(Watcher(site.manager)))
        site.film(clip(), repeat=True, pace="real-time")
        site.box.start()
        site.until(lambda: site.held and watcher.seen, "the first hit is shown")
        begun_s = time.time()

        def enough() -> bool:
            hits = _hits(site, begun_s)
            options.progress(f"{len(hits)} hits of {wanted}")
            return len(hits) >= wanted

        site.until(enough, "vehicles pass", _LIMIT_S)
        hits = _hits(site, begun_s)
        site.until(lambda: all(each in watcher.seen for each in hits), "every hit is shown")
        shown = [(captured_s, (watcher.seen[each][1] - captured_s) * 1000) for each, captured_s in hits.items()]
    yield from figures(shown, quick=options.quick)


def figures(shown: list[tuple[float, float]], *, quick: bool) -> Iterator[Figure]:
    """Of hits that were shown.

    Args:
        shown: when its picture was captured, seconds, and how much later it was shown, ms; of each.
        quick: whether this is the short form.
    """
    captured_s, late_ms = (np.array(column) for column in zip(*shown, strict=True))
    blocks = ((captured_s - captured_s.min()) / _BLOCK_S).astype(np.int64)
    rng = np.random.default_rng(1)
    against = f"from the picture that settles a hit to the live stream, all on this machine; by {_BLOCK_S:g} s resampled"
    for name, share, target in (("p50_ms", 0.5, None), ("p95_ms", 0.95, TARGET_MS)):
        low, high = block_bootstrap(late_ms, blocks, share, rng)
        yield Figure(
            name=name,
            value=float(np.quantile(late_ms, share)),
            unit="ms",
            n=len(shown),
            low=low,
            high=high,
            target=target,
            against=against + (", short form" if quick else ""),
        )


def _hits(site: PlateSite, since_s: float) -> dict[str, float]:
    """Hits that began since a moment: when captured, seconds since 1970, by the event's id."""
    found: dict[str, float] = {}
    for message in list(site.auditor.heard):
        if message.topic.endswith(f"/event/{EventType.ANPR_HIT.value}"):
            hit = _decoder.decode(message.payload)
            if hit.phase is Phase.NEW and hit.captured_at.timestamp() >= since_s:
                found[_id(message)] = hit.captured_at.timestamp()
    return found


def _id(message: Message) -> str:
    return dict(message.properties)["id"]
