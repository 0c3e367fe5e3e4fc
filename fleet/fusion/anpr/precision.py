"""How right the hits of each camera are in the field, as people judged them.

Rules: of several verdicts on a hit the last one stands; a share stands with its interval; what was erased counts no more.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, func, select

from fleet.rollouts.statistics import Share, wilson
from fleet.store.anpr import anpr_hit
from fleet.store.tables import verdict


class Camera(msgspec.Struct, frozen=True):
    """How many of a camera's judged hits were confirmed."""

    device: str
    source: str
    confirmed: Share


def cameras(connection: Connection) -> list[Camera]:
    """Of every camera with a judged hit."""
    standing = select(func.max(verdict.c.row)).group_by(verdict.c.incident)
    hits = select(anpr_hit.c.incident, anpr_hit.c.device, anpr_hit.c.source).distinct().subquery()
    query = (
        select(hits.c.device, hits.c.source, verdict.c.decision, func.count().label("n"))
        .join(verdict, verdict.c.incident == hits.c.incident)
        .where(verdict.c.row.in_(standing))
        .group_by(hits.c.device, hits.c.source, verdict.c.decision)
    )
    judged: dict[tuple[str, str], dict[str, int]] = {}
    for row in connection.execute(query):
        judged.setdefault((row.device, row.source), {})[row.decision] = row.n
    made = []
    for (device, source), counts in sorted(judged.items()):
        share = wilson(counts.get("confirm", 0), sum(counts.values()))
        if share is not None:
            made.append(Camera(device, source, share))
    return made
