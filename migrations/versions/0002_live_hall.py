"""A message to everyone waiting; counters that are no more; why a service is paused."""

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "hall_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", base.db.Moment(), nullable=False),
        sa.Column("until", base.db.Moment(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["hall"], ["hall.id"], name=op.f("fk_hall_message_hall")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hall_message")),
    )
    with op.batch_alter_table("hall_message", schema=None) as batch_op:
        batch_op.create_index("ix_hall_message_day", ["hall", "day", "id"], unique=False)
    with op.batch_alter_table("counter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("retired_at", base.db.Moment(), nullable=True, comment="none: in use"))
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pause_reason", sa.String(length=80), nullable=True))
