"""Who may come in: staff, devices, and the sessions they hold."""

import sqlalchemy as sa

from base.db import Key, Moment, metadata

staff = sa.Table(
    "staff",
    metadata,
    Key(),
    sa.Column("hall_id", sa.BigInteger, nullable=False),
    sa.Column("username", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("left_at", Moment),
)
device = sa.Table(
    "device",
    metadata,
    Key(),
    sa.Column("hall_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("counter", sa.String(8)),
    sa.Column("pairing_digest", sa.String(64), unique=True),
    sa.Column("paired_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment),
    sa.Column("silent_at", Moment, comment="none: it is heard of"),
    sa.Column("paper", sa.String(8), comment="of its own printer"),
    sa.UniqueConstraint("hall_id", "kind", "name"),
)
access_session = sa.Table(
    "access_session",
    metadata,
    Key(),
    sa.Column("token_digest", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("staff_id", sa.BigInteger, sa.ForeignKey("staff.id"), index=True),
    sa.Column("device_id", sa.BigInteger, sa.ForeignKey("device.id"), index=True),
    sa.Column("role", sa.String(12)),
    sa.Column("hall_id", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("used_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
)
