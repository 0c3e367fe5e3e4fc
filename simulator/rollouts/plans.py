"""Which boxes of a scenario take part in its rollouts, in which groups they come, and how long that takes. Pure.

Rules:

- The canary is named box by box, a real camera first where cameras take part; then half of all, then the rest.
- A box whose messages are lost on purpose, or that is killed on purpose, may never hear its order or forget what it said: it
  would hold everybody up until its time-out, and is left out.
- A release that is bad is bad on every box, whatever the scenario says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from simulator.devices.updates import UpdateModel
from simulator.rollouts.releases import BAD, BUNDLE, GOOD
from simulator.scenario.model import CutLink, Fault, FillDisk, Kill, Lose, RestartBroker, Scenario, StepClock
from simulator.worlds.sites import CAMERAS

SHADOW_S, PROBATION_S = 8, 15
"""Of the cameras: some fifty pictures beside the old model, and a few counts of the new one. In earnest both are longer."""

_CANARY = 4
_TIMEOUT_S = 120
"""A camera takes a minute on a slow machine, a virtual box some seconds."""
_MOST_NAMED = 500
"""Boxes that a plan may name one by one."""
_NOTES = {GOOD: "the same network under a new version", BAD: "fewer false alarms: higher thresholds"}
_BEGIN_S = 60.0
"""From the first box to the first order: a bundle is packed (4 s of a core) and signed, all boxes connect and are known. Ten
seconds where two cores are idle, a minute where they are wanted by many."""
_GROUP_S = 4.0
"""From a group's last word to the next one's first order: looks of the scheduler and of those who wait for it."""
_CAMERA_S = 45.0
"""Fetch, golden vectors, shadow run and probation of a camera."""


@dataclass(frozen=True)
class Roster:
    """Who takes part.

    Attributes:
        canary: by name.
        others: who comes later.
    """

    canary: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All."""
        return self.canary + self.others


def roster(scenario: Scenario, boxes: Sequence[str], *, cameras: bool = True) -> Roster:
    """Who takes part.

    Args:
        scenario: with its faults.
        boxes: names of its virtual boxes.
        cameras: whether the real boxes take part.
    """
    lost = {target for fault in scenario.faults if (target := _loses(fault)) is not None}
    virtual = [] if "*" in lost else [name for name in boxes if name not in lost]
    real = [name for name, _ in CAMERAS] if cameras else []
    names = (real[:1] + virtual[: _CANARY - len(real[:1])], real[1:] + virtual[_CANARY - len(real[:1]) :])
    return Roster(tuple(names[0]), tuple(names[1][: _MOST_NAMED - len(names[0])]))


def plan(release: int, who: Roster) -> dict[str, Any]:
    """A plan as the API takes it."""
    canary = {"success_percent": 75.0, "minimum": max(1, len(who.canary)), "budget_percent": 50.0}
    later = {"success_percent": 80.0, "minimum": 10, "budget_percent": 20.0}
    groups: list[dict[str, Any]] = [{"name": "canary", "where": {"devices": list(who.canary)}, **canary}]
    if len(who.others) > len(who.canary):
        groups.append({"name": "half", "percent": 50.0, **later})
    if who.others:
        groups.append({"name": "rest", **later})
    return {
        "bundle": BUNDLE,
        "release": release,
        "groups": groups,
        "where": {"devices": list(who.names)},
        "timeout_s": _TIMEOUT_S,
        "note": _NOTES[release],
    }


def update_model(model: UpdateModel, name: str, who: Roster, *, cameras: bool = True) -> UpdateModel:
    """How updates go on a virtual box. Beside a camera, the canary takes as long as the camera does, which is then heard first.

    Args:
        model: of the scenario.
        name: of the box.
        who: takes part.
        cameras: whether the real boxes do.
    """
    made = msgspec.structs.replace(model, bad_releases=(*model.bad_releases, f"{BUNDLE}/{BAD}"))
    if cameras and name in who.canary:
        slow_s = float(SHADOW_S + PROBATION_S)
        return msgspec.structs.replace(made, fetch_s=(slow_s, slow_s + 3.0), probation_s=float(PROBATION_S))
    return made


def enough_s(scenario: Scenario, who: Roster, *, cameras: bool = True) -> float:
    """Seconds in which both rollouts must have come to their end; infinite where the scenario promises nothing of the kind."""
    models = [scenario.group(name).updates for name in who.names]
    wrong = any(model.bad_boxes or model.silent_boxes or model.restarts for model in models)
    if wrong or not who.canary or any(isinstance(fault, Kill | FillDisk | StepClock) for fault in scenario.faults):
        return math.inf
    longest_s = max(model.fetch_s[1] + model.probation_s for model in models)
    canary_s = max(longest_s, _CAMERA_S) if cameras else longest_s
    rests = len(plan(GOOD, who)["groups"]) - 1
    return _BEGIN_S + 2 * (canary_s + _GROUP_S) + rests * (canary_s + _GROUP_S) + _away_s(scenario.faults)


def _loses(fault: Fault) -> str | None:
    match fault:
        case Lose(device=device):
            return device
        case Kill(what=what):
            return what
        case _:
            return None


def _away_s(faults: Iterable[Fault]) -> float:
    """The longest time that a fault keeps a box from its manager."""
    away = [fault for fault in faults if isinstance(fault, CutLink | RestartBroker)]
    return max((math.inf if fault.for_s is None else fault.for_s for fault in away), default=0.0)
