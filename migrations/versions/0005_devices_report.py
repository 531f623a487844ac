"""When a device was last heard of, since when it is silent, and how its printer's paper stands."""

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_at", base.db.Moment(), nullable=True))
        batch_op.add_column(sa.Column("silent_at", base.db.Moment(), nullable=True, comment="none: it is heard of"))
        batch_op.add_column(sa.Column("paper", sa.String(length=8), nullable=True, comment="of its own printer"))
