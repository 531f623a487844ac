"""Where a ticket's holder is told, “我马上到”, the secret of the hall's code; indexes for reports by day."""

import secrets

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LINKED = sa.text("reply_to IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("coming_at", base.db.Moment(), nullable=True, comment="“我马上到”"))
        batch_op.add_column(sa.Column("reply_to", sa.String(length=120), nullable=True, comment="a chat, opaque"))
    op.create_index("ix_ticket_linked", "ticket", ["hall", "day"], sqlite_where=LINKED, postgresql_where=LINKED)
    op.create_index("ix_leg_day", "leg", ["hall", "day"])
    op.create_index("ix_counter_session_day", "counter_session", ["hall", "opened_at"])
    with op.batch_alter_table("hall", schema=None) as batch_op:
        batch_op.add_column(sa.Column("secret", sa.String(length=64), nullable=True, comment="of the code shown in it"))
    hall = sa.table("hall", sa.column("id", sa.BigInteger), sa.column("secret", sa.String))
    for (number,) in op.get_bind().execute(sa.select(hall.c.id)).all():
        op.execute(sa.update(hall).where(hall.c.id == number).values(secret=secrets.token_hex(16)))
    with op.batch_alter_table("hall", schema=None) as batch_op:
        batch_op.alter_column("secret", existing_type=sa.String(length=64), nullable=False)
