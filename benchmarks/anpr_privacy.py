"""That plates on no list leave nowhere in clear, and that the image of a box yields none: what was searched, what was found.

Two parts. *The whole chain*: a recording in which 1,000 vehicles go by, each with a plate of its own, is looked at by a real
box, which speaks with a real manager over a real broker; then everything that they said and left is searched
(:mod:`benchmarks.plates_sought`): each message on the broker in either direction, every file of the box (as a power cut leaves
it, and after a start and an orderly end) and of the manager, what both printed, and the memory that the box's processes share
with each other, after their source has gone. *From the reading on*: a million readings of a city go through the box's own code
to the bytes that would go out (:mod:`benchmarks.plates_readings`).

Where a plate may stand in clear: one on the list that went by, in the hit (its event, the box's outbox, the manager's store);
some must be found there, or the search could find nothing. With a hit go its readings, so that a person sees what else the
plate may have been; plates of others that stand among these are counted by themselves.

Not searched: the memory that a process has alone (a plate is there while its vehicle goes by), what the kernel swaps, spare
cells of flash, and what leaves by a channel that nobody opened here (light, sound, timing).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, Options, Sense
from benchmarks.plates_chain import whole_chain
from benchmarks.plates_ledger import Ledger
from benchmarks.plates_readings import make_city, speak
from benchmarks.plates_site import check_models
from benchmarks.plates_sought import Sought

DESCRIPTION = "Plates on no list found in clear on the wire, on disks, in shared memory, in logs; plates from a box's image"

READINGS, READINGS_QUICK = 1_000_000, 2000


def run(options: Options) -> Iterator[Figure]:
    """Let vehicles pass, and search."""
    check_models()
    with tempfile.TemporaryDirectory(prefix="privacy-") as name:
        chain = whole_chain(Path(name), options)
    with tempfile.TemporaryDirectory(prefix="privacy-") as name:
        spoken, readings = _from_the_reading_on(Path(name), options)
    short = ", short form" if options.quick else ""
    leaks = sorted(chain.ledger.leaks | spoken.leaks)
    for plate, place in leaks[:20]:
        options.progress(f"{plate} in {place}")
    yield Figure(
        name="clear_plates_leaked",
        value=len(leaks),
        unit="plates and places",
        n=chain.passages + readings,
        target=0,
        against=f"{chain.passages:,} passages through the whole chain, {readings:,} readings from the reading on; "
        f"{(chain.ledger.size + spoken.size) / 1e6:.0f} MB searched{short}",
    )
    yield Figure(
        name="enumerated_from_image",
        value=chain.enumerated,
        unit="plates",
        n=chain.series,
        target=0,
        against=f"{chain.candidates:,} candidates for a key, none of which is one; {chain.digests:,} digests, "
        f"{chain.pseudonyms:,} pseudonyms; with the keys of the manager all of them{short}",
    )
    yield Figure(
        name="listed_found",
        value=len(chain.ledger.found["hits"]),
        unit="plates",
        n=chain.listed,
        target=1,
        sense=Sense.AT_LEAST,
        against="of the list that went by: in hits, which is the proof that the search finds; more would be leaks",
    )
    yield Figure(
        name="others_told_with_hits",
        value=len(chain.ledger.others | spoken.others),
        unit="plates",
        n=len(chain.ledger.sought.plates) + len(spoken.sought.plates),
        against="on no list, and among the readings of a hit, told as what else it may have been: by design",
    )


def _from_the_reading_on(folder: Path, options: Options) -> tuple[Ledger, int]:
    """Read a city's plates, and search what would go out and what is left."""
    readings = READINGS_QUICK if options.quick else READINGS
    options.progress("letting a city's traffic go by")
    city = make_city(options.seed)
    ledger = Ledger(Sought(city.plates), city.listed)
    for messages in speak(city, readings, folder, options.progress):
        ledger.wire(messages)
    if not ledger.found["hits"]:
        msg = "no vehicle on the list went by: the search cannot show that it finds"
        raise RuntimeError(msg)
    ledger.disk("outbox", folder, ("outbox.sqlite", "outbox.sqlite-wal"))
    return ledger, readings
