"""One virtual box: from what is true to observations. Pure; seconds of the scenario in, observations out.

Rules: what a box says follows from the scenario alone (seed, name, second), whoever plays it and however fast; its alarm is the
crowd analytics' own; it is as unsure as its error model says.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from edge.agent.health import HealthBoard
from edge.analytics.crowd.alarm import Alarm, AlarmNews
from edge.clock import Instant
from edge.observation import Observation
from protocol.basis import Estimate
from protocol.config import Config, Line, Report, Source, Zone
from protocol.events import Assessed, CrowdAlert, CrowdCount, CrowdFlow, Cue, EventType, Reason, Where
from protocol.state import Status
from simulator.devices.error_model import Eye, estimate_crossings, estimate_people
from simulator.scenario.model import DeviceGroup
from simulator.worlds.crowds import Truth, ZoneCrowd
from simulator.worlds.ground import Origin
from simulator.worlds.sites import Site

SOURCE = "cam"
"""The one camera of a virtual box."""

PICTURES_PER_S = 1
"""A virtual box looks once a second: a crowd does not change faster, and thousands of boxes share one process."""

_FULL = ((0.02, 0.3), (0.98, 0.3), (0.98, 0.98), (0.02, 0.98))


@dataclass
class _Window:
    people: list[int] = field(default_factory=list)
    seconds: int = 0
    forward: int = 0
    backward: int = 0


class VirtualBox:
    """What a box without a camera would say.

    Args:
        site: where it hangs and what it looks at.
        group: how it errs and how often it speaks.
        crowd: what is true in its zone.
        seed: of the scenario.
        start: wall clock at the scenario's first second.
        origin: of the town.
    """

    def __init__(  # noqa: PLR0913 - what a box follows from
        self, site: Site, group: DeviceGroup, crowd: ZoneCrowd, seed: int, start: dt.datetime, origin: Origin
    ) -> None:
        self.site, self.group = site, group
        self._crowd, self._start, self._origin = crowd, start, origin
        rng = random.Random(f"box/{seed}/{site.device}")
        self._eye = Eye(group.errors, rng)
        # Boxes do not all speak in the same second.
        self._offset = rng.randrange(max(group.count_interval_s, group.flow_interval_s))
        self._alarm = Alarm(group.alarm) if group.alarm else None
        self._last = Estimate(0.0, 0.0, 0.0)
        self._second = 0
        self._count, self._flow = _Window(), _Window()
        self.health = HealthBoard()

    def begin(self, start: dt.datetime) -> None:
        """Move its first second to the moment at which it really begins to live."""
        self._start = start

    @property
    def status(self) -> Status:
        """Online or degraded."""
        return self.health.status

    @property
    def config(self) -> Config:
        """What it reports to run."""
        site, group = self.site, self.group
        zone = Zone(site.zone, _FULL, site.zone_label[:48], group.alarm)
        lines = (Line(site.line, (0.5, 0.3), (0.5, 0.98), site.zone_label[:48]),) if site.line else ()
        source = Source(SOURCE, "simulated", zones=(zone,), lines=lines, where=self.where(0))
        return Config((source,), Report(group.count_interval_s, group.telemetry_interval_s))

    def where(self, second: int) -> Where:
        """Its position."""
        return self.site.where(self._origin, second)

    def raise_(self, reason: Reason) -> None:
        """Something is not well."""
        self.health.raise_(reason)

    def clear(self, code: str, subject: str) -> None:
        """It is well again."""
        self.health.clear(code, subject)

    def live(self, second: int) -> list[Observation]:
        """Live on up to and with a second of the scenario.

        Returns:
            What it has to say, in order; each observation carries the second that it speaks of.
        """
        said: list[Observation] = []
        for truth in self._crowd.advance(second):
            said += self._one_second(truth)
        self._second = max(self._second, second)
        if (change := self.health.changes(float(self._second))) is not None:
            said.append(Observation(EventType.DEVICE_HEALTH, self._at(self._second), change))
        return said

    def leave(self, second: int) -> list[Observation]:
        """The box ends: a running incident ends with it."""
        if self._alarm is None or (news := self._alarm.close(float(second))) is None:
            return []
        return [self._alert(news, self._last, second)]

    def _one_second(self, truth: Truth) -> list[Observation]:
        said: list[Observation] = []
        group, t = self.group, truth.second
        self._count.people.append(truth.people)
        self._flow.seconds += 1
        if self._alarm is not None:
            seen = self._eye.window([truth.people])
            self._last = estimate_people(seen, group.errors)
            if (news := self._alarm.update(self._last.value, float(t))) is not None:
                said.append(self._alert(news, self._last, t))
        if (t + self._offset) % group.count_interval_s == 0:
            said.append(self._tell_count(t))
        if self.site.line and (t + self._offset) % group.flow_interval_s == 0:
            said.append(self._tell_flow(truth))
        return said

    def _tell_count(self, t: int) -> Observation:
        people, self._count.people = self._count.people, []
        seen = self._eye.window(people)
        estimate = estimate_people(seen, self.group.errors)
        count = CrowdCount(self.site.zone, estimate, float(len(people)), seen.pictures, seen.minimum, seen.maximum)
        return Observation(EventType.CROWD_COUNT, self._at(t), count, SOURCE, t)

    def _tell_flow(self, truth: Truth) -> Observation:
        seconds = self._flow.seconds
        forward, backward = truth.forward - self._flow.forward, truth.backward - self._flow.backward
        self._flow = _Window(forward=truth.forward, backward=truth.backward)
        errors = self.group.errors
        flow = CrowdFlow(
            self.site.line,
            estimate_crossings(self._eye.crossings(forward, seconds), seconds, errors),
            estimate_crossings(self._eye.crossings(backward, seconds), seconds, errors),
            float(seconds),
            seconds * PICTURES_PER_S,
        )
        return Observation(EventType.CROWD_FLOW, self._at(truth.second), flow, SOURCE, truth.second)

    def _alert(self, news: AlarmNews, estimate: Estimate, t: int) -> Observation:
        settings = self.group.alarm
        assert settings is not None
        observed = CrowdAlert(
            self.site.zone, estimate, round(news.peak, 2), settings.enter_at, settings.leave_at, round(news.duration_s, 2)
        )
        half = max(0.1, (estimate.high - estimate.low) / 2)
        sure = min(1.0, max(0.0, 0.5 + 0.5 * (estimate.value - settings.enter_at) / half))
        cues = (
            Cue("people-in-zone", estimate.value, "people"),
            Cue("threshold", settings.enter_at, "people"),
            Cue("duration", round(news.duration_s, 1), "s"),
            Cue("peak", round(news.peak, 1), "people"),
        )
        assessed = Assessed("crowding", round(sure, 3), cues)
        key = f"{SOURCE}/{self.site.zone}/crowding"
        return Observation(EventType.CROWD_ALERT, self._at(t), observed, SOURCE, t, key, news.phase, assessed)

    def _at(self, second: int) -> Instant:
        return Instant(float(second), self._start + dt.timedelta(seconds=second))
