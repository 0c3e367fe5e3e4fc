"""What was said against what is stored, by SQL.

Rule: the numbers of those who spoke come from their own memory, never from the manager.
"""

from __future__ import annotations

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


def settle(engine: Engine, highest: dict[tuple[str, str], int], unsent: int = 0) -> Account:
    """Draw the balance.

    Args:
        engine: the manager's store.
        highest: last number that each (device, boot) handed out.
        unsent: events that boxes still hold, which are not lost.
    """
    key = (event.c.device, event.c.boot)
    with engine.connect() as connection:
        rows = connection.execute(
            select(*key, func.count(), func.count(event.c.seq.distinct()), func.count(event.c.id.distinct())).group_by(*key)
        ).all()
        missing = connection.execute(select(watermark.c.device, watermark.c.boot, watermark.c.missing)).all()
        refused = connection.execute(select(func.count()).select_from(quarantine)).scalar_one()
    stored = {(device, boot): int(distinct) for device, boot, _, distinct, _ in rows}
    doubled = sum(int(count) - min(int(distinct), int(ids)) for _, _, count, distinct, ids in rows)
    reported = sum(int(n) for device, boot, n in missing if (device, boot) in highest)
    said = sum(highest.values())
    held = sum(stored.get(name, 0) for name in highest)
    return Account(said, held, reported, said - held - reported - unsent, doubled, int(refused))
