"""Why a revision that was said aloud was wrong: whoever was told it can be listed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("entry_revision", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "wrong", sa.String(length=400), nullable=False, server_default="", comment="why; empty: nothing known"
            )
        )
