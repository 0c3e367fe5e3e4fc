"""How right each box is in the field: of the incidents that it took part in and that people judged, how many were confirmed.

Rules: a person judges the manager's incident, never what one box says of it, and the verdict counts for every box that took
part; of several verdicts the last one stands; a share stands with its interval; what was erased counts no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from fleet.fusion.gunshot.trust import HALF_LIFE_S, Judged, left
from fleet.oversight.verdicts import Decision
from fleet.rollouts.statistics import Share, wilson
from fleet.store.gunshot import gunshot_heard
from fleet.store.tables import verdict

_FORGOTTEN_MS = round(5000 * HALF_LIFE_S)
"""After five half-lives 3% is left."""


class BoxPrecision(msgspec.Struct, frozen=True):
    """Share of confirmed incidents among those judged that a box took part in."""

    device: str
    confirmed: Share


def precision(connection: Connection) -> list[BoxPrecision]:
    """Of every box with a judged incident, by name."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in _verdicts(connection):
        counts[row.device][0] += row.decision == Decision.CONFIRM.value
        counts[row.device][1] += 1
    shares = ((device, wilson(confirmed, n)) for device, (confirmed, n) in sorted(counts.items()))
    return [BoxPrecision(device, share) for device, share in shares if share is not None]


def judged(connection: Connection, now: int) -> dict[str, Judged]:
    """What people decided, the older the less, by box; ``now`` in ms."""
    found: dict[str, Judged] = {}
    for row in _verdicts(connection, now - _FORGOTTEN_MS):
        before, kept = found.get(row.device, Judged()), left((now - row.at) / 1000)
        confirmed = row.decision == Decision.CONFIRM.value
        found[row.device] = Judged(before.confirmed + kept * confirmed, before.dismissed + kept * (not confirmed))
    return found


def _verdicts(connection: Connection, since: int = 0) -> Sequence[Any]:
    """The verdict that stands on each incident of shots, for each box that took part."""
    standing = select(func.max(verdict.c.row)).group_by(verdict.c.incident)
    boxes = select(gunshot_heard.c.device, gunshot_heard.c.incident).distinct().subquery()
    query = select(boxes.c.device, verdict.c.decision, verdict.c.at).join(verdict, verdict.c.incident == boxes.c.incident)
    return connection.execute(query.where(verdict.c.row.in_(standing), verdict.c.at >= since)).all()
