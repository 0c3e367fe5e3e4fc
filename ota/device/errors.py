"""What can go wrong with an update on the box.

::

    UpdateError
     +-- NameRefusedError   a name that would leave its folder, or is none
     +-- FetchError         nothing came, or not what was asked for; another mirror or a later time may help
     |    +-- StatusError   the server said so, with a status of HTTP
     |    +-- SlowError     too slow, or not done by its deadline
     |    +-- LyingError    what came is not what was asked for
     |    +-- MissingError  no mirror knows the release, yet
     +-- PausedError        not now: quiet hours, no bytes left, or somebody asked to stop; says when to go on
     +-- TrustError         metadata that are not believed
     |    +-- ExpiredError  metadata that were right once: a mirror that is frozen, or a publisher who sleeps
     +-- RefusedError       an order that is not followed, with a reason for the report
     +-- TrialError         what runs models could not do what it was asked for

Errors of the disk stay what they are (``OSError``): they are neither the mirror's fault nor the release's.
"""

from __future__ import annotations

import enum

from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS


class Why(str, enum.Enum):
    """Why an order is not followed, or a release goes back: the code of a reason, by which failures are grouped."""

    AGENT = "agent"
    AGREEMENT = "agreement"
    BUNDLE = "bundle"
    CRASH_LOOP = "crash-loop"
    DAMAGED = "damaged"
    DISK = "disk"
    DISK_BUDGET = "disk-budget"
    DISK_DAMAGED = "disk-damaged"
    DISK_FULL = "disk-full"
    DISK_READ_ONLY = "disk-read-only"
    DRIFT = "drift"
    FAILING = "failing"
    FETCH = "fetch"
    FETCH_SLOW = "fetch-slow"
    FETCH_STATUS = "fetch-status"
    FETCH_WRONG = "fetch-wrong"
    GOLDEN = "golden"
    HARDWARE = "hardware"
    HOT = "hot"
    MANIFEST = "manifest"
    MEMORY = "memory"
    METADATA = "metadata"
    METADATA_EXPIRED = "metadata-expired"
    METADATA_WRONG = "metadata-wrong"
    NAME = "name"
    OLDER = "older"
    PAUSED = "paused"
    QUARANTINED = "quarantined"
    RUNTIME = "runtime"
    SLOW = "slow"
    STALLED = "stalled"
    SUPERSEDED = "superseded"
    TOO_LARGE = "too-large"
    TRIAL = "trial"
    UNKNOWN_RELEASE = "unknown-release"
    UNPROVEN = "unproven"
    UPDATE = "update"
    WINDOW_MISSED = "window-missed"
    WITHDRAWN = "withdrawn"


def reason(why: Why, detail: str, subject: str = "") -> Reason:
    """As it is reported: cut to what a reason holds."""
    return Reason(why.value, subject[:64], detail[:TEXT_CHARACTERS])


class UpdateError(Exception):
    """Root of the errors of this package."""

    why = Why.UPDATE

    def reason(self, subject: str = "") -> Reason:
        """As it is reported: cut to what a reason holds."""
        return reason(self.why, str(self), subject)


class NameRefusedError(UpdateError):
    """A name that would leave its folder, or is none."""

    why = Why.NAME


class FetchError(UpdateError):
    """Nothing came, or not what was asked for; another mirror or a later time may help."""

    why = Why.FETCH


class StatusError(FetchError):
    """The server said so.

    Args:
        message: for people.
        status: of HTTP.
    """

    why = Why.FETCH_STATUS

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class SlowError(FetchError):
    """Too slow, or not done by its deadline."""

    why = Why.FETCH_SLOW


class LyingError(FetchError):
    """What came is not what was asked for."""

    why = Why.FETCH_WRONG


class MissingError(FetchError):
    """No mirror knows the release, yet."""

    why = Why.UNKNOWN_RELEASE


class PausedError(UpdateError):
    """Not now.

    Args:
        message: for people.
        wait_s: seconds until it is worth trying again.
    """

    why = Why.PAUSED

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class TrustError(UpdateError):
    """Metadata that are not believed."""

    why = Why.METADATA


class ExpiredError(TrustError):
    """Metadata that were right once."""

    why = Why.METADATA_EXPIRED


class RefusedError(UpdateError):
    """An order that is not followed.

    Args:
        why: for the report.
        message: for people.
        blame: whether the release itself is at fault, and is never to be tried again on this box.
    """

    def __init__(self, why: Why, message: str, *, blame: bool = False) -> None:
        super().__init__(message)
        self.why = why
        self.blame = blame


class TrialError(UpdateError):
    """What runs models could not do what it was asked for."""

    why = Why.TRIAL
