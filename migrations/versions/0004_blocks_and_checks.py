"""Numbers leased to kiosks for use while cut off; whether a declared priority has been checked."""

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "number_block",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("leased_at", base.db.Moment(), nullable=False),
        sa.Column("seen_at", base.db.Moment(), nullable=False, comment="the kiosk's last contact before it merges"),
        sa.Column("is_over", sa.Boolean(), nullable=False, comment="used up or forgotten: leased to nobody again"),
        sa.ForeignKeyConstraint(["hall"], ["hall.id"], name=op.f("fk_number_block_hall")),
        sa.ForeignKeyConstraint(["service"], ["service.id"], name=op.f("fk_number_block_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_block")),
        sa.UniqueConstraint("service", "day", "first", name=op.f("uq_number_block_service_day_first")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_verified", sa.Boolean(), nullable=True, comment="the declared priority; none: not checked")
        )
