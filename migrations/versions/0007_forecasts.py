"""What the forward play says of each service's line; how ranges held once their leg was called."""

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("estimate", schema=None) as batch_op:
        batch_op.alter_column("p50_minutes", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("p80_minutes", existing_type=sa.Integer(), nullable=True)
    op.create_table(
        "outlook",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("service", sa.BigInteger(), nullable=False),
        sa.Column("at", base.db.Moment(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False, comment="in line when it was played"),
        sa.Column("head_p50", sa.Float(), nullable=True, comment="minutes until its first is called"),
        sa.Column("head_p80", sa.Float(), nullable=True),
        sa.Column("p50", sa.Float(), nullable=True, comment="minutes for who joins; none: it cannot be estimated"),
        sa.Column("p80", sa.Float(), nullable=True, comment="corrected by the factor"),
        sa.Column("done_at", base.db.Moment(), nullable=True, comment="by all scheduled counters"),
        sa.Column("factor", sa.Float(), nullable=False, comment="of the upper edge, learnt from calls"),
        sa.ForeignKeyConstraint(["service"], ["service.id"], name=op.f("fk_outlook_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlook")),
        sa.UniqueConstraint("service", name=op.f("uq_outlook_service")),
    )
    op.create_table(
        "wait_score",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hall", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("leg", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.BigInteger(), nullable=False, comment="number of the announcement"),
        sa.Column("waited", sa.Float(), nullable=False, comment="minutes from issue to call"),
        sa.Column("p50", sa.Integer(), nullable=True, comment="shown at issue; none: 暂无法估计"),
        sa.Column("p80", sa.Integer(), nullable=True),
        sa.Column("waited_last", sa.Float(), nullable=True, comment="minutes from the last range shown to the call"),
        sa.Column("last_p50", sa.Integer(), nullable=True),
        sa.Column("last_p80", sa.Integer(), nullable=True),
        sa.Column("raises", sa.Integer(), nullable=False, comment="how often the upper edge grew, each with a cause"),
        sa.Column("by_mean", sa.Float(), nullable=False, comment="baseline: people ahead × mean"),
        sa.Column("by_share", sa.Float(), nullable=True, comment="baseline: (ahead + 1) × mean ÷ counters"),
        sa.ForeignKeyConstraint(["hall"], ["hall.id"], name=op.f("fk_wait_score_hall")),
        sa.ForeignKeyConstraint(["leg"], ["leg.id"], name=op.f("fk_wait_score_leg")),
        sa.ForeignKeyConstraint(["service"], ["service.id"], name=op.f("fk_wait_score_service")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wait_score")),
        sa.UniqueConstraint("leg", name=op.f("uq_wait_score_leg")),
    )
    op.create_index("ix_wait_score_day", "wait_score", ["hall", "day"])
