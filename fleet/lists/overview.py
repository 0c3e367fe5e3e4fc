"""Hit lists as the people see them who keep them: what stands and on which boxes, what waits for whom, what was.

Rules: reading only, and no plate in any of it; everything follows from rows that stand now.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, Engine, select

from fleet.lists.access import Access
from fleet.lists.boxes import Box, Boxes
from fleet.lists.errors import UnknownListError
from fleet.lists.forms import Counting, Forms
from fleet.lists.keys_wanted import Handout
from fleet.lists.ledger import State, Version, active_lists, in_states, versions
from fleet.lists.pulse import locked, read_pulse
from fleet.lists.reach import Reached, Step, Told, reached
from fleet.lists.views import ListViews, VersionView, view
from fleet.policy.policy import Policy
from fleet.store.tables import key_handout, list_box, list_version

MOST_BEHIND = 12
"""Boxes of the overview that are named with what they wait for."""


class PurposeView(msgspec.Struct, frozen=True):
    """What lists of a purpose may be, by the fleet's policy."""

    name: str
    label: str
    reference: str
    list_days: int
    hit_days: int


class WaitingView(msgspec.Struct, frozen=True):
    """A draft, or what was approved and is not signed yet.

    Attributes:
        stale: another version stands than the one of which it was made, so that it cannot be approved.
    """

    version: VersionView
    forms: Forms | None
    stale: bool


class ListRow(msgspec.Struct, frozen=True):
    """One list.

    Attributes:
        standing: the version that boxes should use; ``None`` = none.
        last: what was published or drafted last, where nothing stands.
        forms: entries of ``standing`` by form.
        uses: boxes that use the newest version.
        boxes: that should, or that use a version of a list that is over.
        behind: the first of those that do not use the newest version.
    """

    list: str
    purpose: str
    standing: VersionView | None
    last: VersionView
    forms: Forms | None
    waiting: tuple[WaitingView, ...]
    uses: int
    boxes: int
    behind: tuple[Reached, ...]


class Overview(msgspec.Struct, frozen=True):
    """All lists, and whether the manager can sign.

    Attributes:
        locked: why nothing can be signed, with what to do; empty = all is well.
        fault: what could not be done lately.
        purposes: for which lists may be made.
    """

    locked: str
    fault: str
    lists: tuple[ListRow, ...]
    purposes: tuple[PurposeView, ...]


class ListWhole(msgspec.Struct, frozen=True):
    """One list whole: its boxes and its history, newest first."""

    locked: str
    fault: str
    row: ListRow
    purpose: PurposeView | None
    boxes: tuple[Reached, ...]
    versions: tuple[VersionView, ...]


@dataclass(frozen=True)
class _Fleet:
    """What is known of boxes and lists at one moment."""

    boxes: tuple[Box, ...]
    active: Mapping[str, Version]
    uses: Mapping[tuple[str, str], tuple[int, int]]
    handouts: Mapping[str, tuple[Handout, tuple[str, ...]]]


class Overviews:
    """Answers from the store.

    Args:
        engine: the store.
        policy: of the fleet.
        access: to the key store.
        now: clock, ms.
    """

    def __init__(
        self, engine: Engine, policy: Policy, access: Access, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._engine, self._policy, self._now = engine, policy, now
        self._views, self._counting = ListViews(engine), Counting(access)
        self._boxes, self._lock = Boxes(engine), threading.Lock()

    def all(self) -> Overview:
        """Every list: those that stand or wait, and what was last of those that are over."""
        fleet = self._fleet()
        with self._engine.connect() as connection:
            waiting = versions(connection, in_states(State.DRAFT, State.APPROVED))
        by_list: dict[str, list[VersionView]] = {}
        for one in self._views.lists():
            by_list.setdefault(one.list, []).append(one)
        rows = [self._row(name, found, waiting, fleet, self._reached(name, fleet)) for name, found in by_list.items()]
        purposes = (self._purpose(name) for name in sorted(self._policy.purposes))
        return Overview(*self._pulse(), tuple(rows), tuple(purpose for purpose in purposes if purpose is not None))

    def of(self, name: str) -> ListWhole:
        """One list whole.

        Raises:
            UnknownListError: there never was one of this name.
        """
        found = self._views.of(name)
        if found is None:
            msg = f"there is no list {name[:32]!r}; the page of hit lists names those that there are"
            raise UnknownListError(msg)
        fleet = self._fleet()
        with self._engine.connect() as connection:
            query = in_states(State.DRAFT, State.APPROVED).where(list_version.c.list == name)
            waiting = versions(connection, query)
        boxes = self._reached(name, fleet)
        row = self._row(name, found.versions, waiting, fleet, boxes)
        return ListWhole(*self._pulse(), row, self._purpose(row.purpose), tuple(boxes), found.versions)

    def _row(
        self, name: str, known: Iterable[VersionView], waiting: Iterable[Version], fleet: _Fleet, boxes: list[Reached]
    ) -> ListRow:
        standing = fleet.active.get(name)
        shown = list(known)
        behind = [one for one in boxes if one.step is not Step.USES]
        return ListRow(
            name,
            shown[0].purpose,
            None if standing is None else view(standing),
            next((one for one in shown if one.version is not None), shown[0]),
            None if standing is None else self._counting.of(standing),
            tuple(self._waiting(one, standing) for one in waiting if one.list == name),
            len(boxes) - len(behind),
            len(boxes),
            tuple(behind[:MOST_BEHIND]),
        )

    def _waiting(self, found: Version, standing: Version | None) -> WaitingView:
        return WaitingView(view(found), self._counting.of(found), found.based_on != (standing.content if standing else None))

    def _purpose(self, name: str) -> PurposeView | None:
        found = self._policy.purposes.get(name)
        if found is None or not found.lists:
            return None
        return PurposeView(name, found.label, found.reference, found.list_days, found.hit_days)

    def _pulse(self) -> tuple[str, str]:
        pulse = read_pulse(self._engine)
        return locked(self._engine, self._now()), "" if pulse is None else pulse.fault

    def _fleet(self) -> _Fleet:
        with self._lock:
            self._boxes.look()
            boxes = tuple(sorted(self._boxes.known.values(), key=lambda box: box.name))
        with self._engine.connect() as connection:
            active = active_lists(connection, self._now())
            rows = connection.execute(select(list_box.c.device, list_box.c.list, list_box.c.version, list_box.c.since))
            uses = {(device, name): (version, since) for device, name, version, since in rows}
            return _Fleet(boxes, active, uses, _handouts(connection))

    def _reached(self, name: str, fleet: _Fleet) -> list[Reached]:
        """Boxes of a list, those that do not use its newest version first."""
        orders = {listed: version.order() for listed, version in fleet.active.items()}
        newest, found = fleet.active.get(name), []
        for box in fleet.boxes:
            wanted = newest is not None and name in box.plates.lists
            if not wanted and (newest is not None or (box.name, name) not in fleet.uses):
                continue
            version, since = fleet.uses.get((box.name, name), (None, None))
            handout, keys = fleet.handouts.get(box.name, (None, ()))
            found.append(reached(box, newest, orders, Told(version, since, handout, keys)))
        return sorted(found, key=lambda one: one.step is Step.USES)


def _handouts(connection: Connection) -> dict[str, tuple[Handout, tuple[str, ...]]]:
    columns = [key_handout.c[field] for field in Handout.__dataclass_fields__]
    query = select(key_handout.c.device, key_handout.c.ids, *columns)
    decode = msgspec.json.Decoder(tuple[str, ...]).decode
    return {device: (Handout(*rest), decode(ids)) for device, ids, *rest in connection.execute(query)}
