"""Misses and false hits of number plates on lists, as the shipped models misread passages; and what looking costs.

Half of the passages (:mod:`benchmarks.anpr_misreads`) chooses from which probability a reading counts, for each length of a
list by itself as its header says it (``least``): the lowest at which false hits stay within a margin of what is allowed. The
other half is reported. A camera's ``plausible`` is the lowest of them.

- A listed plate is missed where no reading that counts is it. Without alternates, only the most probable reading is looked at,
  whatever its probability.
- A false hit is a vehicle on no list, a reading of which counts and is on the list (:mod:`benchmarks.anpr_traffic`).
- A list of 1,000 is the hundredth part of one of 100,000: each vehicle goes by a hundred of them at once, and what it is taken
  for on any counts a hundredth. Counting on one list would need a hundred times the vehicles to be as sure.
- Both are looked up in clear, which is quick; that the box, with its digests, says the same is seen on some of them.

What one look at one picture misses is told beside it, at the same ``least``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.anpr_misreads import Read, load
from benchmarks.anpr_traffic import Plate, draw_list, prepare, wrong_scores
from benchmarks.figure import Figure, Options
from edge.lists.believe import Used
from edge.lists.keyring import Keyring, Place
from edge.lists.matching import Matching
from edge.lists.table import Table
from edge.lists.times import Times
from fleet.identity.authority import Authority
from models.bundle.reading import Reading
from ota.device.moment import Moment
from ota.device.signers import authorities
from protocol.keys import KeyBundle, KeysError, PlateKey, SealedKeys, packed, sealed_bytes
from protocol.lists import ListHeader, Part, read_whole, seal_entries, whole_body
from protocol.plates import fold
from protocol.sealing import seal

DESCRIPTION = "Misses and false hits of plates on lists of 1,000 and 100,000, and what looking costs"
SIZES = {"1k": 1_000, "100k": 100_000}
ALLOWED = {"1k": 20.0, "100k": 50.0}
"""False hits in a million vehicles."""
CUT = 0.60
"""Share of the misses that alternates have to take away."""
MATCH_US = 200.0
LOWEST = 0.002
"""Probability below which no reading is ever looked at."""
LEASTS = np.round(np.concatenate([np.geomspace(LOWEST, 0.1, 35), np.arange(0.11, 1.0, 0.01)]), 4)
MARGIN = 0.7
"""Of what is allowed, for what is chosen on one half and holds on another."""
VEHICLES, VEHICLES_QUICK = 1_000_000, 150_000
LISTS = 5
"""Of the greatest length, drawn one after the other: one alone may lie well or badly."""
MATCHES = 2000
SOME = 300
READINGS = 10
FORMS = ("1AB?123", "1A?C123", "1?BC123", "1ABC12?", "1ABC*", "*BC123", "?ABC123")
"""Of patterns, one each, beside whole plates."""
_KEY = bytes(range(32))


@dataclass(frozen=True)
class Half:
    """Reads, and what the lists make of the traffic that they stand for.

    Attributes:
        plates: reads of passages.
        looks: one look of each.
        scores: probabilities of the most probable wrong readings on a list of the greatest length; no others.
        vehicles: that went by.
    """

    plates: Sequence[Plate]
    looks: Sequence[Plate]
    scores: npt.NDArray[np.float64]
    vehicles: int

    def false_per_million(self, size: str, least: float) -> float:
        """Vehicles that are taken for one on a list of that length."""
        return self.hits(least) * SIZES[size] / SIZES["100k"] * 1e6 / self.vehicles

    def hits(self, least: float) -> int:
        """False ones that were counted."""
        return int((self.scores >= least).sum())


def run(options: Options) -> Iterator[Figure]:
    """Choose on one half, report on the other."""
    sample = load()
    vehicles = VEHICLES_QUICK if options.quick else VEHICLES
    random = np.random.default_rng(options.seed)
    halves = []
    for which, name in enumerate(("to choose", "to report")):
        options.progress(f"traffic {name}")
        halves.append(measure(sample.reads[which::2], vehicles, random))
    choosing, reported = halves
    leasts = {size: choose(choosing, size) for size in SIZES}
    yield from _of_hits(reported, leasts, options)
    options.progress("matching")
    yield from _of_matching(sample.reads[1::2], min(leasts.values()), random)


def measure(reads: Sequence[Read], vehicles: int, random: np.random.Generator) -> Half:
    """Let traffic go by the lists."""
    plates = [prepare(read.truth, read.passage, LOWEST) for read in reads]
    looks = [prepare(read.truth, read.look, LOWEST) for read in reads]
    lists = (draw_list(SIZES["100k"], random)[1] for _ in range(LISTS))
    scores = np.concatenate([wrong_scores(plates, listed, vehicles // LISTS, random) for listed in lists])
    return Half(plates, looks, scores[scores > 0], len(scores))


def choose(half: Half, size: str) -> float:
    """The lowest probability from which a reading counts, at which false hits stay within the margin."""
    good = [float(least) for least in LEASTS if half.false_per_million(size, float(least)) <= MARGIN * ALLOWED[size]]
    return good[0] if good else float(LEASTS[-1])


def missed(plates: Sequence[Plate], least: float) -> float:
    """Share of listed plates that no reading shows."""
    return float(np.mean([plate.right < least for plate in plates]))


def missed_by_best(plates: Sequence[Plate]) -> float:
    """Share of listed plates that the most probable reading is not, whatever its probability."""
    return float(np.mean([not plate.best for plate in plates]))


def _of_hits(half: Half, leasts: dict[str, float], options: Options) -> Iterator[Figure]:
    without, short = missed_by_best(half.plates), ", short form" if options.quick else ""
    passages, looks = f"consensus of passages{short}", f"one look{short}"
    alone = "the most probable reading, whatever its probability"
    of_1k, of_100k = (f"{size:,} plates, least {leasts[name]:g}" for name, size in SIZES.items())
    yield _share("missed_share", half.plates, missed(half.plates, leasts["1k"]), f"{passages}; {of_1k}", (1 - CUT) * without)
    yield _share("missed_share_without_alternates", half.plates, without, f"{passages}; {alone}")
    yield _share("missed_share_100k", half.plates, missed(half.plates, leasts["100k"]), f"{passages}; {of_100k}")
    yield _share("missed_share_one_look", half.looks, missed(half.looks, leasts["1k"]), f"{looks}; {of_1k}")
    yield _share("missed_share_one_look_without_alternates", half.looks, missed_by_best(half.looks), f"{looks}; {alone}")
    for name, size in SIZES.items():
        found, hits = half.false_per_million(name, leasts[name]), half.hits(leasts[name])
        reach = 1.96 * float(np.sqrt(hits + 1)) * found / max(1, hits)
        yield Figure(
            name=f"false_per_million_{name}",
            value=found,
            unit="per million",
            n=half.vehicles,
            low=max(0.0, found - reach),
            high=found + reach,
            against=f"vehicles on no list; {LISTS * SIZES['100k'] // size} lists of {size:,} plates, least {leasts[name]:g}",
            target=ALLOWED[name],
        )


def _share(name: str, plates: Sequence[Plate], value: float, against: str, target: float | None = None) -> Figure:
    count = len(plates)
    reach = 1.96 * float(np.sqrt(value * (1 - value) / count))
    low, high = max(0.0, value - reach), min(1.0, value + reach)
    return Figure(name=name, value=value, unit="share", n=count, low=low, high=high, against=against, target=target)


def _of_matching(reads: Sequence[Read], least: float, random: np.random.Generator) -> Iterator[Figure]:
    """Time looking ten readings up among 100,000, and see that digests say what the clear does."""
    texts, _ = draw_list(SIZES["100k"], random)
    now = dt.datetime.now(dt.timezone.utc)
    truths = [read.truth for read in reads[:SOME]]
    matching = matching_of([*texts, *truths], now)
    listed = {fold(text) for text in (*texts, *truths)}
    for read in reads[: 2 * SOME]:
        seen = [Reading(text, probability) for text, probability in read.passage if probability >= least]
        expected = next((reading.text for reading in seen if fold(reading.text) in listed), None)
        found = matching.match(seen, ["stolen"], now)
        if (found[0].plate if found else None) != expected:
            msg = f"the box says {found} of {seen}, and in clear it is {expected}"
            raise AssertionError(msg)
    others, _ = draw_list(MATCHES * READINGS, random)
    asked = [[Reading(text, 0.1) for text in others[READINGS * n : READINGS * (n + 1)]] for n in range(MATCHES)]
    for name, extra in (("match_us", ()), ("match_us_8_forms", FORMS)):
        box = matching if not extra else matching_of([*texts, *extra], now)
        taken = [_taken_us(box, readings, now) for readings in asked]
        low, middle, high = np.percentile(taken, (5, 50, 95))
        yield Figure(
            name=name,
            value=float(middle),
            unit="us",
            n=len(taken),
            low=float(low),
            high=float(high),
            against=f"{READINGS} readings on no list, {len(extra) + 1} forms of 100,000 entries; processor time, 5 to 95%",
            target=None if extra else MATCH_US,
        )


def _taken_us(matching: Matching, readings: Sequence[Reading], now: dt.datetime) -> float:
    began = time.thread_time_ns()
    matching.match(readings, ["stolen"], now)
    return (time.thread_time_ns() - began) / 1e3


def matching_of(patterns: Sequence[str], now: dt.datetime, *more: PlateKey) -> Matching:
    """A box with one list and its key, which it was given as any box is; and with more keys, where there are any."""
    entries = seal_entries(_KEY, patterns)
    body = whole_body(entries)
    parts = tuple(Part(mask, len(found)) for mask, found in entries.items())
    ends, digest = now + dt.timedelta(days=9), hashlib.sha256(body).hexdigest()
    header = ListHeader("city", "stolen", 1, "stolen-vehicles", "bench", now, ends, "list-1", LOWEST, parts, digest)
    used = {"stolen": Used(header, digest, Table(read_whole(header, body)))}
    place = Place("city", "box", "a" * 12)
    ring, key = Keyring(place), Ed25519PrivateKey.generate()
    secret = PlateKey("list-1", "list", "stolen-vehicles", packed(_KEY), now - dt.timedelta(days=1), ends)
    sender, sealed = seal(KeyBundle(place.fleet, place.device, place.boot, (secret, *more)), ring.lock)
    signature = packed(key.sign(sealed_bytes(ring.lock, sender, sealed)))
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder), place.fleet)
        pem = authority.sign_orders(key.public_key(), now).public_bytes(Encoding.PEM).decode()
        trusted = authorities(authority.pem.encode(), KeysError)
    ring.take(SealedKeys(ring.lock, sender, sealed, signature, pem), trusted, Moment(now, known=True))
    return Matching(ring, lambda: used, Times(now, lambda: True))
