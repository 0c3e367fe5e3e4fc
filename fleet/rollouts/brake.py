"""When the next group may come, and when the rollout stops. Pure arithmetic on whole numbers.

Rules:

- The error budget is reached, not passed: with a budget of 5%, the fifth failure of a hundred stops.
- A group is passed on what was seen: enough boxes came to their end, enough of them well, for long enough. A group of which
  nobody came to an end is never passed.
- Whoever has no order yet, or is silent, counts as pending: neither good nor bad. Whoever is set aside does not count.
- A share of successes that cannot be reached any more stops at once, not when the last box has failed too.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.rollouts.plan import WHOLE, Group, hundredths


@dataclass(frozen=True)
class Tally:
    """Boxes of one group."""

    waiting: int = 0
    ordered: int = 0
    busy: int = 0
    succeeded: int = 0
    failed: int = 0
    aside: int = 0

    @property
    def pending(self) -> int:
        """Whose end is open."""
        return self.waiting + self.ordered + self.busy

    @property
    def ended(self) -> int:
        """Who came to an end that counts."""
        return self.succeeded + self.failed

    @property
    def size(self) -> int:
        """Who counts."""
        return self.pending + self.ended


@dataclass(frozen=True)
class Stop:
    """The rollout stops."""

    code: str
    words: str


@dataclass(frozen=True)
class Pass:
    """The next group may come."""


@dataclass(frozen=True)
class Wait:
    """Not yet."""

    words: str


def brake(group: Group, tally: Tally) -> Stop | None:
    """Whether what was seen of a group stops the rollout."""
    if tally.failed and tally.failed * WHOLE >= hundredths(group.budget_percent) * tally.size:
        words = (
            f"group {group.name}: {tally.failed} of {tally.size} failed, which reaches the budget of {group.budget_percent:g}%"
        )
        return Stop("budget", words)
    if tally.size and (tally.succeeded + tally.pending) * WHOLE < hundredths(group.success_percent) * tally.size:
        words = f"group {group.name}: {tally.failed} of {tally.size} failed, so that {group.success_percent:g}% cannot succeed"
        return Stop("success", words)
    return None


def judge(group: Group, tally: Tally, open_s: float) -> Stop | Pass | Wait:
    """Judge a group.

    Args:
        group: what it asks.
        tally: of its boxes.
        open_s: seconds since it may have orders.
    """
    if (stop := brake(group, tally)) is not None:
        return stop
    needed = max(1, min(group.minimum, tally.size))
    if tally.ended < needed:
        return Wait(f"{tally.ended} of at least {needed} came to an end")
    if tally.succeeded * WHOLE < hundredths(group.success_percent) * tally.ended:
        return Wait(f"{tally.succeeded} of {tally.ended} succeeded, {group.success_percent:g}% are asked for")
    if open_s < group.soak_s:
        return Wait(f"watched for {int(open_s)} of {group.soak_s} s")
    return Pass()
