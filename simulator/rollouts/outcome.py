"""What a rollout came to, in words and for a check. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from simulator.rollouts.releases import BAD, GOOD

_ENDED_BADLY = ("stopped", "aborted")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One rollout.

    Attributes:
        group: that it has come to, or came to.
        left_canary: whether any group but the first had its turn.
        boxes: that it may reach.
    """

    number: int
    release: int
    state: str
    reason: str
    group: str
    left_canary: bool
    boxes: int
    succeeded: int
    failed: int

    def line(self) -> str:
        """In a few words."""
        begin = f"rollout {self.number}: "
        match self.state:
            case "stopped" | "aborted":
                where = f"in group {self.group}" if self.left_canary else "at the canary"
                return f"{begin}{self.state} {where}: {self.reason}"
            case "completed":
                failed = f", {self.failed} failed" if self.failed else ""
                return f"{begin}completed: {self.succeeded} of {self.boxes} boxes succeeded{failed}"
            case state:
                paused = "" if state == "running" else f", {state}"
                failed = f", {self.failed} failed" if self.failed else ""
                return f"{begin}{self.succeeded} of {self.boxes} boxes, group {self.group}{failed}{paused}"


def read_told(found: Mapping[str, Any]) -> Told:
    """Read the API's answer about one rollout."""
    rollout, groups = found["rollout"], found["groups"]
    turned = [group for group in groups if group["turn"] != "later"]
    counts = rollout["counts"]
    return Told(
        number=rollout["number"],
        release=rollout["release"],
        state=rollout["state"],
        reason=rollout["reason"],
        group=(turned or groups)[-1 if turned else 0]["name"],
        left_canary=len(turned) > 1,
        boxes=sum(counts.values()),
        succeeded=counts.get("succeeded", 0),
        failed=counts.get("failed", 0),
    )


def problems(told: Iterable[Told], fault: str, seconds: float, enough_s: float) -> list[str]:
    """What a check finds wrong.

    Args:
        told: what each rollout came to.
        fault: why the story could not go on; empty = it could.
        seconds: that the check ran.
        enough_s: within which both must have come to their end.
    """
    by_release = {one.release: one for one in told}
    good, bad = by_release.get(GOOD), by_release.get(BAD)
    found = [f"the rollouts could not go on: {fault}"] if fault else []
    if good is not None and good.state in _ENDED_BADLY:
        found.append(f"the good release did not reach its boxes: {good.line()}")
    if bad is not None and bad.left_canary:
        found.append(f"the bad release left its canary: {bad.line()}")
    if seconds < enough_s:
        return found
    if good is None or (good.state != "completed" and good.state not in _ENDED_BADLY):
        found.append(f"after {seconds:g} s the good release is not everywhere: {good.line() if good else 'not even begun'}")
    elif good.state == "completed" and (bad is None or bad.state != "stopped"):
        found.append(f"after {seconds:g} s the bad release is not stopped: {bad.line() if bad else 'not even begun'}")
    return found
