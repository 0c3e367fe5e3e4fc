"""Which boxes there are, from the store: what they said last, and what people said of them.

Rule: a box's birth is decoded again only when it has been born again; a look at thousands of boxes reads numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, Engine, select

from fleet.rollouts.census import Known
from fleet.rollouts.hours import Hours
from fleet.rollouts.plan import Plan
from fleet.store.tables import device, device_release, rollout, rollout_box
from protocol.state import State

_AT_ONCE = 500
_state = msgspec.json.Decoder(State)
_hours = msgspec.json.Decoder(Hours)
_tags = msgspec.json.Decoder(frozenset[str])


@dataclass(frozen=True)
class _Birth:
    at: int
    heard: bool = False
    hardware: str = ""
    agent: str = ""
    versions: tuple[tuple[str, str], ...] = ()


class Boxes:
    """Looks at the store. One thread at a time.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._births: dict[str, _Birth] = {}

    def known(self) -> list[Known]:
        """All registered boxes that were not withdrawn."""
        d = device.c
        columns = (d.name, d.label, d.site, d.tags, d.powered, d.public_key, d.state_at)
        query = select(*columns, (d.desired.is_not(None) | d.reported.is_not(None)).label("configured"))
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(d.registered_at.is_not(None), d.withdrawn_at.is_(None))).all()
            self._learn(connection, {row.name: row.state_at or 0 for row in rows})
            releases: dict[str, dict[str, int]] = {}
            for row in connection.execute(select(device_release)):
                releases.setdefault(row.device, {})[row.bundle] = row.release
        found = []
        for row in rows:
            birth = self._births[row.name]
            known = Known(
                name=row.name,
                label=row.label,
                site=row.site,
                tags=_tags.decode(row.tags),
                hardware=birth.hardware,
                agent=birth.agent,
                key=key_of(row.public_key),
                versions=dict(birth.versions),
                releases=releases.get(row.name, {}),
                heard=birth.heard,
                configured=bool(row.configured),
                powered=None if row.powered is None else _hours.decode(row.powered),
            )
            found.append(known)
        return found

    def _learn(self, connection: Connection, said_at: dict[str, int]) -> None:
        self._births = {name: birth for name, birth in self._births.items() if said_at.get(name) == birth.at}
        for part in chunks(said_at.keys() - self._births.keys(), _AT_ONCE):
            for row in connection.execute(select(device.c.name, device.c.birth).where(device.c.name.in_(part))):
                self._births[row.name] = _birth(row.birth, said_at[row.name])


def of_rollouts(connection: Connection, plan: Plan) -> dict[str, frozenset[str]]:
    """Names of the boxes to which the rollouts that a plan's filters name gave orders, by their ids."""
    wanted = {part.rollout for part in (plan.where, *(group.where for group in plan.groups)) if part.rollout is not None}
    return {one: _ordered(connection, one) for one in wanted}


def key_of(public_key: bytes | None) -> str:
    """Names a box's key in a row."""
    return "" if public_key is None else hashlib.sha256(public_key).hexdigest()


def chunks(names: Iterable[str], size: int) -> list[list[str]]:
    """In parts, sorted: whoever locks rows of boxes does so in one order."""
    line = sorted(names)
    return [line[start : start + size] for start in range(0, len(line), size)]


def _ordered(connection: Connection, one: str) -> frozenset[str]:
    query = select(rollout_box.c.device).join(rollout, rollout.c.number == rollout_box.c.rollout)
    return frozenset(connection.scalars(query.where(rollout.c.id == one, rollout_box.c.ordered_at.is_not(None))))


def _birth(birth: bytes | None, at: int) -> _Birth:
    try:
        said = None if birth is None else _state.decode(birth)
    except msgspec.DecodeError:
        said = None  # of a newer contract
    if said is None or said.versions is None:
        return _Birth(at)
    models = tuple((model.name, model.version) for model in said.models)
    return _Birth(at, heard=True, hardware=said.versions.hardware, agent=said.versions.agent, versions=models)
