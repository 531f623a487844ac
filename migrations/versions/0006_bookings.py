"""A booking's link, name, origin and chat; whether it holds its seat, when a cancelled seat returns, its reminders."""

import secrets

import sqlalchemy as sa
from alembic import op

import base.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HOLDS_SEAT = "state IN ('unconfirmed', 'confirmed', 'checked_in')"
INDEXES = {
    "ix_appointment_open": (["hall", "day"], "state IN ('unconfirmed', 'confirmed')"),
    "ix_appointment_freed": (["hall", "free_at"], "free_at IS NOT NULL"),
    "ix_appointment_holder": (["holder", "day"], "holder IS NOT NULL"),
    "ix_appointment_phone": (["phone", "day"], "phone IS NOT NULL"),
}


def upgrade() -> None:
    """Apply."""
    op.drop_index("uq_appointment_seat", table_name="appointment")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token", sa.String(length=40), nullable=True, comment="of its link"))
        batch_op.add_column(sa.Column("name", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("origin", sa.String(length=20), nullable=False, server_default="web"))
        batch_op.add_column(sa.Column("reply_to", sa.String(length=120), nullable=True, comment="a chat, opaque"))
        batch_op.add_column(sa.Column("has_seat", sa.Boolean(), nullable=True))
        batch_op.add_column(
            sa.Column("free_at", base.db.Moment(), nullable=True, comment="when a cancelled seat returns")
        )
        batch_op.add_column(sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("reason", sa.String(length=200), nullable=True, comment="why the hall cancelled it")
        )
    appointment = sa.table("appointment", *(sa.column(name) for name in ("id", "token", "state", "has_seat")))
    op.execute(sa.update(appointment).values(has_seat=sa.text(HOLDS_SEAT)))
    for (number,) in op.get_bind().execute(sa.select(appointment.c.id)).all():
        token = secrets.token_urlsafe(15)
        op.execute(sa.update(appointment).where(appointment.c.id == number).values(token=token))
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.alter_column("token", existing_type=sa.String(length=40), nullable=False)
        batch_op.alter_column("has_seat", existing_type=sa.Boolean(), nullable=False)
        batch_op.alter_column("origin", existing_type=sa.String(length=20), server_default=None)
        batch_op.alter_column("reminders", existing_type=sa.Integer(), server_default=None)
        batch_op.create_unique_constraint(batch_op.f("uq_appointment_token"), ["token"])
    seat = sa.text("has_seat")
    columns = ["service", "slot_at", "seat"]
    op.create_index(
        "uq_appointment_seat", "appointment", columns, unique=True, sqlite_where=seat, postgresql_where=seat
    )
    op.create_index("ix_appointment_day", "appointment", ["hall", "day"])
    for name, (fields, predicate) in INDEXES.items():
        where = sa.text(predicate)
        op.create_index(name, "appointment", fields, sqlite_where=where, postgresql_where=where)
