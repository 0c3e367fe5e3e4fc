"""What has passed since a model runs, and whether it gets on. Pure."""

from __future__ import annotations

from ota.device.trial import Health

_SAVE_S = 300.0
"""Powered time that a power cut may take from a shadow run or a probation: a write every five minutes."""


class Progress:
    """Of a model in this process, or of this process.

    Args:
        now: when it begins, monotonic seconds.

    Attributes:
        answered: looks, at the last reading.
    """

    def __init__(self, now: float) -> None:
        self._begun = self._last = self._answered_at = now
        self._saved_s = 0.0
        self.answered = 0

    def age(self, now: float) -> float:
        """Seconds since it began."""
        return now - self._begun

    def elapsed(self, now: float) -> float:
        """Seconds since this was asked last."""
        passed, self._last = now - self._last, now
        return passed

    def stalled(self, health: Health, now: float) -> float:
        """Seconds for which something asked is not answered."""
        if health.answered != self.answered or health.asked <= health.answered + health.failures:
            self.answered, self._answered_at = health.answered, now
        return now - self._answered_at

    def is_worth_saving(self, passed_s: float) -> bool:
        """Whether enough time has passed since the last time that it was."""
        if passed_s - self._saved_s < _SAVE_S:
            return False
        self._saved_s = passed_s
        return True
