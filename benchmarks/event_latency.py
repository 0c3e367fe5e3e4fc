"""From an event on a box to the screen of the control room.

What is measured: the time between the creation of an event, by the stamp that it carries, and the moment at which a client of
the manager's live stream has its line. In between: outbox (an alert is on disk before it is sent), uplink, TLS, broker, ingest,
the store's commit, the tail of the store, HTTP. All on one machine, so on one clock; a radio link comes on top.

The manager is the real one with its own processes; the boxes are processes with the real outbox and uplink, enrolled with
one-time codes. The first seconds are left out; every event of the steady time counts, and the bench fails when one never comes.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, Options, Sense
from benchmarks.real_manager import FLEET, RealManager, real_manager
from benchmarks.uplink_box import DrivenBox
from benchmarks.uplink_driver import Orders
from benchmarks.uplink_journal import Said
from fleet.manager import BrokerKind
from simulator.loopback import HOST

DESCRIPTION = "From the creation of an event on a box to the manager's live stream, at 200 events per second"

TARGET_MS = 250.0
PER_S = 200.0
LEAST_PER_S = 0.97 * PER_S
_BOXES = 4
_ALERTS = 0.1
_LIMIT_S = 60.0
_QUIET_S = 1.0
"""Nothing for so long: at this pace that is a stall."""
_RESAMPLES = 2000


class _Shown(msgspec.Struct):
    id: str
    time: int
    """Microseconds since 1970, the box's clock."""


_decoder = msgspec.json.Decoder(_Shown)


class Watcher:
    """Reads the live stream as a page does, on a thread of its own: a stream that breaks off or stalls is taken up again.

    Use with :class:`contextlib.closing`.

    Args:
        manager: whose stream.
    """

    def __init__(self, manager: RealManager) -> None:
        self.seen: dict[str, tuple[float, float]] = {}
        """When made and when first shown, seconds since 1970, by the event's id."""
        self.failure = ""
        self._url, self._headers = f"{manager.config.url}/api/v1/stream", manager.headers
        self._last = ""
        self._began, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._thread.start()
        if not self._began.wait(_LIMIT_S) or self.failure:
            msg = f"the live stream does not begin: {self.failure or 'no answer'}"
            raise RuntimeError(msg)

    def close(self) -> None:
        """Watch no more."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=httpx.Timeout(10.0, read=_QUIET_S), headers=self._headers, trust_env=False) as client:
            while not self._ending.is_set():
                try:
                    self._watch(client)
                except httpx.ReadTimeout:
                    continue
                except httpx.HTTPError as error:
                    self.failure = f"{type(error).__name__}: {error}"
                    self._began.set()
                    return

    def _watch(self, client: httpx.Client) -> None:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        with client.stream("GET", self._url, headers=headers) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    self._last = line[4:]
                elif line.startswith("data: "):
                    now_s = time.time()
                    shown = _decoder.decode(line[6:])
                    self.seen.setdefault(shown.id, (shown.time / 1e6, now_s))
                self._began.set()
                if self._ending.is_set():
                    return


def run(options: Options) -> Iterator[Figure]:
    """Run manager and boxes, and watch.

    Raises:
        RuntimeError: an event of the steady time was not shown.
    """
    warm_up_s, seconds = (2.0, 6.0) if options.quick else (5.0, 30.0)
    with tempfile.TemporaryDirectory(prefix="latency-") as name:
        options.progress("starting the manager")
        with real_manager(Path(name), BrokerKind.EMBEDDED) as manager, contextlib.ExitStack() as stack:
            boxes = [stack.enter_context(contextlib.closing(box)) for box in _boxes(manager, options.seed)]
            watcher = stack.enter_context(contextlib.closing(Watcher(manager)))
            for box in boxes:
                box.start()
            _wait(
                lambda: all((r := box.reading()) is not None and r.acknowledged for box in boxes), "every box is heard", watcher
            )
            options.progress("warming up")
            time.sleep(warm_up_s)
            options.progress(f"watching for {seconds:g} s")
            begin_s, begin = time.time(), time.monotonic_ns()
            time.sleep(seconds)
            end_s, end = time.time(), time.monotonic_ns()
            for box in boxes:
                box.silence()
            said = [line for box in boxes for line in box.lines() if isinstance(line, Said) and begin <= line.at < end]
            _wait(lambda: all(line.id in watcher.seen for line in said), "every event is shown", watcher)
        yield from _figures(watcher, begin_s, end_s, len(said), quick=options.quick)


def block_bootstrap(
    values: NDArray[np.float64], blocks: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[float, float]:
    """95% interval of a quantile, whole blocks drawn with replacement: neighbours in time wait in the same queues.

    Args:
        values: (n,) what was measured.
        blocks: (n,) which block each belongs to.
        share: of the quantile, 0 to 1.
        rng: where chance comes from.
    """
    by_block = [values[blocks == block] for block in np.unique(blocks)]
    drawn = rng.integers(0, len(by_block), (_RESAMPLES, len(by_block)))
    found = [float(np.quantile(np.concatenate([by_block[i] for i in row]), share)) for row in drawn]
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _figures(watcher: Watcher, begin_s: float, end_s: float, said: int, *, quick: bool) -> Iterator[Figure]:
    steady = sorted(pair for pair in watcher.seen.values() if begin_s <= pair[0] < end_s)
    made_s = np.array([made for made, _ in steady])
    late_ms = np.array([(shown - made) * 1000 for made, shown in steady])
    blocks = (made_s - begin_s).astype(np.int64)
    rng = np.random.default_rng(1)
    n = len(steady)
    against = (
        f"{_BOXES} boxes, {_ALERTS:.0%} alerts, embedded broker, SQLite, all on this machine; by seconds resampled"
        f"{', short form' if quick else ''}"
    )
    for name, share, target in (("p50_ms", 0.5, None), ("p95_ms", 0.95, TARGET_MS)):
        low, high = block_bootstrap(late_ms, blocks, share, rng)
        value = float(np.quantile(late_ms, share))
        yield Figure(name=name, value=value, unit="ms", n=n, low=low, high=high, target=target, against=against)
    yield Figure(name="max_ms", value=float(late_ms.max()), unit="ms", n=n, against=against)
    rate = said / (end_s - begin_s)
    yield Figure(
        name="events_per_s",
        value=rate,
        unit="1/s",
        n=said,
        target=LEAST_PER_S,
        sense=Sense.AT_LEAST,
        against=f"{PER_S:g} asked for; each of them was shown",
    )


def _boxes(manager: RealManager, seed: int) -> Iterator[DrivenBox]:
    names = [f"box-{number}" for number in range(1, _BOXES + 1)]
    for number, (name, folder) in enumerate(manager.enrol(names).items()):
        yield DrivenBox(
            Orders(
                folder=str(folder),
                fleet=FLEET,
                device=name,
                host=HOST,
                port=manager.config.mqtt_port,
                per_s=PER_S / _BOXES,
                alerts=_ALERTS,
                group_s=30.0,
                keepalive_s=60,
                longest_wait_s=2.0,
                seed=seed + number,
            )
        )


def _wait(condition: Callable[[], bool], what: str, watcher: Watcher) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not condition():
        if watcher.failure or time.monotonic() > deadline:
            msg = f"not within {_LIMIT_S:g} s: {what}{watcher.failure and f' ({watcher.failure})'}"
            raise RuntimeError(msg)
        time.sleep(0.05)
