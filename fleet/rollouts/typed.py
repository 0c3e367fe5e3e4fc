"""A plan from what a person typed.

Rule: what is typed becomes a plan as the API takes it, and the manager judges it; here only what is no plan at all is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fleet.rollouts.errors import PlanError


@dataclass(frozen=True)
class Typed:
    """Options of ``lamplighter rollout plan``.

    Attributes:
        canary: boxes of the first group.
        percents: of further groups, counted through; the last group is the rest.
        running: versions of the bundle that the boxes run now.
        window: ``02:00-04:00 Europe/Brussels``, with days ``... sat,sun``.
    """

    bundle: str
    release: int
    canary: Sequence[str]
    percents: Sequence[float]
    sites: Sequence[str]
    tags: Sequence[str]
    hardware: Sequence[str]
    running: Sequence[str]
    budget: float
    success: float
    minimum: int
    soak_s: int
    timeout_s: int
    window: str
    open: bool
    note: str

    def plan(self) -> dict[str, Any]:
        """The plan as JSON.

        Raises:
            PlanError: bundle or release are missing, or the window is none.
        """
        if not self.bundle or self.release < 1:
            msg = "name the bundle and its release, or give a plan with --file; `lamplighter rollout releases` lists them"
            raise PlanError(msg)
        rule = {
            "success_percent": self.success,
            "minimum": self.minimum,
            "budget_percent": self.budget,
            "soak_s": self.soak_s,
        }
        groups: list[dict[str, Any]] = []
        if self.canary:
            groups.append({"name": "canary", "where": {"devices": list(self.canary)}, **rule})
        groups += [{"name": f"to-{share:g}".replace(".", "-"), "percent": share, **rule} for share in self.percents]
        groups.append({"name": "rest" if groups else "all", **rule})
        where = {"sites": self.sites, "tags": self.tags, "hardware": self.hardware, "versions": self.running}
        wanted: dict[str, Any] = {
            "bundle": self.bundle,
            "release": self.release,
            "groups": groups,
            "where": {name: list(values) for name, values in where.items() if values},
            "timeout_s": self.timeout_s,
            "open": self.open,
            "note": self.note,
        }
        return wanted | ({"window": read_window(self.window)} if self.window else {})


def read_window(text: str) -> dict[str, Any]:
    """Read a window.

    Raises:
        PlanError: it is none.
    """
    hours, _, rest = text.strip().partition(" ")
    zone, _, days = rest.strip().partition(" ")
    opens, dash, closes = hours.partition("-")
    if not (dash and zone):
        msg = f"{text!r} is no window; write it as '02:00-04:00 Europe/Brussels' or '02:00-04:00 Europe/Brussels sat,sun'"
        raise PlanError(msg)
    window: dict[str, Any] = {"zone": zone, "opens": opens, "closes": closes}
    if days:
        window["days"] = [day.strip() for day in days.split(",")]
    return window


def read_plan_file(path: Path) -> Any:
    """Read a plan in JSON.

    Raises:
        PlanError: it cannot be read, or is no JSON.
    """
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        msg = f"{path}: no plan in JSON: {error}"
        raise PlanError(msg) from error
