"""Hit lists, their sealed entries, keys of plates without the keys themselves, and which box was given and uses what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "list_version",
        sa.Column("number", number, autoincrement=True, nullable=False, comment="for people"),
        sa.Column("list", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True, comment="of the list; null until it is signed"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("content", sa.String(length=32), nullable=False, comment="its entries, which a rotation of the key hands on"),
        sa.Column("based_on", sa.String(length=32), nullable=True, comment="content that stood when it was drafted"),
        sa.Column(
            "proof", sa.String(length=64), nullable=False, comment="HMAC-SHA256 of the entries under the key that seals them"
        ),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.String(length=120), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("least", sa.Float(), nullable=False, comment="posterior from which a reading is a hit"),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("drafted_by", sa.String(length=64), nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.String(length=240), nullable=False, comment="why it ended, or why it waits"),
        sa.Column("key", sa.String(length=64), nullable=True, comment="under which its digests are"),
        sa.Column("header", sa.LargeBinary(), nullable=True, comment="ListHeader as signed"),
        sa.Column("digest", sa.String(length=64), nullable=True, comment="SHA-256 of the whole file"),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.LargeBinary(), nullable=True, comment="tuple of ListChange, JSON"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_list_version")),
        sa.UniqueConstraint("list", "version", name=op.f("uq_list_version_list_version")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_list_version_state", "list_version", ["state"])
    op.create_table(
        "list_part",
        sa.Column("content", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="entries and what people say of them, sealed"),
        sa.PrimaryKeyConstraint("content", "part", name=op.f("pk_list_part")),
    )
    _keys()


def _keys() -> None:
    op.create_table(
        "plate_key",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=12), nullable=False, comment="list, pseudonym or entries"),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("list", sa.String(length=32), nullable=True),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=True, comment="null: with its list"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("rotate_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True, comment="since when another stands in its place"),
        sa.Column("commitment", sa.String(length=64), nullable=False, comment="SHA-256 over id and key"),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_key")),
    )
    op.create_index("ix_plate_key_use", "plate_key", ["use", "destroyed_at"])
    op.create_table(
        "key_handout",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=12), nullable=False),
        sa.Column("given", sa.String(length=64), nullable=False, comment="SHA-256 of ids and times of what was given"),
        sa.Column("ids", sa.Text(), nullable=False, comment="JSON list"),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, comment="of the same for the same boot"),
        sa.Column("window_at", sa.BigInteger(), nullable=False),
        sa.Column("window_count", sa.Integer(), nullable=False, comment="since then"),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_key_handout")),
    )
    op.create_table(
        "list_box",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("list", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="that it says it uses"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "list", name=op.f("pk_list_box")),
    )


def downgrade() -> None:
    """Go back."""
    for name in ("list_box", "key_handout", "plate_key", "list_part", "list_version"):
        op.drop_table(name)
