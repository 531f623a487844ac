"""The conversations' tables: private to this floor."""

import sqlalchemy as sa

from base.db import Key, Moment, metadata

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

conversation = sa.Table(
    "conversation",
    metadata,
    Key(),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("address", sa.String(120), nullable=False),
    sa.Column("secret", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("tenure", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(80)),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("context", sa.JSON, nullable=False),
    sa.Column("is_blocked", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("heard_at", Moment, nullable=False),
    sa.Column("waiting_since", Moment),
    sa.Column("flagged_at", Moment),
    sa.UniqueConstraint("channel", "address"),
    sa.Index(
        "ix_conversation_live",
        "heard_at",
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    ),
    sa.Index(
        "ix_conversation_with_people",
        "state",
        "waiting_since",
        sqlite_where=sa.text("state IN ('waiting', 'human')"),
        postgresql_where=sa.text("state IN ('waiting', 'human')"),
    ),
)
message = sa.Table(
    "message",
    metadata,
    Key(),
    sa.Column("conversation", _ID, sa.ForeignKey("conversation.id"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("key", sa.String(120), nullable=False),
    sa.Column("sender", sa.String(80), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("choice", sa.String(120), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("turn", sa.JSON(none_as_null=True)),
    sa.Column("reading", sa.JSON(none_as_null=True)),
    sa.Column("model", sa.String(80), nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("answers", _ID),
    sa.Column("is_flagged", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("handled_at", Moment),
    sa.UniqueConstraint("conversation", "seq"),
    sa.UniqueConstraint("conversation", "key"),
    sa.Index("ix_message_at", "at"),
    sa.Index(
        "ix_message_unhandled",
        "conversation",
        "id",
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    ),
)
