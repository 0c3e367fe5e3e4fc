"""Number plates: reads and hits for their time, clone plates, and who searched, why."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _passage() -> list[sa.Column[Any]]:
    return [
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False, comment="its row"),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column(
            "source", sa.String(length=32), nullable=False, comment="camera of the box; empty where the event names none"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="captured, the box's clock"),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="capture where the clock was set, else arrival"),
        sa.Column("synchronised", sa.Boolean(), nullable=False),
        sa.Column("sigma_ms", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("posterior", sa.Float(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("lane", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("kind_p", sa.Float(), nullable=False),
        sa.Column("colour", sa.String(length=12), nullable=False),
        sa.Column("colour_p", sa.Float(), nullable=False),
    ]


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "anpr_read",
        *_passage(),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="id of the key of purpose and period"),
        sa.Column("pseudonym", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_anpr_read")),
    )
    op.create_index("ix_anpr_read_pseudonym", "anpr_read", ["pseudonym", "at"])
    op.create_table(
        "anpr_hit",
        *_passage(),
        sa.Column("incident", sa.String(length=36), nullable=False),
        sa.Column("list", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "purpose", sa.String(length=32), nullable=False, comment="of the list; empty where the manager does not know it"
        ),
        sa.Column("plate", sa.String(length=12), nullable=False, comment="the reading that is on the list"),
        sa.Column("folded", sa.String(length=12), nullable=False, comment="of which O, Q and 0, I and 1 are one"),
        sa.Column("through", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_anpr_hit")),
    )
    op.create_index("ix_anpr_hit_folded", "anpr_hit", ["folded", "at"])
    op.create_index("ix_anpr_hit_incident", "anpr_hit", ["incident"])
    for name in ("anpr_read", "anpr_hit"):
        op.create_index(f"ix_{name}_since", name, ["purpose", "since"])
        op.create_index(f"ix_{name}_place", name, ["device", "at"])
    op.create_table(
        "anpr_clone",
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("pseudonym", sa.String(length=32), nullable=False),
        sa.Column("incident", sa.String(length=36), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False, comment="as it was told last"),
        sa.Column("contradictions", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False, comment="of the latest contradiction"),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "key", "pseudonym", name=op.f("pk_anpr_clone")),
        sa.UniqueConstraint("incident", name=op.f("uq_anpr_clone_incident")),
    )
    _asked()


def _asked() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "anpr_search",
        sa.Column("row", number, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False, comment="plate, place, path, hit or clones"),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("disclosed", sa.Text(), nullable=False, comment="rows of the events whose content was shown, JSON"),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_anpr_search")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Go back."""
    for name in ("anpr_search", "anpr_clone", "anpr_hit", "anpr_read"):
        op.drop_table(name)
