"""The bytes that a box's SIM may carry in a month, and what is left unsaid when they run out (row 63 of the faults).

Rules:

- Alerts, health and answers go out whatever it costs. Windows of counts and flows and the time between telemetry grow, so that
  what was counted is told in fewer words and none of it is lost; models are not fetched.
- A month begins on the day on which the SIM's does. A clock that is behind begins none, unless something has set it: then it
  was ahead before.
- What was spent is written down now and then: a power cut forgets a few minutes of it, and a card is not worn out by it.
- What cannot be read or written limits nothing: a box that fell silent over its own book-keeping would be worse.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.ownerfile import write_file
from protocol.events import Reason
from protocol.limits import TEXT_CHARACTERS

SUBJECT = "bytes"
_FILE = "allowance.json"
_MOST_BYTES = 4096
_KEEP_S = 300.0
"""Between two writings: nine thousand a month, of one block each."""
_ASK_AGAIN_S = 3600.0
_MB = 1_000_000


class _Spent(msgspec.Struct):
    """What is on the disk."""

    begins: dt.date
    bytes: int


@dataclass(frozen=True)
class Step:
    """What is done when a share of the month's bytes has been spent.

    Attributes:
        share: from which on.
        stretch: how much longer windows of counts and the time between telemetry are.
        fetches: whether models are fetched.
    """

    share: float
    stretch: float
    fetches: bool


STEPS = (Step(0.0, 1.0, fetches=True), Step(0.8, 5.0, fetches=True), Step(0.95, 30.0, fetches=False))
"""From minutes to five, to half an hour: the last twentieth of the usual 150 MB then lasts for a month."""


class Allowance:
    """Keeps the books. Any thread may spend and ask; :meth:`look` and :meth:`keep` are for one.

    Args:
        mb: bytes a month, MB; 0 = nobody counts.
        first_day: of the SIM's month, 1 to 28.
        folder: where the books lie.
    """

    def __init__(self, mb: int, first_day: int, folder: Path) -> None:
        self._limit, self._first_day, self._path = mb * _MB, first_day, folder / _FILE
        self._lock = threading.Lock()
        self._spent = self._load() if mb else _Spent(dt.date.min, 0)
        self._line = 0
        self._kept_s: float | None = None

    @property
    def step(self) -> Step:
        """What is to be done now."""
        share = self._spent.bytes / self._limit if self._limit else 0.0
        return max((step for step in STEPS if share >= step.share), key=lambda step: step.share)

    def spend(self, size: int) -> None:
        """So many bytes have gone over the line, either way."""
        with self._lock:
            self._spent.bytes += size

    def look(self, line: int, wall: dt.datetime, now_s: float, *, synchronised: bool) -> None:
        """Count what the connection to the manager has cost, and see whether a month has begun.

        Args:
            line: bytes since the agent started.
            wall: the wall clock.
            now_s: monotonic seconds.
            synchronised: whether something has set the wall clock.
        """
        if not self._limit:
            return
        self.spend(max(0, line - self._line))
        self._line = line
        begins = _begins(wall.date(), self._first_day)
        before = self._spent.begins
        if begins > before or (synchronised and begins < before):
            with self._lock:
                another = dt.date.min < before < begins
                self._spent = _Spent(begins, 0 if another else self._spent.bytes)
            self._kept_s = None
        if self._kept_s is None or now_s - self._kept_s >= _KEEP_S:
            self._kept_s = now_s
            self.keep()

    def wait_s(self) -> float:
        """Seconds until models may be fetched; asked again then."""
        return 0.0 if self.step.fetches else _ASK_AGAIN_S

    def reasons(self) -> tuple[Reason, ...]:
        """What to tell the manager."""
        step = self.step
        if step.stretch <= 1.0:
            return ()
        spent, limit = self._spent.bytes / _MB, self._limit / _MB
        what = f"counts and telemetry come {step.stretch:g} times less often"
        if not step.fetches:
            what += " and no model is fetched"
        detail = f"{spent:.0f} of {limit:.0f} MB are spent since {self._spent.begins:%Y-%m-%d}: {what}; alerts go out as ever"
        return (Reason("bytes-spent" if spent >= limit else "bytes-short", SUBJECT, detail[:TEXT_CHARACTERS]),)

    def keep(self) -> None:
        """Write the books."""
        if not self._limit:
            return
        with self._lock:
            content = msgspec.json.encode(self._spent)
        with contextlib.suppress(OSError):
            write_file(self._path, content)

    def _load(self) -> _Spent:
        try:
            with self._path.open("rb") as file:
                found = msgspec.json.decode(file.read(_MOST_BYTES), type=_Spent)
        except (OSError, msgspec.DecodeError):
            return _Spent(dt.date.min, 0)
        return found if found.bytes >= 0 else _Spent(dt.date.min, 0)


def _begins(day: dt.date, first_day: int) -> dt.date:
    """The day on which the month began in which a day lies."""
    if day.day >= first_day:
        return day.replace(day=first_day)
    before = day.replace(day=1) - dt.timedelta(days=1)
    return before.replace(day=first_day)
