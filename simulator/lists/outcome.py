"""What the demo's hit list came to, for a check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Engine, func, select

from fleet.store.anpr import anpr_hit, anpr_read
from simulator.lists.wanted import WANTED


class Plates(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the plates of the street.

    Attributes:
        fault: why there is no list; empty = there is one.
        hits: vehicles that went by and were on the list.
        first_hit_s: from the last box's start to the first hit in the live stream; ``None`` = there was none.
        wrong: hits of another plate than the one that is on the list.
        pseudonyms: vehicles that went by and were on no list.
        messages: that the broker passed on, all boxes together.
        named: of these, messages with the plate that is on the list.
        strangers: where another plate stands: topics, files, the live stream.
    """

    fault: str = ""
    hits: int = 0
    first_hit_s: float | None = None
    wrong: int = 0
    pseudonyms: int = 0
    messages: int = 0
    named: int = 0
    strangers: tuple[str, ...] = ()


def read_plates(engine: Engine, **seen: Any) -> Plates:
    """What the manager's store holds of hits and of everybody else, with what was seen elsewhere."""
    with engine.connect() as connection:
        hits = connection.execute(select(anpr_hit.c.incident, anpr_hit.c.plate).distinct()).all()
        pseudonyms = connection.execute(select(func.count()).select_from(anpr_read)).scalar_one()
    right = {hit.incident for hit in hits if hit.plate == WANTED}
    wrong = {hit.incident for hit in hits if hit.plate != WANTED}
    return Plates(hits=len(right), wrong=len(wrong), pseudonyms=pseudonyms, **seen)


def plate_problems(plates: Plates, *, expected: bool) -> Iterable[str]:
    """What a check finds wrong.

    Args:
        plates: what became of them.
        expected: whether it ran long enough for a hit.
    """
    if plates.fault:
        yield f"no hit list was made: {plates.fault}"
    if plates.wrong:
        yield f"{plates.wrong} hits of a plate that is on no list"
    for place in plates.strangers:
        yield f"the plate of a vehicle on no list stands in {place}"
    if not expected:
        return
    if not plates.hits:
        yield "the vehicle on the list went by, and no hit is stored"
    if not plates.named:
        yield f"of {plates.messages} messages that were heard at the broker none is the hit"
    if not plates.pseudonyms:
        yield "no vehicle but the one on the list left a pseudonym"
