"""What a person wants: which release, for which boxes, in which groups, and when to stop.

Rules:

- A plan is written once and never changed; whoever wants something else plans anew, so that what was approved is what runs.
- Percentages are kept as hundredths of a percent: "at 7%" must not depend on how 0.07 looks in binary.
- Groups are counted through: a box comes in the first group that wants it, and a later one has every box of the one before.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.rollouts.errors import PlanError
from fleet.rollouts.hours import Hours
from protocol.identifiers import EventId, Name, Ordinal

WHOLE = 10_000
"""A hundred percent, in hundredths of one."""
_DAY_S = 86_400
MOST_NAMED = 500
"""Boxes named one by one; who means more than that means a site or a tag."""

Percent = Annotated[float, Meta(gt=0, le=100, description="With at most two decimals")]
Site = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z", description="1-32 of a-z, 0-9 and -")]
Tag = Site
Seconds = Annotated[int, Meta(ge=0, le=400 * _DAY_S)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of what makes up a plan."""


class Filter(Part, frozen=True):
    """Which boxes. What is empty asks nothing; all that is given must hold."""

    devices: Annotated[tuple[Name, ...], Meta(max_length=MOST_NAMED, description="One of these")] = ()
    sites: Annotated[tuple[Site, ...], Meta(max_length=64, description="At one of these")] = ()
    tags: Annotated[tuple[Tag, ...], Meta(max_length=16, description="With all of these")] = ()
    hardware: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=90)], ...],
        Meta(max_length=16, description="Beginnings of the names of boards, one of which fits"),
    ] = ()
    versions: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=32)], ...],
        Meta(max_length=16, description="Of the bundle, one of which the box runs now"),
    ] = ()
    rollout: Annotated[EventId, Meta(description="To which this rollout gave an order")] | None = None


class Group(Part, frozen=True):
    """Boxes that come at once, and what must be seen of them before the next group comes."""

    name: Name
    percent: Annotated[Percent, Meta(description="Of the boxes that fit, with those of the groups before")] = 100.0
    where: Filter = Filter()
    success_percent: Annotated[Percent, Meta(description="Least share of successes among those that came to an end")] = 95.0
    minimum: Annotated[
        int, Meta(ge=1, le=100_000, description="Least number that must have come to an end; a smaller group: all of it")
    ] = 10
    budget_percent: Annotated[
        Percent, Meta(description="Share of the group whose failure stops the rollout, as soon as it is reached")
    ] = 5.0
    soak_s: Annotated[Seconds, Meta(description="Least time from when the group may have orders to when the next one may")] = 0


class Plan(Part, frozen=True):
    """The whole."""

    bundle: Name
    release: Annotated[Ordinal, Meta(description="Of the bundle, as in the repository")]
    groups: Annotated[tuple[Group, ...], Meta(min_length=1, max_length=16, description="In order; the first is the canary")]
    where: Filter = Filter()
    window: Annotated[Hours, Meta(description="When boxes may switch; they fetch at once")] | None = None
    timeout_s: Annotated[
        int, Meta(ge=1, le=30 * _DAY_S, description="From a box's acceptance to its last word; more counts as a failure")
    ] = 2 * 3600
    unreached_s: Annotated[
        int, Meta(ge=1, le=400 * _DAY_S, description="A box that has not accepted its order by then is set aside, not failed")
    ] = 7 * _DAY_S
    open: Annotated[bool, Meta(description="Stays open and catches boxes that appear later")] = False
    note: Annotated[str, Meta(max_length=200, description="Why, for people")] = ""


def check_plan(plan: Plan) -> None:
    """Check what types cannot and what no clock or fleet is needed for.

    Raises:
        PlanError: two groups have one name, or a percentage has more than two decimals or falls.
    """
    names = [group.name for group in plan.groups]
    if len(set(names)) != len(names):
        msg = f"two groups have one name: {', '.join(names)}; give each its own"
        raise PlanError(msg)
    for group in plan.groups:
        for field in ("percent", "success_percent", "budget_percent"):
            hundredths(getattr(group, field), f"{field} of group {group.name}")
    for before, after in zip(plan.groups, plan.groups[1:], strict=False):
        if after.percent < before.percent and after.where == before.where:
            msg = f"group {after.name} takes up to {after.percent:g}% and the one before it {before.percent:g}%"
            msg += ": percentages are counted through; raise the second"
            raise PlanError(msg)


def hundredths(percent: float, what: str = "percentage") -> int:
    """A percentage in hundredths of one.

    Raises:
        PlanError: it has more than two decimals, or is not above 0 and at most 100.
    """
    whole = round(percent * 100)
    if not 0 < whole <= WHOLE or abs(percent * 100 - whole) > 1e-6:  # noqa: PLR2004 - far below a hundredth
        msg = f"{what}: {percent:g}% is not above 0 and at most 100 with at most two decimals"
        raise PlanError(msg)
    return whole
