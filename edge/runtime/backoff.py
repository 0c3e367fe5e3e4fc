"""How long to wait before something that failed is tried again.

Rules: the wait doubles up to a cap, so that a broken part never becomes a restart loop; it falls back to the first only after
the part has worked for a while, so that one that starts well and breaks at once is not tried ever faster. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BackoffPolicy:
    """Waits of one kind of part, seconds."""

    first_s: float = 0.5
    cap_s: float = 30.0
    forgiven_after_s: float = 30.0
    """Time of good work after which the next failure counts as the first."""


class Backoff:
    """Failures of one part."""

    def __init__(self, policy: BackoffPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._good_since_s: float | None = None

    def worked(self, now_s: float) -> None:
        """The part does its work now."""
        if self._good_since_s is None:
            self._good_since_s = now_s

    @property
    def failures(self) -> int:
        """Those that are not forgiven."""
        return self._failures

    def failed(self, now_s: float, cap_s: float | None = None) -> float:
        """The part has failed. Returns the monotonic second of the next try.

        Args:
            now_s: monotonic seconds.
            cap_s: the longest wait this time, where it is not the policy's.
        """
        good_since_s, self._good_since_s = self._good_since_s, None
        if good_since_s is not None and now_s - good_since_s >= self._policy.forgiven_after_s:
            self._failures = 0
        delay_s = min(self._policy.cap_s if cap_s is None else cap_s, self._policy.first_s * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return now_s + delay_s
