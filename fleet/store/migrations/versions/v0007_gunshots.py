"""Shots: what boxes heard, incidents that the manager makes of it, how boxes are trusted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "gunshot_heard",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("heard", sa.String(length=36), nullable=False, comment="incident of the box"),
        sa.Column("boot", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="of its latest event"),
        sa.Column("event", sa.BigInteger(), nullable=False, comment="row of its latest event"),
        sa.Column(
            "source", sa.String(length=32), nullable=False, comment="microphone of the box; empty where the event names none"
        ),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="the first event"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="onset of the first blast, the box's clock"),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="onset where the clock was set, else arrival"),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("shots", sa.Float(), nullable=False),
        sa.Column("posterior", sa.Float(), nullable=True),
        sa.Column("snr_db", sa.Float(), nullable=False),
        sa.Column(
            "bundle", sa.String(length=32), nullable=False, comment="of the model that spoke; empty where the event names none"
        ),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("doubt", sa.String(length=160), nullable=True, comment="why nothing was made of it"),
        sa.Column("incident", sa.String(length=36), nullable=True, comment="of the manager"),
        sa.PrimaryKeyConstraint("device", "heard", name=op.f("pk_gunshot_heard")),
    )
    op.create_table(
        "gunshot_incident",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="within the process while it is open"),
        sa.Column("begun", sa.BigInteger(), nullable=False, comment="when the first box was heard of"),
        sa.Column("grown", sa.BigInteger(), nullable=False, comment="when it last grew"),
        sa.Column("closed", sa.BigInteger(), nullable=True, comment="null: it may still grow"),
        sa.Column("became", sa.String(length=36), nullable=True, comment="of which it became part"),
        sa.Column("raised", sa.BigInteger(), nullable=True, comment="when it was first told; null: nobody was told"),
        sa.Column(
            "held", sa.Boolean(), nullable=False, comment="first told, or not told, while alerts were held to high confidence"
        ),
        sa.Column("withheld", sa.Boolean(), nullable=False, comment="not told for that alone"),
        sa.Column("boxes", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False, comment="ShotsTold as known last, JSON"),
        sa.Column("assessed", sa.LargeBinary(), nullable=False, comment="Assessed, JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gunshot_incident")),
    )
    op.create_table(
        "gunshot_box",
        sa.Column("device", sa.String(length=32), nullable=False),
        sa.Column("confirmed", sa.Float(), nullable=False, comment="detections that others confirmed, the older the less"),
        sa.Column("alone", sa.Float(), nullable=False, comment="that others could have confirmed and did not"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="when it was last counted"),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_gunshot_box")),
    )
    op.create_index("ix_gunshot_heard_incident", "gunshot_heard", ["incident"])
    op.create_index("ix_gunshot_heard_received", "gunshot_heard", ["received"])
    op.create_index("ix_gunshot_heard_bundle", "gunshot_heard", ["bundle", "received"])
    op.create_index("ix_gunshot_incident_closed", "gunshot_incident", ["closed"])
    op.create_index("ix_gunshot_incident_begun", "gunshot_incident", ["begun"])


def downgrade() -> None:
    """Go back."""
    for name in ("gunshot_box", "gunshot_incident", "gunshot_heard"):
        op.drop_table(name)
