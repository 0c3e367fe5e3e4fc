"""How a virtual box updates: it takes orders as a box does, takes its time, and ends well or not as its error model says. Pure.

Rules: orders are verified by the code of real boxes, and their counter never falls; a report is signed with the box's key;
what becomes of an update follows from the seed, the box and the release alone, so that a bad box is bad whenever it is asked,
and a bad release on every box; a box switches in its windows only; nothing is fetched, for there is no model to run.
"""

from __future__ import annotations

import base64
import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta

from ota.device.moment import Moment
from ota.device.orders import verify
from protocol.events import OtaReport, Reason, UpdateStep
from protocol.orders import Order, OrdersError, SignedOrders, report_bytes

Share = Annotated[float, Meta(ge=0, le=1)]


class UpdateModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How updates go on a box."""

    fetch_s: Annotated[tuple[float, float], Meta(description="Shortest and longest fetch, seconds")] = (2.0, 8.0)
    probation_s: Annotated[float, Meta(ge=0, description="From the switch to the last word")] = 10.0
    bad_boxes: Annotated[Share, Meta(description="Share of boxes on which every release goes wrong")] = 0.0
    silent_boxes: Annotated[Share, Meta(description="Share of boxes that accept and are not heard again")] = 0.0
    restarts: Annotated[Share, Meta(description="Share of updates in whose probation the box starts again")] = 0.0
    bad_releases: Annotated[tuple[str, ...], Meta(description="'BUNDLE/RELEASE' that goes wrong on every box")] = ()
    bytes: Annotated[int, Meta(ge=0, description="Over the wire for a release")] = 500_000


@dataclass
class _Running:
    """An order that the box follows."""

    order: Order
    step: UpdateStep
    due_s: float
    """When the next step comes."""


@dataclass(frozen=True)
class Happened:
    """What came of a second.

    Attributes:
        reports: signed, in order.
        restarts: whether the box starts again.
        falls_silent: whether it is not heard from now on, after these reports.
    """

    reports: tuple[OtaReport, ...] = ()
    restarts: bool = False
    falls_silent: bool = False


@dataclass
class Updater:
    """One box's updates.

    Args:
        fleet: that it belongs to.
        device: its name.
        key: of the box.
        authority: of the fleet.
        model: how updates go.
        seed: of the scenario.
    """

    fleet: str
    device: str
    key: Ed25519PrivateKey
    authority: x509.Certificate
    model: UpdateModel
    seed: int
    releases: dict[str, int] = field(default_factory=dict)
    """That run, by bundle; what is not here is what came with the installation."""
    refused: int = 0
    """Orders that it did not take: not verified, of another box, or played again."""
    _counter: int = 0
    _following: dict[str, _Running] = field(default_factory=dict)
    _ended: dict[str, Order] = field(default_factory=dict)

    def take(self, signed: SignedOrders, now_s: float, wall: dt.datetime) -> Happened:
        """Take orders that came with a desired twin.

        Args:
            signed: as they came.
            now_s: the box's monotonic clock.
            wall: its wall clock.
        """
        try:
            orders = verify(signed, (self.authority,), self.fleet, self.device, Moment(wall, known=True))
        except OrdersError:
            self.refused += 1
            return Happened()
        if orders.counter <= self._counter:
            self.refused += orders.counter < self._counter  # the same ones come again with every birth
            return Happened()
        self._counter = orders.counter
        wanted = {order.bundle: order for order in orders.orders}
        for bundle, running in list(self._following.items()):
            if running.step is not UpdateStep.ON_PROBATION and bundle not in wanted:
                del self._following[bundle]  # taken back before it switched
        reports = [report for order in wanted.values() if (report := self._begin(order, now_s)) is not None]
        silent = bool(reports) and self._is("silent", self.model.silent_boxes)
        return Happened(tuple(reports), falls_silent=silent)

    def live(self, now_s: float, wall: dt.datetime) -> Happened:
        """Go on with what is under way.

        Args:
            now_s: the box's monotonic clock.
            wall: its wall clock, for windows.
        """
        reports, restarts = [], False
        for running in list(self._following.values()):
            while self._following.get(running.order.bundle) is running and now_s >= running.due_s:
                if running.step is UpdateStep.FETCHED and not _is_open(running.order, wall):
                    break
                reports.append(self._step(running, now_s))
                if reports[-1].step is UpdateStep.ON_PROBATION:
                    restarts |= self._is(f"restarts/{running.order.release}", self.model.restarts)
        return Happened(tuple(reports), restarts=restarts)

    def next_s(self) -> float | None:
        """When the next step is due; ``None`` when none is."""
        return min((running.due_s for running in self._following.values()), default=None)

    def _begin(self, order: Order, now_s: float) -> OtaReport | None:
        known = self._following.get(order.bundle)
        if known is not None and known.order.nonce == order.nonce:
            known.order = order  # the same one, with further windows
            return None
        ended = self._ended.get(order.bundle)
        if ended is not None and ended.nonce == order.nonce:
            return None
        runs = self.releases.get(order.bundle, 0)
        if order.release < runs:
            self._ended[order.bundle] = order
            return self._report(order, UpdateStep.REFUSED, Reason("older-release", order.bundle, f"release {runs} runs"))
        rng = self._rng(f"{order.bundle}/{order.release}/{order.nonce}")
        self._following[order.bundle] = _Running(order, UpdateStep.ACCEPTED, now_s + rng.uniform(*self.model.fetch_s))
        return self._report(order, UpdateStep.ACCEPTED)

    def _step(self, running: _Running, now_s: float) -> OtaReport:
        order = running.order
        match running.step:
            case UpdateStep.ACCEPTED:
                running.step, running.due_s = UpdateStep.FETCHED, now_s
                return self._report(order, UpdateStep.FETCHED)
            case UpdateStep.FETCHED:
                running.step, running.due_s = UpdateStep.ON_PROBATION, now_s + self.model.probation_s
                return self._report(order, UpdateStep.ON_PROBATION, running=order.release)
            case _:
                del self._following[order.bundle]
                self._ended[order.bundle] = order
                if (reason := self._goes_wrong(order)) is not None:
                    return self._report(order, UpdateStep.ROLLED_BACK, reason)
                self.releases[order.bundle] = order.release
                return self._report(order, UpdateStep.SUCCEEDED)

    def _goes_wrong(self, order: Order) -> Reason | None:
        """A bad release answers otherwise than the one before; a bad box is too slow for any."""
        if f"{order.bundle}/{order.release}" in self.model.bad_releases:
            return Reason("drift", order.bundle, "what it answers is spread otherwise than before")
        if self._is("bad", self.model.bad_boxes):
            return Reason("too-slow", order.bundle, "median latency is 3.1 times that of the release before")
        return None

    def _report(self, order: Order, step: UpdateStep, reason: Reason | None = None, running: int | None = None) -> OtaReport:
        runs = self.releases.get(order.bundle, 0) if running is None else running
        fetched = 0 if step in {UpdateStep.ACCEPTED, UpdateStep.REFUSED} else self.model.bytes
        bare = OtaReport(order.bundle, order.release, runs, step, self._counter, order.nonce, reason, fetched)
        signature = self.key.sign(report_bytes(self.fleet, self.device, bare))
        text = base64.urlsafe_b64encode(signature).rstrip(b"=").decode("ascii")
        return msgspec.structs.replace(bare, signature=text)

    def _is(self, what: str, share: float) -> bool:
        return self._rng(what).random() < share

    def _rng(self, what: str) -> random.Random:
        return random.Random(f"update/{self.seed}/{self.device}/{what}")


def _is_open(order: Order, wall: dt.datetime) -> bool:
    return not order.windows or any(window.opens <= wall < window.closes for window in order.windows)
