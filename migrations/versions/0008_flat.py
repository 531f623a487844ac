"""Indexes that keep boards as quick after years as on the first day."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_call_day", "call", ["hall", "day", "number"])
    op.drop_index("ix_leg_line", "leg")
    op.create_index(
        "ix_leg_line",
        "leg",
        ["service", "day", "standing", "rank_at", "entered", "state"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "ix_leg_entered",
        "leg",
        ["service", "day", "entered_at", "state"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
