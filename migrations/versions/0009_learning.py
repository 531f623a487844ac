"""What is learnt from questions; messages found by their moment."""

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_message_at", "message", ["at"])
    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False, comment="of the entry; empty: dismissed"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="the draft that it became; 0: none"),
        sa.Column("wordings", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False, comment="of every question that it settles"),
        sa.Column("askers", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("suggested_by", sa.String(length=80), nullable=False),
        sa.Column("settled_by", sa.String(length=80), nullable=False),
        sa.Column("settled_at", base.db.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
