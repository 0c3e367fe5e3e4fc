"""Looking for clones among the reads that are kept, and telling people: one alert for each plate, renewed when there is more.

Rules: reads are joined within one purpose and one key only; who looks is the job, every few minutes, and what it tells is
stored in one transaction with how it stands; an alert that was judged is not told again by the same contradictions; the
pseudonym stays in a table of its own and leaves it with its reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, insert, select, update

from fleet.fusion.anpr.clones import TELL_FROM, Clone, find
from fleet.fusion.anpr.passages import UNKNOWN, Floats, Reads, metres
from fleet.fusion.anpr.told import CloneSeen, Place
from fleet.fusion.made import CLONE, MadeBody, store
from fleet.policy.policy import Policy
from fleet.store.anpr import anpr_clone, anpr_read
from fleet.store.database import FUSION_ORDER, one_at_a_time, writing
from protocol.events import Assessed, Colour, Cue, Phase, VehicleKind
from protocol.identifiers import uuid7

_COLUMNS = (
    *("pseudonym", "device", "source", "at", "synchronised", "sigma_ms", "lat", "lon"),
    *("posterior", "kind", "kind_p", "colour", "colour_p"),
)
_KIND = {kind.value: number for number, kind in enumerate(VehicleKind) if kind is not VehicleKind.UNKNOWN}
_COLOUR = {colour.value: number for number, colour in enumerate(Colour) if colour is not Colour.UNKNOWN}
MOST_READS = 3_000_000
"""Looked at together: half a gigabyte. The latest win."""


@dataclass(frozen=True)
class _Group:
    """Reads of one purpose and one key, as rows of the store and as arrays."""

    purpose: str
    key: str
    rows: Sequence[Row[Any]]
    reads: Reads
    xy: Floats


class Suspects:
    """Looks. One thread at a time.

    Args:
        engine: the store.
        policy: which purposes there are.
    """

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine, self._policy = engine, policy
        self.doubted: tuple[str, ...] = ()
        """Cameras whose clock or place is not believed, ``box/source``, as of the last look."""

    def look(self, now: int) -> int:
        """Look at all reads; ``now`` in ms. Returns how many alerts were made or told again."""
        told, doubted = 0, []
        with self._engine.connect() as connection:
            pairs = connection.execute(select(anpr_read.c.purpose, anpr_read.c.key).distinct()).all()
        for purpose, key in pairs:
            if purpose in self._policy.purposes:
                with self._engine.connect() as connection:
                    group = _load(connection, purpose, key)
                findings = find(group.reads, group.xy)
                doubted += [_cameras(group.rows)[number] for number in findings.doubted]
                told += self._tell(group, [c for c in findings.clones if c.probability >= TELL_FROM], now)
        self.doubted = tuple(f"{device}/{source}" for device, source in sorted(set(doubted)))
        return told

    def _tell(self, group: _Group, clones: Sequence[Clone], now: int) -> int:
        told = 0
        for clone in clones:
            with writing(self._engine) as connection:
                one_at_a_time(connection, FUSION_ORDER)
                told += _tell(connection, group, clone, now)
        return told


def _load(connection: Connection, purpose: str, key: str) -> _Group:
    query = select(*(anpr_read.c[name] for name in _COLUMNS)).where(anpr_read.c.purpose == purpose, anpr_read.c.key == key)
    rows = connection.execute(query.order_by(anpr_read.c.event.desc()).limit(MOST_READS)).all()
    cameras = {camera: number for number, camera in enumerate(_cameras(rows))}
    who = np.unique([row.pseudonym for row in rows], return_inverse=True)[1]
    lat, lon = np.full(len(cameras), np.nan), np.full(len(cameras), np.nan)
    camera = np.array([cameras[row.device, row.source] for row in rows], np.int64)
    for number, row in zip(camera[::-1], rows[::-1], strict=True):  # where it hung last
        if row.lat is not None:
            lat[number], lon[number] = row.lat, row.lon
    reads = Reads(
        who=who.astype(np.int64),
        camera=camera,
        at_s=np.array([row.at for row in rows], float) / 1000,
        synchronised=np.array([row.synchronised for row in rows], bool),
        sigma_s=np.array([row.sigma_ms or 0.0 for row in rows], float) / 1000,
        posterior=np.array([row.posterior for row in rows], float),
        kind=_numbers([row.kind for row in rows], _KIND),
        kind_p=np.array([row.kind_p for row in rows], float),
        colour=_numbers([row.colour for row in rows], _COLOUR),
        colour_p=np.array([row.colour_p for row in rows], float),
    )
    return _Group(purpose, key, rows, reads, metres(lat, lon))


def _cameras(rows: Sequence[Row[Any]]) -> list[tuple[str, str]]:
    return sorted({(row.device, row.source) for row in rows})


def _numbers(values: Sequence[str], known: Mapping[str, int]) -> Any:
    return np.array([known.get(value, UNKNOWN) for value in values], np.int64)


def _tell(connection: Connection, group: _Group, clone: Clone, now: int) -> bool:
    first, second = group.rows[clone.first], group.rows[clone.second]
    c = anpr_clone.c
    mine = (c.purpose == group.purpose, c.key == group.key, c.pseudonym == first.pseudonym)
    before = connection.execute(select(c.incident, c.contradictions).where(*mine)).first()
    if before is not None and clone.contradictions <= before.contradictions:
        return False
    incident = uuid7(now) if before is None else before.incident
    last_at = round(clone.last_s * 1000)
    seen = CloneSeen(
        group.purpose, group.key, _place(first), _place(second), round(clone.took_s, 1), round(clone.needs_s, 1),
        clone.contradictions, clone.wrong, last_at,
    )  # fmt: skip
    assessed = Assessed("clone-plate", round(clone.probability, 3), _cues(clone, first, second))
    store(connection, CLONE, MadeBody(seen, assessed, incident, Phase.NEW if before is None else Phase.UPDATE), now)
    stands = {
        "probability": clone.probability,
        "contradictions": clone.contradictions,
        "last_at": last_at,
        "told_at": now,
    }
    if before is None:
        connection.execute(
            insert(anpr_clone).values(
                purpose=group.purpose, key=group.key, pseudonym=first.pseudonym, incident=incident, **stands
            )
        )
    else:
        connection.execute(update(anpr_clone).where(*mine).values(**stands))
    return True


def _cues(clone: Clone, first: Row[Any], second: Row[Any]) -> tuple[Cue, ...]:
    return (
        Cue("contradictions", float(clone.contradictions)),
        Cue("readings-that-would-be-wrong", float(clone.wrong)),
        Cue("time-between", round(clone.took_s, 1), "s"),
        Cue("quickest-drive", round(clone.needs_s, 1), "s"),
        Cue("posterior-first", round(first.posterior, 3)),
        Cue("posterior-second", round(second.posterior, 3)),
        Cue("kind-disagrees", float(clone.kinds)),
        Cue("colour-disagrees", float(clone.colours)),
    )


def _place(row: Row[Any]) -> Place:
    return Place(row.device, row.source, row.at, row.lat, row.lon, row.kind, row.colour)
