"""When two boxes last seemed to share a name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    comment = "when two boxes last seemed to share this name"
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("conflict_at", sa.BigInteger(), nullable=True, comment=comment))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("device") as table:
        table.drop_column("conflict_at")
