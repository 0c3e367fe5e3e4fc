"""The orders of one box: what fits, what rises, and what never gets lost on the way."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fleet.rollouts.orders import MOST_ORDERS, WINDOWS, Desk, standing
from fleet.twins import LARGEST, Twin, read_twin
from protocol.check import check_config
from protocol.config import Config, Line, Source
from protocol.limits import PACKET_BYTES
from protocol.orders import Order, Orders, SignedOrders, Window, read_orders, signed_bytes
from protocol.twin import Desired, Reported
from tests.fleet.rollouts.fleet import ROLLOUT

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
START = dt.datetime(2026, 3, 2, 1, tzinfo=dt.timezone.utc)
NIGHTS = tuple(Window(START + dt.timedelta(days=n), START + dt.timedelta(days=n, hours=2)) for n in range(WINDOWS))


def sign(orders: Orders) -> SignedOrders:
    text = msgspec.json.encode(orders).decode()
    signature = base64.urlsafe_b64encode(KEY.sign(signed_bytes(text))).rstrip(b"=").decode()
    return SignedOrders(text, signature, "c" * 800)


def desk(twin: Twin, counter: int = 0, now: int = 1000) -> Desk:
    return Desk("north", "box-1", twin, counter, now, sign)


def order(number: int, windows: tuple[Window, ...] = (), **more: Any) -> Order:
    return Order(f"bundle-{number}", 4, f"{number:032x}", ROLLOUT, windows, **more)


def config(lines: int) -> Config:
    """About 120 bytes a line."""
    sources = []
    for i in range(0, lines, 16):
        some = tuple(Line(f"line-{i + j}", (0.123456, 0.3), (0.5, 0.98), "x" * 40) for j in range(min(16, lines - i)))
        sources.append(Source(f"cam-{i}", "recording.mp4", lines=some))
    return Config(tuple(sources))


def twin_of(payload: bytes | None) -> Twin:
    return read_twin(payload, None)


EMPTY = read_twin(None, msgspec.json.encode(Reported(7, Config())))


def test_a_twin_is_made_of_what_stands_and_rises_past_what_either_says() -> None:
    made = desk(EMPTY).with_order(order(1, NIGHTS))
    assert made is not None
    desired = msgspec.json.decode(made.payload, type=Desired)
    assert (desired.version, desired.config) == (8, Config())
    assert desired.orders is not None
    assert read_orders(desired.orders) == Orders("north", "box-1", 1000, (order(1, NIGHTS),))
    again = read_twin(made.payload, msgspec.json.encode(Reported(3, Config())))
    assert again.version == 8
    assert standing(again) == (order(1, NIGHTS),)


def test_of_a_bundle_one_order_stands_and_the_others_stay_as_they_are() -> None:
    first = desk(EMPTY).with_order(order(1))
    assert first is not None
    second = desk(twin_of(first.payload), first.counter).with_order(order(2, NIGHTS))
    assert second is not None
    replaced = msgspec.structs.replace(order(1), nonce="ab" * 16, release=5)
    third = desk(twin_of(second.payload), second.counter).with_order(replaced)
    assert third is not None
    assert standing(twin_of(third.payload)) == (order(2, NIGHTS), replaced)
    left = desk(twin_of(third.payload), third.counter).without(order(2).nonce)
    assert left is not None
    assert standing(twin_of(left.payload)) == (replaced,)
    assert desk(twin_of(left.payload)).without(order(2).nonce) is None
    bare = desk(twin_of(left.payload), left.counter).without(replaced.nonce)
    assert bare is not None
    assert standing(twin_of(bare.payload)) == ()
    assert twin_of(bare.payload).orders is not None, "none are orders too, with a counter of their own"


@pytest.mark.parametrize(
    ("last", "now", "counter"), [(0, 1000, 1000), (1000, 1000, 1001), (5000, 1000, 5001), (999, 2000, 2000)]
)
def test_the_counter_rises_whatever_the_clock_and_a_backup_say(last: int, now: int, counter: int) -> None:
    made = desk(EMPTY, last, now).with_order(order(1))
    assert made is not None
    assert made.counter == counter


@given(st.integers(0, 100), st.integers(1, 18), st.booleans())
def test_whatever_stands_a_twin_fits_a_packet_and_an_order_keeps_a_window(lines: int, orders: int, wide: bool) -> None:
    wanted = config(lines)
    if check_config(wanted):
        return
    twin = read_twin(None, msgspec.json.encode(Reported(1, wanted)))
    counter = 0
    for number in range(orders):
        before = standing(twin)
        made = desk(twin, counter).with_order(order(number, NIGHTS if wide else ()))
        if made is None:
            full = MOST_ORDERS if not wide else 5
            assert len(before) >= full or len(twin.config or b"") > LARGEST // 4
            return
        assert len(made.payload) <= LARGEST < PACKET_BYTES
        desired = msgspec.json.decode(made.payload, type=Desired)
        assert desired.config == wanted
        assert desired.orders is not None
        msgspec.json.decode(msgspec.json.encode(desired.orders), type=SignedOrders)
        now = read_orders(desired.orders).orders
        assert now[:-1] == before
        assert bool(now[-1].windows) == wide
        assert now[-1].windows == NIGHTS[: made.windows] if wide else not made.windows
        twin, counter = twin_of(made.payload), made.counter


def test_windows_that_have_closed_are_let_go_but_never_the_last() -> None:
    first = desk(EMPTY).with_order(order(1, NIGHTS))
    assert first is not None
    for nights, left in ((5, NIGHTS[5:]), (100, NIGHTS[-1:])):
        now = round((START + dt.timedelta(days=nights)).timestamp() * 1000)
        second = desk(twin_of(first.payload), first.counter, now).with_order(order(2))
        assert second is not None
        assert standing(twin_of(second.payload)) == (order(1, left), order(2))


def test_orders_that_cannot_be_read_stand_for_nothing() -> None:
    damaged = SignedOrders("{}", "A" * 86, "c")
    twin = Twin(1, b'{"sources":[]}', damaged)
    assert standing(twin) == ()
    made = desk(twin).with_order(order(1))
    assert made is not None
    assert standing(twin_of(made.payload)) == (order(1),)


def test_without_a_configuration_there_is_no_twin() -> None:
    with pytest.raises(ValueError, match="without a configuration"):
        read_twin(None, None).next()
