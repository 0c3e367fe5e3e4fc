"""Holding readings against the lists, and what stands for everyone else.

Rules:

- Every plausible reading is looked up under every mask of every list that counts. One digest is made for each key, mask and
  known part, whatever the number of lists and readings that need it.
- A list whose time is over, and one whose key is not held, answer nothing; the manager is told of both elsewhere.
- What is asked is answered by the lists as they were at that moment: one version, never parts of two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from edge.analytics.anpr.ports import Match
from edge.lists.believe import Used
from edge.lists.keyring import Keyring
from edge.lists.times import Times
from models.bundle.reading import Reading
from ota.device.moment import Moment
from protocol.events import Pseudonym
from protocol.lists import digest
from protocol.plates import fold, known_part
from protocol.pseudonyms import pseudonym


class Matching:
    """Behind the ports :class:`edge.analytics.anpr.ports.HitLists` and :class:`~edge.analytics.anpr.ports.Pseudonyms`.

    Args:
        ring: keys.
        used: the lists that are here, by name.
        times: what the wall clock is worth.
    """

    def __init__(self, ring: Keyring, used: Callable[[], Mapping[str, Used]], times: Times) -> None:
        self._ring, self._used, self._times = ring, used, times

    def match(self, readings: Sequence[Reading], lists: Sequence[str], now: dt.datetime) -> list[Match]:
        """Hold readings against lists; see the port. Whether a match reaches its list's ``least`` is for the caller."""
        time, all_used = self._times.at(now), self._used()
        ranked = sorted((reading for reading in readings if reading.text), key=lambda reading: -reading.probability)
        folded = [fold(reading.text) for reading in ranked]
        made: dict[tuple[str, str], dict[str, bytes]] = {}
        found = []
        for name in dict.fromkeys(lists):
            used = all_used.get(name)
            if used is None or used.header.expires <= time.now or not ranked:
                continue
            place = self._find(used, folded, time, made)
            if place is not None:
                at, pattern = place
                best = ranked[at]
                found.append(Match(name, used.header.version, best.text, best.probability, pattern, used.header.least))
        return found

    def of(self, purpose: str, plate: str, now: dt.datetime) -> Pseudonym | None:
        """The pseudonym of a plate; see the port."""
        held = self._ring.find("pseudonym", purpose, self._times.at(now))
        if held is None:
            return None
        with self._ring.lent(held.id) as secret:
            return None if secret is None else Pseudonym(purpose, held.id, pseudonym(secret, plate))

    def _find(
        self, used: Used, folded: Sequence[str], time: Moment, made: dict[tuple[str, str], dict[str, bytes]]
    ) -> tuple[int, bool] | None:
        """Place of the first reading that is on a list, and whether by a pattern with unknown characters alone."""
        key = self._ring.find("list", used.header.purpose, time, used.header.key)
        if key is None:
            return None
        places: dict[int, bool] = {}
        with self._ring.lent(key.id) as secret:
            if secret is None:
                return None
            for mask in used.table.masks:
                fitting = [(at, known) for at, text in enumerate(folded) if (known := known_part(mask, text)) is not None]
                if not fitting:
                    continue
                digests = made.setdefault((key.id, mask), {})
                for _, known in fitting:
                    if known not in digests:
                        digests[known] = digest(secret, mask, known)
                hits = used.table.has(mask, [digests[known] for _, known in fitting])
                whole = not mask.strip(".")
                for (at, _), hit in zip(fitting, hits, strict=True):
                    if hit:
                        places[at] = places.get(at, True) and not whole
        return min(places.items(), default=None)
