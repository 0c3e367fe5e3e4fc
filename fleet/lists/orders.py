"""Which files of lists a box's twin names. Pure.

Rule: changes are a shorter way and may be left out; a list that its box should use may not, and a twin into which it does not
fit is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fleet.lists.wanted import plates_of
from fleet.twins import Twin
from protocol.config import Config
from protocol.twin import ListChange, ListOrder

_FEWER = (4, 1, 0)
"""Changes that each list is named with, while the twin does not fit."""
_LARGEST = 2**53 - 1


def orders_for(config: bytes | None, active: Mapping[str, ListOrder]) -> tuple[ListOrder, ...]:
    """Orders of the lists that a configuration names and that there are."""
    return tuple(active[name] for name in plates_of(config).lists if name in active)


def twin_with(twin: Twin, active: Mapping[str, ListOrder], config: Config | None = None) -> bytes | None:
    """The next twin, with the lists that its configuration names; ``None`` when it does not fit.

    Args:
        twin: as it stands.
        active: orders by list.
        config: another configuration; ``None`` keeps the one that stands.
    """
    orders = orders_for(twin.config if config is None else msgspec.json.encode(config), active)
    for count in _FEWER:
        fewer = tuple(msgspec.structs.replace(order, changes=order.changes[:count]) for order in orders)
        payload = twin.next(config=config, lists=fewer)
        if payload is not None:
            return payload
    return None


def stands(twin: Twin, active: Mapping[str, ListOrder]) -> bool:
    """Whether a twin names the lists that it should, with more or fewer of their changes."""
    wanted = orders_for(twin.config, active)
    return [_bare(order) for order in twin.lists] == [_bare(order) for order in wanted]


def largest(name: str) -> ListOrder:
    """An order as long as one can be, to see whether it would fit."""
    change = ListChange(_LARGEST, "0" * 64, 1)
    return ListOrder(name, _LARGEST, "0" * 64, 1, (change,))


def _bare(order: ListOrder) -> tuple[str, int, str]:
    return order.list, order.version, order.digest
