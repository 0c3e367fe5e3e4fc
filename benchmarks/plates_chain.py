"""The whole chain of plates before a search: vehicles pass a real box, its power is cut, it comes back, it ends.

What is searched, and when: the image of the box as the cut leaves it, while events wait; what its processes share, once its
source is gone; at the end every message on the broker, the box's folder, the manager's, and what both printed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figure import Options
from benchmarks.plates_film import draw_film
from benchmarks.plates_image import GUESSED, Image, series
from benchmarks.plates_ledger import Ledger
from benchmarks.plates_site import PlateSite, plate_site
from benchmarks.plates_sought import Sought
from fleet.lists.access import Access
from fleet.lists.keystore import live_keys
from fleet.store.database import open_engine
from protocol.plates import fold
from simulator.faults.processes import freeze, thaw

VEHICLES, VEHICLES_QUICK = 1000, 14
EVERY, EVERY_QUICK = 10, 2
"""Of the vehicles that go by, one in so many is on the list."""
DECOYS = 1000
"""Plates on the list that never go by: they must be nowhere."""
SERIES = 1_000_000
"""Plates of Belgium's series 1, from its first on; a nightly test of the tests takes all 17.6 million."""
GROUP_S = 32.0
"""After which what was said lies on the box's disk, acknowledged or not."""
_WAITING = 3
"""Events that wait when the power is cut."""
_PATIENCE_S = 10_800.0
_OUTBOX = ("state/outbox.sqlite", "state/outbox.sqlite-wal")
_STORE = ("fleet.sqlite", "fleet.sqlite-wal")


@dataclass(frozen=True)
class Chain:
    """What came of the first part."""

    ledger: Ledger
    passages: int
    listed: int
    enumerated: int
    series: int
    candidates: int
    digests: int
    pseudonyms: int


def whole_chain(folder: Path, options: Options) -> Chain:
    """Let vehicles pass, cut the power, and search.

    Args:
        folder: for everything.
        options: of the bench.

    Raises:
        RuntimeError: the search does not find what is there, so that its silence would say nothing.
    """
    vehicles, every = (VEHICLES_QUICK, EVERY_QUICK) if options.quick else (VEHICLES, EVERY)
    plates = draw_film(folder / "film.mp4", vehicles, options.seed, options.progress)
    known = {fold(plate) for plate in plates}
    decoys = [plate for n in range(DECOYS) if fold(plate := f"1AA{chr(65 + n % 26)}{n:03}") not in known]
    listed = plates[1::every]
    ledger = Ledger(Sought([*plates, *decoys]), frozenset(listed))
    options.progress("starting the manager")
    with plate_site(folder, [*listed, *decoys]) as site:
        site.film(folder / "film.mp4", repeat=True)
        site.box.start()
        site.until(lambda: site.held, "the box has its list and its keys")
        keys = _keys(site)  # once: they are behind a password that costs a second
        _let_pass(site, plates, keys["pseudonym"], options)
        said = _said(site)
        _cut(site, folder, options)
        ledger.wire(site.auditor.heard)
        options.progress("searching the image")
        ledger.disk("image", folder / "image", _OUTBOX)
        image = Image(folder / "image" / "state", said)
        passed = _passed(keys["pseudonym"], plates, set(said))
        chain = _enumerated(image, site, keys, listed, passed, ledger, options)
        _again(site, ledger)
        options.progress("searching what is left")
        ledger.wire(site.auditor.heard)
        ledger.disk("box", site.box.folder, ())  # hits too: at an orderly end what was let go has been erased
        ledger.disk("manager", site.manager.config.data, _STORE)
        ledger.search("manager's output", site.log.read_bytes())
    return chain


def _let_pass(site: PlateSite, plates: Sequence[str], key: bytes, options: Options) -> None:
    """Until as many passages have been told as there are plates, each by a pseudonym or a hit, and one plate by the former."""
    begun, vehicles = time.monotonic(), len(plates)

    def enough() -> bool:
        told = _passages(site)
        options.progress(f"{told} passages of {vehicles}, {time.monotonic() - begun:.0f} s")
        return told >= vehicles and bool(_passed(key, plates, set(_said(site))))

    site.until(enough, "vehicles pass", _PATIENCE_S)


def _said(site: PlateSite) -> list[str]:
    return [body["observed"]["pseudonym"]["value"] for body in site.auditor.said("anpr.read")]


def _passages(site: PlateSite) -> int:
    ended = [body for body in site.auditor.said("anpr.hit") if body["phase"] == "end"]
    return len(ended) + len(site.auditor.said("anpr.read"))


def _cut(site: PlateSite, folder: Path, options: Options) -> None:
    """Cut the power while events wait for the manager, and keep what lies on the disk."""
    broker = site.manager.manager.broker
    pid = broker.pid
    if pid is None:
        msg = "the broker has ended"
        raise RuntimeError(msg)
    freeze(pid)
    try:
        site.until(lambda: (status := site.box.status()) and status.telemetry.outbox.pending >= _WAITING, "events wait")
        if not options.quick:
            options.progress("waiting for statistics to be written")
            time.sleep(GROUP_S)
        site.box.cut()
    finally:
        thaw(pid)
    shutil.copytree(site.box.folder, folder / "image", ignore=shutil.ignore_patterns("*.sock"))


def _again(site: PlateSite, ledger: Ledger) -> None:
    """Start the box again, take its source away, search what its processes share, and end it in order."""
    site.box.start()
    site.until(lambda: site.held, "after the cut the box is given its keys again")
    site.empty()
    site.until(lambda: (status := site.box.status()) and not status.telemetry.sources, "its source is gone")
    for pid in site.box.pids():
        for name, data in _shared(pid):
            ledger.search(f"shared memory {name}", data)
    soft, _ = resource.prlimit(site.box.pid, resource.RLIMIT_CORE)
    if soft:
        msg = f"the process that holds keys may leave a core dump of {soft} bytes"
        raise RuntimeError(msg)
    for path in Path("/dev/shm").iterdir():
        if path.is_file():
            ledger.search("shared memory with a name", path.read_bytes())
    site.until(lambda: (status := site.box.status()) and not status.telemetry.outbox.pending, "everything is acknowledged")
    site.box.stop()


def _shared(pid: int) -> Iterator[tuple[str, bytes]]:
    """Files without a name that a process has open; of one that has just ended none."""
    with contextlib.suppress(FileNotFoundError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                target = str(entry.readlink())
                if target.startswith("/memfd:"):
                    yield target, entry.read_bytes()


def _passed(key: bytes, plates: Iterable[str], said: set[str]) -> set[str]:
    """Plates that went by and stand under a pseudonym: whoever has the key finds them."""
    return Image(Path(os.devnull), said).enumerate(plates, [key])


def _keys(site: PlateSite) -> dict[str, bytes]:
    """The keys of the manager."""
    config = site.manager.config
    engine = open_engine(config.store_url)
    opened = Access(engine, config.keys, config.keystore, lambda: time.time_ns() // 1_000_000).open()
    uses: tuple[Any, ...] = ("list", "pseudonym")
    with engine.connect() as connection:
        found = {use: opened.keys.secret(live_keys(connection, use)[-1].id) for use in uses}
    engine.dispose()
    return found


def _enumerated(  # noqa: PLR0913 - what is known of an image
    image: Image,
    site: PlateSite,
    keys: dict[str, bytes],
    listed: list[str],
    passed: set[str],
    ledger: Ledger,
    options: Options,
) -> Chain:
    """Try everything on the image, and show with the manager's keys that it would have worked."""
    with_list, with_others = (image.enumerate(ledger.sought.plates, [keys[use]]) for use in ("list", "pseudonym"))
    if not set(listed) <= with_list or not passed or passed != with_others:
        msg = f"with its keys the image yields {len(with_list)} and {len(with_others)} plates: the search cannot find"
        raise RuntimeError(msg)
    options.progress("trying every part of the image as a key")
    found = image.keys(listed[0], min(passed))
    options.progress("enumerating plates")
    some = list(ledger.sought.plates)
    enumerated = image.enumerate(some, (*found, *GUESSED))
    whole = 0
    if not options.quick:
        enumerated |= image.enumerate(itertools.islice(series(), SERIES), (b"",))
        whole = SERIES
    return Chain(
        ledger,
        _passages(site),
        len(listed),
        len(enumerated),
        len(some) + whole,
        image.tried,
        len(image.digests),
        len(image.pseudonyms),
    )
