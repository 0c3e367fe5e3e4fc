"""Who comes in which group, by a hash and not by chance.

Rules:

- A box's place in a rollout follows from the rollout's id and its own name alone: it does not depend on which other boxes
  there are, so that boxes which appear later disturb nobody, and another rollout has another order, so that it is not always
  the same boxes which come first.
- Raising a percentage only adds boxes.
- A group that would be empty by chance gets the box that is next in line: an empty canary would be no brake.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Mapping

from fleet.rollouts.census import Known, matches
from fleet.rollouts.plan import WHOLE, Plan, hundredths


def bucket(rollout: str, device: str) -> int:
    """Place of a box in a rollout, 0 to 9,999."""
    digest = hashlib.sha256(f"{rollout}\n{device}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % WHOLE


def place(
    plan: Plan,
    rollout: str,
    boxes: Iterable[Known],
    of_rollout: Mapping[str, frozenset[str]] | None = None,
    filled: Container[int] = (),
) -> dict[str, int]:
    """Place boxes in groups.

    Args:
        plan: whose groups.
        rollout: its id.
        boxes: that the plan can have.
        of_rollout: as of :func:`fleet.rollouts.census.matches`.
        filled: numbers of groups that have boxes already: these do not need the next in line.

    Returns:
        Number of the group by name of the box; whoever no group wants is not in it.
    """
    line = sorted(((bucket(rollout, box.name), box) for box in boxes), key=lambda item: (item[0], item[1].name))
    limits = [hundredths(group.percent) for group in plan.groups]
    wants = [
        [(at, box.name) for at, box in line if matches(group.where, plan.bundle, box, of_rollout or {})]
        for group in plan.groups
    ]
    placed: dict[str, int] = {}
    for number, candidates in enumerate(wants):
        free = [(at, name) for at, name in candidates if name not in placed]
        taken = [name for at, name in free if at < limits[number]]
        if not taken and number not in filled:
            taken = [name for _, name in free[:1]]
        placed.update(dict.fromkeys(taken, number))
    return placed
