"""What was said against what is stored, by SQL.

Rule: the numbers of those who spoke come from their own memory, never from the manager.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from fleet.store.tables import event, quarantine, watermark


@dataclass(frozen=True)
class Account:
    """The balance.

    Attributes:
        said: sequence numbers handed out on the boxes.
        stored: of these, events in the store.
        reported: numbers that a box itself reported as evicted or lost.
        lost: numbers of which nothing is known.
        doubled: rows beyond the first for one number, or one id under two numbers.
        quarantined: messages that were refused.
    """

    said: int
    stored: int
    reported: int
    lost: int
    doubled: int
    quarantined: int


def settle(engine: Engine, highest: dict[tuple[str, str], int], unsent: Collection[tuple[str, str, int]] = ()) -> Account:
    """Draw the balance.

    Args:
        engine: the manager's store.
        highest: last number that each (device, boot) handed out.
        unsent: events (device, boot, number) that boxes still hold, which are not lost. The store may have some of them too:
            their acknowledgement is on its way.
    """
    key = (event.c.device, event.c.boot)
    with engine.connect() as connection:
        rows = connection.execute(
            select(*key, func.count(), func.count(event.c.seq.distinct()), func.count(event.c.id.distinct())).group_by(*key)
        ).all()
        numbers = {(device, boot, seq) for device, boot, seq in connection.execute(select(*key, event.c.seq))}
        missing = connection.execute(select(watermark.c.device, watermark.c.boot, watermark.c.missing)).all()
        refused = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    doubled = sum(int(count) - min(int(distinct), int(ids)) for _, _, count, distinct, ids in rows)
    reported = sum(int(n) for device, boot, n in missing if (device, boot) in highest)
    said = {(*name, seq) for name, last in highest.items() for seq in range(1, last + 1)}
    lost = len(said - numbers - set(unsent)) - reported
    return Account(len(said), len(said & numbers), reported, lost, doubled, int(refused))
