"""Whether this box is well, by the same measures as a new model on probation. For who updates the rest of the box.

An updater of the operating system (balena, RAUC, Mender and their like) starts a new system, asks, and goes back to the old one
when it is told that the box is not well. It asks with ``lamplighter edge healthy``.

Rules: time counts from the start of the agent; every bundle that a source or a microphone uses must be well; a box without
either is judged by whether anything stands against it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from edge.runtime.runtime import Runtime
from edge.updates.trial import health_of
from ota.device.judge import Before, Criteria, Decision, Verdict, judge_probation
from ota.device.progress import Progress
from protocol.basis import Struct
from protocol.events import Reason


class Wellness(Struct, frozen=True):
    """How one bundle, or the box as a whole, does."""

    subject: Annotated[str, Meta(description="The bundle; empty = the box as a whole")]
    decision: Annotated[str, Meta(description="good, wait or bad")]
    detail: Annotated[str, Meta(description="Why")] = ""


@dataclass
class Probation:
    """Watches; looked at about once a second, by the thread of the runtime.

    Attributes:
        found: the latest findings; any thread may read.
    """

    runtime: Runtime
    criteria: Criteria
    begun_s: float
    found: tuple[Wellness, ...] = ()
    _progress: dict[str, Progress] = field(default_factory=dict)

    def look(self, bundles: Collection[str], reasons: Collection[Reason], memory_mb: float | None, now_s: float) -> None:
        """Take a reading.

        Args:
            bundles: that sources and microphones use.
            reasons: that stand against the box.
            memory_mb: of all processes of the agent.
            now_s: monotonic seconds.
        """
        passed_s = now_s - self.begun_s
        found = []
        for bundle in sorted(bundles):
            health = health_of(self.runtime, bundle, memory_mb)
            stalled_s = self._progress.setdefault(bundle, Progress(now_s)).stalled(health, now_s)
            found.append(_wellness(bundle, judge_probation(health, passed_s, stalled_s, Before(), self.criteria)))
        if not bundles:
            found.append(self._as_a_whole(reasons, passed_s))
        self.found = tuple(found)

    def _as_a_whole(self, reasons: Collection[Reason], passed_s: float) -> Wellness:
        if passed_s < self.criteria.probation_s:
            return Wellness("", Decision.WAIT.value, f"no source or microphone is configured; up for {passed_s:.0f} s")
        if reasons:
            return Wellness("", Decision.BAD.value, "; ".join(f"{reason.subject}: {reason.code}" for reason in reasons))
        return Wellness("", Decision.GOOD.value)


def overall(found: Collection[Wellness]) -> Decision:
    """Bad if anything is; good if everything is."""
    decisions = {Decision(one.decision) for one in found}
    if Decision.BAD in decisions:
        return Decision.BAD
    return Decision.GOOD if decisions == {Decision.GOOD} else Decision.WAIT


def _wellness(bundle: str, verdict: Verdict) -> Wellness:
    return Wellness(bundle, verdict.decision.value, verdict.detail)
