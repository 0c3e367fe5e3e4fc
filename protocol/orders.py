"""Orders: which releases a box should run, signed by the manager and carried by the desired twin.

Rules:

- Orders name the box that they are for and a counter that only rises; a box takes none for another box and none at or below
  the highest that it has taken, so that a recorded order cannot be played again.
- They choose among what is signed in the repository and nothing else: a manager that has been broken into can only choose.
- They are signed with a key whose certificate the fleet's authority has made for this use and no other; the box knows that
  authority since its enrolment. What is signed is the text as it stands, after a line that says what it is, so that no
  signature for one thing serves for another.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.basis import Struct
from protocol.errors import ProtocolError
from protocol.events import OtaReport
from protocol.identifiers import EventId, Name, Ordinal

_ORDERS = b"lamplighter orders 1\n"
_REPORT = b"lamplighter update report 1\n"
Signature = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{86}\Z", description="Ed25519, base64url without padding")]
Nonce = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z", description="128 random bits, hexadecimal; used once")]


class OrdersError(ProtocolError):
    """Orders that a box does not follow."""

    reason = "orders"


class Window(Struct, frozen=True):
    """A time in which a box may switch."""

    opens: Annotated[dt.datetime, Meta(tz=True, description="From")]
    closes: Annotated[dt.datetime, Meta(tz=True, description="Until, not included")]


class Order(Struct, frozen=True):
    """One bundle that should run."""

    bundle: Name
    release: Annotated[Ordinal, Meta(description="Of the bundle, as in the repository")]
    nonce: Annotated[Nonce, Meta(description="Repeated in every report on this order")]
    rollout: Annotated[EventId, Meta(description="Rollout that it belongs to, a UUIDv7")] | None = None
    windows: Annotated[
        tuple[Window, ...], Meta(max_length=16, description="When it may switch, in order; empty = at once; fetched at once")
    ] = ()


class Orders(Struct, frozen=True):
    """All that a box should run; a bundle that is not named stays as it is."""

    fleet: Name
    device: Name
    counter: Annotated[Ordinal, Meta(description="Rises with every change")]
    orders: Annotated[tuple[Order, ...], Meta(max_length=16, description="By bundle, each once")]


class SignedOrders(Struct, frozen=True):
    """Orders as they travel."""

    text: Annotated[str, Meta(max_length=8192, description="Orders, JSON, as signed")]
    signature: Signature
    certificate_pem: Annotated[str, Meta(max_length=4096, description="Of the key that signed, made by the fleet's authority")]


def read_orders(signed: SignedOrders) -> Orders:
    """Decode what the caller has verified.

    Raises:
        OrdersError: when the text is no orders, or names a bundle twice.
    """
    try:
        orders = msgspec.json.decode(signed.text, type=Orders)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        msg = f"orders cannot be read: {error}; the manager is of another version than this box, or not the manager"
        raise OrdersError(msg) from None
    names = [order.bundle for order in orders.orders]
    if len(set(names)) != len(names):
        msg = f"orders {orders.counter} name a bundle twice: {', '.join(sorted(names))}"
        raise OrdersError(msg)
    return orders


def signed_bytes(text: str) -> bytes:
    """What the signature of orders is over."""
    return _ORDERS + text.encode()


def report_bytes(fleet: str, device: str, report: OtaReport) -> bytes:
    """What the signature of a report is over: who says it, and all that it says but the signature."""
    bare = msgspec.structs.replace(report, signature="")
    return _REPORT + msgspec.json.encode((fleet, device, bare))
