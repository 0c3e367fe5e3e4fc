"""Lives days of a box's outbox in minutes, and tells what that wrote: ``python -m benchmarks.wear_driver JOB``.

Rules: the outbox is the agent's own, on a real file, and is called as the agent calls it: an event when there is one, a tick
each second, an acknowledgement when the link is up. Only the clock is not real; every statement that it makes due is executed
and synced. Where the file system belongs to this process alone, it is synced after every second in which something was written,
as the kernel does within the seconds that really pass; else what it writes of its own accord would come together in one write.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import sys
from pathlib import Path

import msgspec

from edge.clock import Instant
from edge.guard.builder import EventBuilder, Origin
from edge.observation import Observation
from edge.outbox.entry import Limits
from edge.outbox.outbox import Outbox
from protocol.acks import Ack
from protocol.basis import Estimate
from protocol.events import Assessed, Clock, ClockSource, CrowdAlert, CrowdCount, Cue, EventType, ModelRef, Phase, Where

DAY_S = 86_400
_COUNT_EVERY_S = 10
_ALERTS_A_DAY = 10
_UPDATE_S = 30
_PHASES = (Phase.NEW, Phase.UPDATE, Phase.UPDATE, Phase.END)
"""An alert that lasts a minute and a half, with the default interval of updates."""

_DIGEST = "b4267dfc96e81d57dd468ad92cc6b2b9d405d3f93dbdb25627d6f0454ce799a6"
_SECTOR = 512


class Job(msgspec.Struct, frozen=True):
    """What to live through."""

    folder: str
    link: bool
    """Whether the manager acknowledges, a second after each event."""
    days: float
    limit_bytes: int
    private: bool
    """Whether the file system is this process's own."""
    warm_s: int = 0
    """Lived before counting begins."""


class Wear(msgspec.Struct, frozen=True):
    """What was written while counting."""

    seconds: int
    events: int
    written: int
    """Bytes, as charged to this process."""
    device: int | None
    """Bytes that reached the block device; ``None`` where others use it too."""
    evicted: int
    pending: int


class DrivenClock:
    """Stands until it is told to move."""

    def __init__(self) -> None:
        self.second = 0
        self._start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)

    def monotonic(self) -> float:
        """See :class:`edge.clock.Clock`."""
        return float(self.second)

    def now(self) -> Instant:
        """See :class:`edge.clock.Clock`."""
        return Instant(float(self.second), self._start + dt.timedelta(seconds=self.second))


class Life:
    """One outbox and what a square says to it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._clock = DrivenClock()
        path = Path(job.folder) / "outbox.sqlite"
        self.outbox = Outbox.open(path, Limits(bytes=job.limit_bytes), self._clock, "city", "square-north")
        self._builder = EventBuilder(evaluation=False)
        where = Where(52.0907, 5.1214, 9.0, 120.0, 3.0)
        self._origin = Origin("cam-0412", where, ModelRef("person-vehicle-fast", "1.0.0", _DIGEST, "default"))
        self._descriptor = os.open(job.folder, os.O_RDONLY)
        self._calls = 0
        self._syncfs = ctypes.CDLL(None).syncfs

    def second(self) -> None:
        """One second of the box."""
        self._clock.second += 1
        second = self._clock.second
        last = self.outbox.last_seq
        if self._job.link and last:
            self.outbox.acknowledge(Ack(self.outbox.boot, last))
        if second % _COUNT_EVERY_S == 0:
            self._say(Observation(EventType.CROWD_COUNT, self._clock.now(), _count(second), "square", second * 10))
        phase, rest = divmod((second - 1) % (DAY_S // _ALERTS_A_DAY), _UPDATE_S)
        if rest == 0 and phase < len(_PHASES):
            self._say(_alert(self._clock.now(), _PHASES[phase]))
        self.outbox.tick()
        self._settle()

    def _say(self, observation: Observation) -> None:
        quality = Clock(ClockSource.NTP, synchronised=True, offset_ms=1.3, sigma_ms=4.2)
        self.outbox.append(observation.type, self._builder.build(observation, quality, self._origin))

    def _settle(self) -> None:
        calls = io("syscw")
        if self._job.private and calls != self._calls:
            self._syncfs(self._descriptor)
        self._calls = calls


def live(job: Job) -> Wear:
    """Live through a job."""
    life = Life(job)
    for _ in range(job.warm_s):
        life.second()
    seconds = int(job.days * DAY_S)
    events = life.outbox.last_seq
    written, device = io("write_bytes"), device_bytes(Path(job.folder))
    for _ in range(seconds):
        life.second()
    status = life.outbox.status()
    return Wear(
        seconds,
        life.outbox.last_seq - events,
        io("write_bytes") - written,
        device_bytes(Path(job.folder)) - device if job.private else None,
        status.evicted,
        status.pending,
    )


def io(name: str) -> int:
    """A counter of this process (proc_pid_io(5))."""
    return int(Path("/proc/self/io").read_text("ascii").partition(f"{name}: ")[2].partition("\n")[0])


def device_bytes(folder: Path) -> int:
    """Bytes ever written to the block device under a folder (Documentation/block/stat.rst)."""
    number = folder.stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
    return int(stat.read_text("ascii").split()[6]) * _SECTOR


def _count(second: int) -> CrowdCount:
    people = 3 + second // 600 % 5
    return CrowdCount("pavement", Estimate(people + 0.37, people - 0.84, people + 1.58), 10.0, 100, people - 1, people + 2)


def _alert(at: Instant, phase: Phase) -> Observation:
    observed = CrowdAlert("pavement", Estimate(9.0, 7.42, 10.58), 11.0, 8.0, 6.0, 33.14)
    cues = Cue("people-in-zone", 9.0, "people"), Cue("threshold", 8.0, "people"), Cue("duration", 33.1, "s"), Cue("peak", 11.0)
    assessed = Assessed("crowding", 0.941, cues)
    return Observation(EventType.CROWD_ALERT, at, observed, "square", 1000, "square/pavement/crowding", phase, assessed)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(live(msgspec.json.decode(sys.argv[1], type=Job))).decode())
