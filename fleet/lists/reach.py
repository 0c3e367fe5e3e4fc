"""How far a list has come on the boxes that should use it, and what those that do not use it yet wait for. Pure.

Rules: a box uses a version when it says so itself and holds its key; whatever it lacks has a name, and words that say what to
do, if anything; the box's own word about the list stands before what is guessed from its state.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from fleet.lists.boxes import Box
from fleet.lists.keys_wanted import Handout
from fleet.lists.ledger import Version
from fleet.lists.orders import twin_with
from protocol.state import State
from protocol.twin import ListOrder


class Step(str, enum.Enum):
    """Of a box, on its way to a version."""

    USES = "uses"
    FETCHING = "fetching"
    REFUSED = "refused"
    KEY_MISSING = "key-missing"
    NOT_TOLD = "not-told"
    NO_ROOM = "no-room"
    AWAY = "away"
    FORGETTING = "forgetting"


class Reached(msgspec.Struct, frozen=True):
    """One box: the version that it said it uses, since when (ms), how far it is with the newest one, and why not farther."""

    device: str
    version: int | None
    since: int | None
    step: Step
    why: str = ""


@dataclass(frozen=True)
class Told:
    """What the store knows of a box and a list: the version that the box said it uses, since when, and the keys it was sent."""

    version: int | None = None
    since: int | None = None
    handout: Handout | None = None
    keys: tuple[str, ...] = ()


def reached(box: Box, newest: Version | None, orders: Mapping[str, ListOrder], told: Told) -> Reached:
    """How far a box is.

    Args:
        box: that should use the list, or has said that it does.
        newest: the version that stands; ``None`` = none does, and the box is to forget the list.
        orders: of all lists that stand, by name.
        told: of this box and this list.
    """
    if newest is None:
        step, why = Step.FORGETTING, "it was told that the list is over, and has not yet said that it forgot it"
        if box.state is None:
            why = "it is away, and is told that the list is over when it is back; its keys end with the list"
    elif box.state is None:
        step, why = Step.AWAY, "it is away: it takes the list when it is back"
    else:
        step, why = _of(box, box.state, newest, orders, told)
    return Reached(box.name, told.version, told.since, step, why)


def _of(box: Box, state: State, newest: Version, orders: Mapping[str, ListOrder], told: Told) -> tuple[Step, str]:
    if (newest.version, newest.digest) not in {(one.version, one.digest) for one in box.twin.lists if one.list == newest.list}:
        if box.twin.config is not None and twin_with(box.twin, orders) is None:
            return Step.NO_ROOM, "its twin has no room for its lists: give it fewer zones, lines or lists"
        return Step.NOT_TOLD, "it is told within seconds, while the manager's process of lists runs"
    if newest.key not in state.keys:
        return Step.KEY_MISSING, _without_key(state, newest, told)
    if state.lists.get(newest.list) == newest.version:
        return Step.USES, ""
    said = [one for one in state.reasons if one.subject == f"list {newest.list}" and one.code != "list-missing"]
    if said:
        return Step.REFUSED, f"{said[0].code}: {said[0].detail}"
    return Step.FETCHING, "it was told of this version, and has not yet said that it uses it"


def _without_key(state: State, newest: Version, told: Told) -> str:
    if state.lock is None:
        return "it offers no lock for the list's key: its agent reads no plates, or has to be updated"
    sent = told.handout is not None and told.handout.boot == state.boot and newest.key in told.keys
    if sent:
        return "it was sent the list's key, and has not yet said that it holds it"
    return "it is sent the list's key within seconds, while the manager's process of lists runs"
