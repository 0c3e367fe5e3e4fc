"""Whether a plan can be followed, and what it would do.

Rule: a plan that reaches no box, or with a group that has none, is refused with the reason: it would pass and show nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.rollouts.catalogue import Catalogue, Published, find_release
from fleet.rollouts.census import OBSTACLES, Choice, Known, choose
from fleet.rollouts.cohort import place
from fleet.rollouts.errors import PlanError
from fleet.rollouts.hours import check_hours, upcoming
from fleet.rollouts.plan import Plan, check_plan
from protocol.orders import Window

_SHOWN = 5
"""Boards named in a message."""
_WINDOWS_SHOWN = 3


@dataclass(frozen=True)
class Preview:
    """What a plan would do.

    Attributes:
        published: the release.
        placed: number of the group by box.
        left_out: boxes that were asked for and cannot have it, with the reason.
        windows: the next ones.
    """

    published: Published
    placed: Mapping[str, int]
    left_out: Mapping[str, str]
    windows: tuple[Window, ...]


def check_release(plan: Plan, catalogue: Catalogue, moment: dt.datetime) -> Published:
    """Check what of a plan needs no fleet, and find its release.

    Raises:
        PlanError: it contradicts itself, its window never opens, or boxes would take nothing from the repository now.
        UnknownRolloutError: there is no such bundle or release.
        CatalogueError: the repository cannot be read.
    """
    check_plan(plan)
    if plan.window is not None:
        check_hours(plan.window, moment)
    published = find_release(catalogue.releases(), plan.bundle, plan.release)
    if fault := catalogue.fault(moment):
        raise PlanError(fault)
    return published


def foresee(  # noqa: PLR0913 - a plan, and what it meets
    plan: Plan,
    rollout: str,
    published: Published,
    boxes: Sequence[Known],
    of_rollout: Mapping[str, frozenset[str]],
    moment: dt.datetime,
) -> Preview:
    """What a plan would do. Pure.

    Args:
        plan: checked.
        rollout: id that the rollout has or will have; another one has other boxes first.
        published: its release.
        boxes: of the fleet.
        of_rollout: as of :func:`fleet.rollouts.census.matches`.
        moment: now.

    Raises:
        PlanError: it, or one of its groups, reaches no box.
    """
    choice = choose(plan.where, published, boxes, of_rollout)
    _check_reach(plan, published, choice, boxes)
    placed = place(plan, rollout, choice.fit, of_rollout)
    _check_groups(plan, placed, len(choice.fit))
    left_out = {name: reason.value for name, reason in choice.left_out.items()}
    windows = () if plan.window is None else upcoming(plan.window, moment, _WINDOWS_SHOWN)
    return Preview(published, placed, left_out, windows)


def earlier_content(releases: Sequence[Published], now: Published) -> Published:
    """The highest release above one that has the content of a release below it.

    Raises:
        PlanError: there is none.
    """
    of_bundle = [one for one in releases if one.bundle == now.bundle]
    before = {one.content for one in of_bundle if one.release < now.release} - {now.content}
    candidates = [one for one in of_bundle if one.release > now.release and one.content in before]
    if not candidates:
        msg = f"no release above {now.release} of {now.bundle} has the content of an earlier one"
        msg += ": add the earlier content as a new release, sign and publish it; the manager can make none"
        raise PlanError(msg)
    return max(candidates, key=lambda one: one.release)


def _check_reach(plan: Plan, published: Published, choice: Choice, boxes: Sequence[Known]) -> None:
    if choice.fit:
        return
    if not choice.left_out:
        msg = f"no box fits the filter: none of {len(boxes)} in the fleet; widen it, or see `lamplighter fleet devices`"
        raise PlanError(msg)
    reasons = Counter(choice.left_out.values())
    said = ", ".join(f"{count} {OBSTACLES[reason]}" for reason, count in reasons.most_common())
    boards = sorted({box.hardware or "unknown" for box in boxes if box.name in choice.left_out})
    known = f" (release: {', '.join(published.hardware)}; boxes: {', '.join(boards[:_SHOWN])})" if published.hardware else ""
    msg = f"no box can take {plan.bundle} release {plan.release}: of {len(choice.left_out)} that fit the filter {said}{known}"
    raise PlanError(msg)


def _check_groups(plan: Plan, placed: Mapping[str, int], fit: int) -> None:
    sizes = Counter(placed.values())
    for number, group in enumerate(plan.groups):
        if not sizes[number]:
            msg = f"group {group.name} has no box: of {fit} that fit, none is left for it; leave it out, or change its filter"
            raise PlanError(msg)
