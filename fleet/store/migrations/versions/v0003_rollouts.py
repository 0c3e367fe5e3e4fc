"""Rollouts, and what people say of a box: where it stands, how it is tagged, when it has power."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UNSENT = sa.text("sent_at IS NULL")


def _row(name: str, comment: str | None = None) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=True, nullable=False, comment=comment)


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("device") as table:
        said = "last State of its own that said what it is, JSON; a will says nothing of it"
        table.add_column(sa.Column("birth", sa.LargeBinary(), nullable=True, comment=said))
        table.add_column(
            sa.Column("site", sa.String(length=32), nullable=False, server_default="", comment="where it stands, for people")
        )
        table.add_column(sa.Column("tags", sa.Text(), nullable=False, server_default="[]", comment="JSON list"))
        table.add_column(sa.Column("powered", sa.Text(), nullable=True, comment="Hours with power, JSON; null = always"))
        table.add_column(
            sa.Column("orders", sa.BigInteger(), nullable=False, server_default="0", comment="counter of the last orders")
        )
    op.execute("UPDATE device SET birth = state")
    op.create_index("ix_outgoing_unsent", "outgoing", ["row"], sqlite_where=_UNSENT, postgresql_where=_UNSENT)
    op.create_index("ix_outgoing_asked_at", "outgoing", ["asked_at"])
    op.create_table(
        "rollout",
        _row("number", "for people"),
        sa.Column("id", sa.String(length=36), nullable=False, comment="UUIDv7, as in orders"),
        sa.Column("bundle", sa.String(length=32), nullable=False),
        sa.Column("release", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False, comment="Plan, JSON; never changed"),
        sa.Column("published", sa.LargeBinary(), nullable=False, comment="the release as it was planned for, JSON"),
        sa.Column("back_of", sa.BigInteger(), nullable=True, comment="number of the rollout whose boxes it takes back"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=240), nullable=False, comment="why it stopped or was ended"),
        sa.Column("planned_by", sa.String(length=64), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("joined_at", sa.BigInteger(), nullable=True, comment="when all its boxes were placed"),
        sa.Column("stage", sa.Integer(), nullable=False, comment="last group that may have orders"),
        sa.Column("stage_at", sa.BigInteger(), nullable=True, comment="since when"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rollout")),
        sa.UniqueConstraint("id", name=op.f("uq_rollout_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rollout_state", "rollout", ["state"])
    _boxes()
    op.create_table(
        "rollout_note",
        _row("row"),
        sa.Column("rollout", sa.BigInteger(), nullable=False, comment="number"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("words", sa.String(length=240), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_rollout_note")),
    )
    op.create_index("ix_rollout_note_rollout", "rollout_note", ["rollout"])


def _boxes() -> None:
    op.create_table(
        "rollout_box",
        sa.Column("rollout", sa.BigInteger(), autoincrement=False, nullable=False, comment="number"),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False, comment="group"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="SHA-256 of the box's public key; another one: it was replaced"
        ),
        sa.Column("version", sa.String(length=32), nullable=False, comment="of the bundle, that it ran when it was placed"),
        sa.Column("nonce", sa.String(length=32), nullable=True),
        sa.Column("counter", sa.BigInteger(), nullable=True, comment="of the orders in which it was ordered first"),
        sa.Column("stands", sa.Boolean(), nullable=False, comment="whether the order is in its twin"),
        sa.Column("ordered_at", sa.BigInteger(), nullable=True),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("renew_at", sa.BigInteger(), nullable=True, comment="when it needs further windows"),
        sa.Column("reason", sa.String(length=48), nullable=False, comment="code: why it failed or was set aside"),
        sa.Column("detail", sa.String(length=120), nullable=False),
        sa.Column("fetched_bytes", sa.BigInteger(), nullable=False),
        sa.Column("agreement", sa.Float(), nullable=True),
        sa.Column("latency_ratio", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("rollout", "device", name=op.f("pk_rollout_box")),
    )
    op.create_index("ix_rollout_box_state", "rollout_box", ["rollout", "state"])
    op.create_index("ix_rollout_box_nonce", "rollout_box", ["nonce"])
    op.create_index("ix_rollout_box_device", "rollout_box", ["device"])
    op.create_table(
        "rollout_report",
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False, comment="its row"),
        sa.Column("rollout", sa.BigInteger(), nullable=True, comment="number; null where it names no order of ours"),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("bundle", sa.String(length=32), nullable=False),
        sa.Column("release", sa.BigInteger(), nullable=False),
        sa.Column("running", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(length=12), nullable=False),
        sa.Column("flag", sa.String(length=12), nullable=False, comment="what it was worth"),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_rollout_report")),
    )
    op.create_index("ix_rollout_report_rollout", "rollout_report", ["rollout"])
    op.create_table(
        "device_release",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("bundle", sa.String(length=32), nullable=False),
        sa.Column("release", sa.BigInteger(), nullable=False, comment="that it runs, by its last signed report"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "bundle", name=op.f("pk_device_release")),
    )


def downgrade() -> None:
    """Go back."""
    for name in ("rollout_note", "device_release", "rollout_report", "rollout_box", "rollout"):
        op.drop_table(name)
    for name in ("ix_outgoing_unsent", "ix_outgoing_asked_at"):
        op.drop_index(name, "outgoing")
    with op.batch_alter_table("device") as table:
        for name in ("orders", "powered", "tags", "site", "birth"):
            table.drop_column(name)
