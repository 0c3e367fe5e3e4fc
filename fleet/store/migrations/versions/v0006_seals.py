"""The seal of a draft, without which none is approved or signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    comment = "HMAC-SHA256 of what was decided on, under the key that seals the entries"
    with op.batch_alter_table("list_version") as table:
        table.add_column(sa.Column("seal", sa.String(length=64), nullable=True, comment=comment))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("list_version") as table:
        table.drop_column("seal")
