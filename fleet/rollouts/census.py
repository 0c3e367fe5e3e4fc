"""Which boxes the manager knows, and which of them a plan fits.

Rules:

- What is known of a box is what it said last of itself (birth, reports) and what people said of it (site, tags, power).
- A box that cannot take a release is left out with its reason, never silently; the box decides in the end, by what is signed.
- A version is what a box says that it runs; a release is known from a signed report only.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fleet.rollouts.catalogue import Published
from fleet.rollouts.hours import Hours
from fleet.rollouts.plan import Filter

_VERSION = re.compile(r"^([0-9]{1,4})(?:\.([0-9]{1,4}))?(?:\.([0-9]{1,4}))?")


@dataclass(frozen=True)
class Known:
    """One box.

    Attributes:
        key: SHA-256 of its public key; another one means that the box was replaced.
        versions: of the bundles that it says it runs, by name.
        releases: that it said it runs in a signed report, by bundle.
        heard: whether it has ever said what it is.
        configured: whether the manager has a configuration to send with an order.
        powered: hours with power; ``None`` = always.
    """

    name: str
    label: str = ""
    site: str = ""
    tags: frozenset[str] = frozenset()
    hardware: str = ""
    agent: str = ""
    key: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    releases: Mapping[str, int] = field(default_factory=dict)
    heard: bool = True
    configured: bool = True
    powered: Hours | None = None


class Obstacle(str, enum.Enum):
    """Why a box that was asked for is left out."""

    UNHEARD = "unheard"
    HARDWARE = "hardware"
    AGENT = "agent"
    HAS_IT = "has-it"


OBSTACLES: dict[Obstacle, str] = {
    Obstacle.UNHEARD: "has not said yet what it is and what it runs",
    Obstacle.HARDWARE: "is a board that the release is not for",
    Obstacle.AGENT: "runs an agent that is too old for the release",
    Obstacle.HAS_IT: "runs this release or a later one",
}
"""In words."""


def matches(wanted: Filter, bundle: str, box: Known, of_rollout: Mapping[str, frozenset[str]]) -> bool:
    """Whether a filter wants a box.

    Args:
        wanted: the filter.
        bundle: whose versions it means.
        box: of the fleet.
        of_rollout: names of the boxes to which a rollout gave orders, by its id.
    """
    return (
        (not wanted.devices or box.name in wanted.devices)
        and (not wanted.sites or box.site in wanted.sites)
        and box.tags.issuperset(wanted.tags)
        and (not wanted.hardware or box.hardware.startswith(wanted.hardware))
        and (not wanted.versions or box.versions.get(bundle) in wanted.versions)
        and (wanted.rollout is None or box.name in of_rollout.get(wanted.rollout, frozenset()))
    )


def obstacle(release: Published, box: Known) -> Obstacle | None:
    """Why a box cannot take a release, as far as the manager knows; ``None`` when it can."""
    if not (box.heard and box.configured):
        return Obstacle.UNHEARD
    if release.hardware and not box.hardware.startswith(release.hardware):
        return Obstacle.HARDWARE
    if _older(box.agent, release.agent):
        return Obstacle.AGENT
    if box.releases.get(release.bundle, 0) >= release.release:
        return Obstacle.HAS_IT
    return None


@dataclass(frozen=True)
class Choice:
    """The boxes that a plan asks for: those that it can have, and why not the others."""

    fit: tuple[Known, ...]
    left_out: Mapping[str, Obstacle]


def choose(
    wanted: Filter, release: Published, boxes: Iterable[Known], of_rollout: Mapping[str, frozenset[str]] | None = None
) -> Choice:
    """Choose boxes."""
    fit, left_out = [], {}
    for box in boxes:
        if matches(wanted, release.bundle, box, of_rollout or {}):
            if (reason := obstacle(release, box)) is None:
                fit.append(box)
            else:
                left_out[box.name] = reason
    return Choice(tuple(fit), left_out)


def _older(agent: str, needed: str) -> bool:
    """Whether an agent is older; one whose version is no number is not judged here."""
    has, needs = _VERSION.match(agent), _VERSION.match(needed)
    if has is None or needs is None:
        return False
    return tuple(int(part or 0) for part in has.groups()) < tuple(int(part or 0) for part in needs.groups())
