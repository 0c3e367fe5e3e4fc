"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "account",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False, comment="argon2id"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
    )
    op.create_table(
        "audit",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False, comment="an id, never content"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="salted SHA-256 of what was decided"),
        sa.Column("chain", sa.String(length=64), nullable=False, comment="SHA-256 over the row before and this one"),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_audit")),
    )
    op.create_table(
        "device",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True, comment="Ed25519, raw"),
        sa.Column("certificate_until", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("last_word", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True, comment="last State, JSON"),
        sa.Column("state_at", sa.BigInteger(), nullable=True),
        sa.Column("telemetry", sa.LargeBinary(), nullable=True, comment="last Telemetry, JSON"),
        sa.Column("telemetry_at", sa.BigInteger(), nullable=True),
        sa.Column("desired", sa.LargeBinary(), nullable=True, comment="Desired, JSON"),
        sa.Column("reported", sa.LargeBinary(), nullable=True, comment="Reported, JSON"),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="rises with every change of this row"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_device")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the code"),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "event",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="made on the box, its clock, microseconds"),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("incident", sa.String(length=36), nullable=True),
        sa.Column("phase", sa.String(length=8), nullable=True),
        sa.Column("schema", sa.String(length=9), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON as received"),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_event")),
        sa.UniqueConstraint("device", "boot", "seq", name=op.f("uq_event_device_boot_seq")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_incident", ["incident"], unique=False)
        batch_op.create_index("ix_event_type_row", ["type", "row"], unique=False)

    op.create_table(
        "outgoing",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False, comment="name, or 'twin' for the desired twin"),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("correlation", sa.String(length=36), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("correlation", name=op.f("uq_outgoing_correlation")),
    )
    op.create_table(
        "quarantine",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=12), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=48), nullable=False),
        sa.Column("detail", sa.String(length=240), nullable=False),
        sa.Column("topic", sa.String(length=160), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="first bytes of the payload"),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "verdict",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("incident", sa.String(length=36), nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_verdict")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_incident"), ["incident"], unique=False)

    op.create_table(
        "watermark",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("boot", sa.String(length=12), nullable=False),
        sa.Column("settled", sa.LargeBinary(), nullable=False, comment="SeqSet: watermark and ranges, JSON"),
        sa.Column("missing", sa.BigInteger(), nullable=False, comment="reported as evicted or lost"),
        sa.Column("changed", sa.BigInteger(), nullable=False, comment="when it last grew"),
        sa.PrimaryKeyConstraint("device", "boot", name=op.f("pk_watermark")),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the token"),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_session_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
    )

    _append_only()


def _append_only() -> None:
    """Nobody changes or removes what the audit log says, not even the manager itself."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$ LANGUAGE plpgsql"
        )
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION audit_refuse()"
        )


def downgrade() -> None:
    """Go back."""
    op.drop_table("session")
    op.drop_table("watermark")
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_incident"))

    op.drop_table("verdict")
    op.drop_table("setting")
    op.drop_table("quarantine")
    op.drop_table("outgoing")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_type_row")
        batch_op.drop_index("ix_event_incident")

    op.drop_table("event")
    op.drop_table("enrolment_code")
    op.drop_table("device")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")
    op.drop_table("account")
