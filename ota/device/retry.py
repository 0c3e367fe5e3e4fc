"""When to try again what did not work, and when to give up.

Rules: waits grow to an hour, with full jitter, so that a city's boxes do not come back all at once; time that the box waited
because it was told to (quiet hours) is not time in which it tried.
"""

from __future__ import annotations

from collections.abc import Callable

_FIRST_S = 30.0
_LONGEST_S = 3600.0
_GIVE_UP_S = 7 * 86400.0
"""Powered. A link that is down for a weekend and a holiday is back by then."""
_MISSING_S = 3600.0
"""For a release that no mirror knows: what was published has reached all of them by then."""
_STICK_S = 120.0
"""Somebody stands beside the box."""


class Retry:
    """Counts failures in a row.

    Args:
        monotonic: seconds.
        draw: so many random bytes.

    Attributes:
        failures: in a row.
    """

    def __init__(self, monotonic: Callable[[], float], draw: Callable[[int], bytes]) -> None:
        self._monotonic, self._draw = monotonic, draw
        self._since: float | None = None
        self.failures = 0

    def failed(self) -> tuple[float, float]:
        """Count a failure.

        Returns:
            Seconds to wait, and seconds that have gone by with trying since the failure before.
        """
        now = self._monotonic()
        tried_s = 0.0 if self._since is None else now - self._since
        self._since = now
        self.failures += 1
        share = int.from_bytes(self._draw(2), "big") / 0xFFFF
        return min(_LONGEST_S, _FIRST_S * 2 ** min(self.failures - 1, 16)) * (0.5 + share / 2), tried_s

    def pause(self) -> None:
        """What follows until the next failure is waiting, not trying."""
        self._since = None

    def forget(self) -> None:
        """It has got on."""
        self._since = None
        self.failures = 0

    def is_over(self, tried_s: float, *, stick: bool, missing: bool) -> bool:
        """Whether to give up.

        Args:
            tried_s: powered seconds of trying.
            stick: whether it is a stick that is tried.
            missing: whether everything is well but for the release, which is not there.
        """
        return tried_s >= (_STICK_S if stick else _MISSING_S if missing else _GIVE_UP_S)
