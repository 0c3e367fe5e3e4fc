"""The orders of one box: one more, one less, signed anew. Pure but for the signature.

Rules:

- Orders are made from those that stand: of a bundle there is one, the others keep their nonces.
- The counter only rises, also past a store that was brought back from a backup: it is at least the clock.
- An order that has windows never loses the last of them: no window means at once. What does not fit takes fewer windows ahead,
  and windows that have closed are let go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from fleet.twins import Twin
from protocol.orders import Order, Orders, OrdersError, SignedOrders, read_orders

WINDOWS = 14
"""Windows that an order carries: two weeks of nights, after which a box without a link waits for the next orders."""
_FEWER = (WINDOWS, 7, 3, 1)
MOST_ORDERS = 16
MOST_TEXT = 8192
"""Both as the contract says."""

Sign = Callable[[Orders], SignedOrders]


@dataclass(frozen=True)
class Made:
    """A twin with other orders.

    Attributes:
        payload: of the twin.
        counter: of the orders.
        windows: that the new order carries.
    """

    payload: bytes
    counter: int
    windows: int = 0


@dataclass(frozen=True)
class Desk:
    """What orders of one box are made with.

    Attributes:
        fleet: its name.
        device: name of the box.
        twin: as it stands.
        counter: of its last orders.
        now: ms.
        sign: signs.
    """

    fleet: str
    device: str
    twin: Twin
    counter: int
    now: int
    sign: Sign

    def with_order(self, order: Order) -> Made | None:
        """Orders with one more, in place of what stood for its bundle; ``None`` when they do not fit a packet."""
        others = tuple(_trimmed(one, self.now) for one in standing(self.twin) if one.bundle != order.bundle)
        if len(others) >= MOST_ORDERS:
            return None
        for count in _FEWER:
            fewer = msgspec.structs.replace(order, windows=order.windows[:count])
            if (made := self._make((*others, fewer))) is not None:
                return Made(made.payload, made.counter, len(fewer.windows))
        return None

    def without(self, nonce: str) -> Made | None:
        """Orders without the one of this nonce; ``None`` when it does not stand."""
        before = standing(self.twin)
        left = tuple(one for one in before if one.nonce != nonce)
        return None if len(left) == len(before) else self._make(left)

    def _make(self, orders: tuple[Order, ...]) -> Made | None:
        counter = max(self.counter + 1, self.now)
        signed = self.sign(Orders(self.fleet, self.device, counter, orders))
        payload = self.twin.next(orders=signed) if len(signed.text) <= MOST_TEXT else None
        return None if payload is None else Made(payload, counter)


def _trimmed(order: Order, now: int) -> Order:
    coming = tuple(window for window in order.windows if window.closes.timestamp() * 1000 > now)
    return msgspec.structs.replace(order, windows=coming or order.windows[-1:])


def standing(twin: Twin) -> tuple[Order, ...]:
    """Orders that stand in a twin; none where they cannot be read."""
    if twin.orders is None:
        return ()
    try:
        return read_orders(twin.orders).orders
    except OrdersError:
        return ()  # of another version of the manager; boxes that took them keep to what they took
