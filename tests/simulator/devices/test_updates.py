"""How a virtual box updates: no less strictly than a box, and as badly as its error model says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.identity.files import IdentityFiles
from fleet.identity.authority import Authority
from fleet.rollouts.signer import OrderSigner
from fleet.rollouts.states import AFTER_STEP, BoxState
from fleet.rollouts.verification import Flag, Given, classify, genuine
from protocol.events import UpdateStep
from protocol.orders import Order, Orders, SignedOrders, Window
from simulator.devices.updates import UpdateModel, Updater

NOW = dt.datetime.now(dt.timezone.utc)
ORDER = Order("reader", 4, "5f" * 16)
S = UpdateStep
Sign = Callable[[Orders], SignedOrders]


class Desk:
    """A fleet's authority and its key for orders."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "north")
        self.certificate = x509.load_pem_x509_certificate(self.authority.pem.encode())
        self._signer = OrderSigner(folder, self.authority)

    def sign(self, counter: int, *orders: Order, device: str = "box-1", fleet: str = "north") -> SignedOrders:
        return self._signer.sign(Orders(fleet, device, counter, orders), NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def updater(desk: Desk, name: str = "box-1", **model: Any) -> Updater:
    values = {"fetch_s": (5.0, 5.0), "probation_s": 10.0, **model}
    return Updater("north", name, Ed25519PrivateKey.generate(), desk.certificate, UpdateModel(**values), 1)


def steps(box: Updater, until_s: float, begin_s: float = 0.0, wall: dt.datetime = NOW) -> list[str]:
    found = []
    second = begin_s
    while second <= until_s:
        found += [report.step.value for report in box.live(second, wall + dt.timedelta(seconds=second)).reports]
        second += 1.0
    return found


def test_an_update_takes_its_time_and_every_report_counts(desk: Desk) -> None:
    box = updater(desk)
    reports = list(box.take(desk.sign(7, ORDER), 0.0, NOW).reports)
    for second in range(30):
        reports += box.live(float(second), NOW).reports
    assert [report.step for report in reports] == [S.ACCEPTED, S.FETCHED, S.ON_PROBATION, S.SUCCEEDED]
    given = Given("reader", 4, ORDER.nonce, 7, 7, BoxState.ORDERED)
    for report in reports:
        assert genuine("north", "box-1", report, box.key.public_key().public_bytes_raw())
        assert classify(report, given) is Flag.COUNTED
        given = Given("reader", 4, ORDER.nonce, 7, 7, AFTER_STEP[report.step])
    assert box.releases == {"reader": 4}
    assert box.take(desk.sign(7, ORDER), 40.0, NOW).reports == (), "the same orders come again with every birth"
    assert box.refused == 0


def test_an_order_that_was_followed_is_not_followed_again_when_another_comes_beside_it(desk: Desk) -> None:
    box = updater(desk)
    box.take(desk.sign(7, ORDER), 0.0, NOW)
    steps(box, 30)
    another = Order("detector", 1, "ab" * 16)
    reports = box.take(desk.sign(8, ORDER, another), 40.0, NOW).reports
    assert [(report.bundle, report.counter) for report in reports] == [("detector", 8)]


def test_orders_that_no_box_would_take_are_refused(desk: Desk, tmp_path: Path) -> None:
    good = desk.sign(7, ORDER)
    client = tmp_path / "client"
    own = IdentityFiles(client)
    certificate, _ = desk.authority.sign_device(own.request("orders"), "orders", NOW)
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    stranger = Desk(tmp_path / "stranger")
    wrong = [
        desk.sign(7, ORDER, device="box-2"),
        desk.sign(7, ORDER, fleet="south"),
        stranger.sign(7, ORDER),
        msgspec.structs.replace(good, text=good.text.replace('"release":4', '"release":9')),
        msgspec.structs.replace(good, signature="A" * 86),
        msgspec.structs.replace(good, certificate_pem=pem),
        msgspec.structs.replace(good, certificate_pem=desk.authority.pem),
        msgspec.structs.replace(good, certificate_pem="nonsense"),
    ]
    box = updater(desk)
    for signed in wrong:
        assert box.take(signed, 0.0, NOW).reports == ()
    assert box.refused == len(wrong)
    assert box.take(good, 0.0, NOW + dt.timedelta(days=400)).reports == (), "its certificate has run out"
    assert len(box.take(good, 0.0, NOW).reports) == 1


def test_recorded_orders_are_not_played_again(desk: Desk) -> None:
    box = updater(desk)
    old, new = desk.sign(7, ORDER), desk.sign(8, Order("reader", 5, "ab" * 16))
    box.take(new, 0.0, NOW)
    steps(box, 30)
    assert box.take(old, 40.0, NOW).reports == ()
    assert (box.releases, box.refused) == ({"reader": 5}, 1)
    lower = box.take(desk.sign(9, Order("reader", 4, "cd" * 16)), 50.0, NOW).reports
    assert [(report.step, report.reason.code if report.reason else "") for report in lower] == [(S.REFUSED, "older-release")]


def test_a_box_switches_in_its_window_only_and_fetches_before(desk: Desk) -> None:
    opens = NOW + dt.timedelta(hours=2)
    order = msgspec.structs.replace(ORDER, windows=(Window(opens, opens + dt.timedelta(hours=1)),))
    box = updater(desk)
    box.take(desk.sign(7, order), 0.0, NOW)
    assert steps(box, 7199) == ["fetched"]
    assert steps(box, 7230, 7199.0) == ["on-probation", "succeeded"]


def test_the_same_order_with_further_windows_does_not_begin_again(desk: Desk) -> None:
    gone = Window(NOW - dt.timedelta(hours=2), NOW - dt.timedelta(hours=1))
    box = updater(desk)
    box.take(desk.sign(7, msgspec.structs.replace(ORDER, windows=(gone,))), 0.0, NOW)
    assert steps(box, 100) == ["fetched"]
    fresh = msgspec.structs.replace(ORDER, windows=(Window(NOW, NOW + dt.timedelta(hours=1)),))
    assert box.take(desk.sign(8, fresh), 100.0, NOW).reports == ()
    assert steps(box, 130, 100.0) == ["on-probation", "succeeded"]


def test_an_order_that_is_taken_back_before_the_switch_is_let_go_and_after_it_is_ended(desk: Desk) -> None:
    early, late = updater(desk), updater(desk)
    for box in (early, late):
        box.take(desk.sign(7, ORDER), 0.0, NOW)
    early.take(desk.sign(8), 1.0, NOW)
    assert steps(early, 60) == []
    assert steps(late, 6) == ["fetched", "on-probation"]
    late.take(desk.sign(8), 7.0, NOW)
    assert steps(late, 60, 7.0) == ["succeeded"]


@pytest.mark.parametrize("model", [{"bad_releases": ("reader/4",)}, {"bad_boxes": 1.0}])
def test_what_goes_wrong_rolls_back_and_says_why(desk: Desk, model: dict[str, Any]) -> None:
    box = updater(desk, **model)
    box.take(desk.sign(7, ORDER), 0.0, NOW)
    reports = [report for second in range(30) for report in box.live(float(second), NOW).reports]
    assert (reports[-1].step, reports[-1].running) == (S.ROLLED_BACK, 0)
    assert reports[-1].reason is not None
    assert box.releases == {}


def test_a_bad_box_is_bad_whenever_it_is_asked_and_about_as_many_are_as_was_said(desk: Desk) -> None:
    bad = [name for name in map("box-{}".format, range(1000)) if updater(desk, name, bad_boxes=0.05)._is("bad", 0.05)]
    assert 25 < len(bad) < 80, "four standard deviations of seven about fifty"
    again = [name for name in bad if updater(desk, name, bad_boxes=0.05)._is("bad", 0.05)]
    assert again == bad


def test_a_box_may_fall_silent_or_start_again(desk: Desk) -> None:
    silent = updater(desk, silent_boxes=1.0).take(desk.sign(7, ORDER), 0.0, NOW)
    assert silent.falls_silent
    assert [report.step for report in silent.reports] == [S.ACCEPTED], "its acceptance is its last word"
    restless = updater(desk, restarts=1.0)
    restless.take(desk.sign(7, ORDER), 0.0, NOW)
    assert [restless.live(float(second), NOW).restarts for second in range(30)].count(True) == 1
