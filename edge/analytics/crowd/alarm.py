"""The life of a zone's alarm: a beginning and an end that each must last, one incident from one to the other. Pure.

``calm -> forming -> alarmed -> ending -> calm``: forming falls back to calm, ending back to alarmed, when the count does.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from protocol.config import ZoneAlarm
from protocol.events import Phase


class AlarmState(enum.Enum):
    """Where the alarm stands."""

    CALM = "calm"
    FORMING = "forming"
    ALARMED = "alarmed"
    ENDING = "ending"


@dataclass(frozen=True)
class AlarmNews:
    """Something to tell about the incident."""

    phase: Phase
    peak: float
    duration_s: float
    """Since the threshold was first crossed."""


class Life:
    """From calm to alarmed and back.

    Args:
        min_duration_s: how long what raises it, or ends it, must last.
        update_interval_s: between updates.
    """

    def __init__(self, min_duration_s: float, update_interval_s: float) -> None:
        self._min_duration_s, self._update_interval_s = min_duration_s, update_interval_s
        self.state = AlarmState.CALM
        self._since_s = 0.0
        self._began_s = 0.0
        self._told_s = 0.0
        self._peak = 0.0

    def step(self, *, full: bool, calm: bool, value: float, now_s: float) -> AlarmNews | None:
        """Take what was found.

        Args:
            full: it raises the alarm.
            calm: it ends it; never both.
            value: whose peak is kept.
            now_s: monotonic seconds.
        """
        if self.state is not AlarmState.CALM:
            self._peak = max(self._peak, value)
        match self.state:
            case AlarmState.CALM if full:
                self.state, self._since_s, self._began_s, self._peak = AlarmState.FORMING, now_s, now_s, value
            case AlarmState.FORMING if not full:
                self.state = AlarmState.CALM
            case AlarmState.ALARMED if calm:
                self.state, self._since_s = AlarmState.ENDING, now_s
            case AlarmState.ENDING if not calm:
                self.state = AlarmState.ALARMED
        return self._news(now_s)

    def close(self, now_s: float) -> AlarmNews | None:
        """The zone can no longer be watched: a running incident ends."""
        running = self.state in {AlarmState.ALARMED, AlarmState.ENDING}
        self.state = AlarmState.CALM
        return self._tell(Phase.END, now_s) if running else None

    def _news(self, now_s: float) -> AlarmNews | None:
        lasted = now_s - self._since_s >= self._min_duration_s
        if self.state is AlarmState.FORMING and lasted:
            self.state = AlarmState.ALARMED
            return self._tell(Phase.NEW, now_s)
        if self.state is AlarmState.ENDING and lasted:
            self.state = AlarmState.CALM
            return self._tell(Phase.END, now_s)
        if self.state is AlarmState.ALARMED and now_s - self._told_s >= self._update_interval_s:
            return self._tell(Phase.UPDATE, now_s)
        return None

    def _tell(self, phase: Phase, now_s: float) -> AlarmNews:
        self._told_s = now_s
        return AlarmNews(phase, self._peak, max(0.0, now_s - self._began_s))


class Alarm(Life):
    """The alarm of a zone that is too full: two thresholds of its count.

    Args:
        settings: thresholds and durations.
    """

    def __init__(self, settings: ZoneAlarm) -> None:
        super().__init__(settings.min_duration_s, settings.update_interval_s)
        self._settings = settings

    def update(self, people: float, now_s: float) -> AlarmNews | None:
        """Take the count of one picture, at monotonic seconds."""
        full, calm = people >= self._settings.enter_at, people <= self._settings.leave_at
        return self.step(full=full, calm=calm, value=people, now_s=now_s)
