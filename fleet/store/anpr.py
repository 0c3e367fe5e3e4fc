"""The tables of number plates: reads, hits, what was made of them, and who asked. Times are milliseconds since 1970.

Rules: a row of ``anpr_read`` or ``anpr_hit`` stands for one event of the store and is erased with it; ``since`` is when its
time begins to run; ``anpr_search`` holds who asked, why, and the numbers of what was disclosed, never a plate.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text

from fleet.store.tables import metadata

_BIG = BigInteger().with_variant(Integer, "sqlite")


def _passage() -> list[Column[Any]]:
    """What a read and a hit say alike."""
    return [
        Column("event", BigInteger, primary_key=True, autoincrement=False, comment="its row"),
        Column("device", String(32), nullable=False),
        Column("source", String(32), nullable=False, comment="camera of the box; empty where the event names none"),
        Column("at", BigInteger, nullable=False, comment="captured, the box's clock"),
        Column("since", BigInteger, nullable=False, comment="capture where the clock was set, else arrival"),
        Column("synchronised", Boolean, nullable=False),
        Column("sigma_ms", Float),
        Column("lat", Float),
        Column("lon", Float),
        Column("posterior", Float, nullable=False),
        Column("direction", String(8), nullable=False),
        Column("lane", String(32)),
        Column("kind", String(12), nullable=False),
        Column("kind_p", Float, nullable=False),
        Column("colour", String(12), nullable=False),
        Column("colour_p", Float, nullable=False),
    ]


anpr_read = Table(
    "anpr_read",
    metadata,
    *_passage(),
    Column("purpose", String(32), nullable=False),
    Column("key", String(64), nullable=False, comment="id of the key of purpose and period"),
    Column("pseudonym", String(32), nullable=False),
    Index("ix_anpr_read_pseudonym", "pseudonym", "at"),
    Index("ix_anpr_read_since", "purpose", "since"),
    Index("ix_anpr_read_place", "device", "at"),
)

anpr_hit = Table(
    "anpr_hit",
    metadata,
    *_passage(),
    Column("incident", String(36), nullable=False),
    Column("list", String(32), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("purpose", String(32), nullable=False, comment="of the list; empty where the manager does not know it"),
    Column("plate", String(12), nullable=False, comment="the reading that is on the list"),
    Column("folded", String(12), nullable=False, comment="of which O, Q and 0, I and 1 are one"),
    Column("through", String(12), nullable=False),
    Index("ix_anpr_hit_folded", "folded", "at"),
    Index("ix_anpr_hit_incident", "incident"),
    Index("ix_anpr_hit_since", "purpose", "since"),
    Index("ix_anpr_hit_place", "device", "at"),
)

anpr_clone = Table(
    "anpr_clone",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("pseudonym", String(32), primary_key=True),
    Column("incident", String(36), nullable=False, unique=True),
    Column("probability", Float, nullable=False, comment="as it was told last"),
    Column("contradictions", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False, comment="of the latest contradiction"),
    Column("told_at", BigInteger, nullable=False),
)

anpr_search = Table(
    "anpr_search",
    metadata,
    Column("row", _BIG, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("account", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("reason", String(300), nullable=False),
    Column("what", String(16), nullable=False, comment="plate, place, path, hit or clones"),
    Column("found", Integer, nullable=False),
    Column("disclosed", Text, nullable=False, comment="rows of the events whose content was shown, JSON"),
    sqlite_autoincrement=True,
)
