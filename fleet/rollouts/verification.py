"""What a report of a box is worth. Pure.

Rules (row 12: nobody replays a report, or reports for another box):

- A report counts when it is signed with the key of the box that the broker let publish it, names the nonce of the order that
  this box was given, that order's bundle and release, and a counter under which the order was sent.
- It counts once. What was counted already, what is overtaken by a later step, and what comes after the box's end is kept and
  flagged; so is what was forged and what belongs to another order.
- A stick has no order: such a report says what the box runs, and moves no rollout.
"""

from __future__ import annotations

import base64
import binascii
import enum
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fleet.rollouts.states import AFTER_STEP, FINAL, RANK, BoxState
from protocol.events import OtaReport, UpdateStep
from protocol.orders import report_bytes


class Flag(str, enum.Enum):
    """What became of a report."""

    COUNTED = "counted"
    DOUBLED = "doubled"
    OVERTAKEN = "overtaken"
    LATE = "late"
    STICK = "stick"
    FOREIGN = "foreign"
    FORGED = "forged"


FLAGS: dict[Flag, str] = {
    Flag.COUNTED: "moved its box on",
    Flag.DOUBLED: "had been counted before",
    Flag.OVERTAKEN: "came after a later step of the same order",
    Flag.LATE: "came after its box had been counted, or set aside for good",
    Flag.STICK: "is of an update from a stick, without an order",
    Flag.FOREIGN: "names no order of this box, or contradicts it",
    Flag.FORGED: "is not signed with the key of its box",
}
"""In words."""


@dataclass(frozen=True)
class Given:
    """An order as it was given to a box, and how far the box is.

    Attributes:
        first_counter: of the orders in which it was sent first.
        last_counter: of the latest orders that the box was sent.
        revivable: whether a box that is set aside may come back: it was only out of reach.
    """

    bundle: str
    release: int
    nonce: str
    first_counter: int
    last_counter: int
    state: BoxState
    revivable: bool = False


def genuine(fleet: str, device: str, report: OtaReport, public_key: bytes | None) -> bool:
    """Whether the box itself has said it.

    Args:
        fleet: of the manager.
        device: whom the broker let publish it.
        report: as decoded.
        public_key: of that box, Ed25519, raw.
    """
    if public_key is None or not report.signature:
        return False
    try:
        signature = base64.urlsafe_b64decode(report.signature + "==")
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, report_bytes(fleet, device, report))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def classify(report: OtaReport, given: Given | None) -> Flag:
    """What a genuine report is worth.

    Args:
        report: of a box.
        given: the order of this box with the report's nonce; ``None`` when there is none.
    """
    if report.counter == 0:
        return Flag.STICK
    if given is None or not _fits(report, given):
        return Flag.FOREIGN
    if given.state is BoxState.ASIDE:
        return Flag.COUNTED if given.revivable else Flag.LATE
    reached = AFTER_STEP[report.step]
    if reached is given.state:
        return Flag.DOUBLED
    if RANK[reached] > RANK[given.state]:
        return Flag.COUNTED
    return Flag.LATE if reached in FINAL else Flag.OVERTAKEN


def _fits(report: OtaReport, given: Given) -> bool:
    if (report.bundle, report.release, report.nonce) != (given.bundle, given.release, given.nonce):
        return False
    if not given.first_counter <= report.counter <= given.last_counter:
        return False
    # Who says that it succeeded and runs something else has not: it is left to its time-out.
    return report.step is not UpdateStep.SUCCEEDED or report.running == report.release
