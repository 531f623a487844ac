"""The library's tables: entries, their revisions, and the edition that grows with each publication."""

import sqlalchemy as sa

from base.db import Key, Moment, metadata

entry = sa.Table(
    "entry",
    metadata,
    Key(),
    sa.Column("code", sa.String(80), nullable=False, unique=True),
    sa.Column("created_at", Moment, nullable=False),
)
entry_revision = sa.Table(
    "entry_revision",
    metadata,
    Key(),
    sa.Column("entry", sa.BigInteger, sa.ForeignKey("entry.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("body", sa.JSON, nullable=False, comment="the entry's fields, without its record"),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("reviewer", sa.String(80), nullable=False),
    sa.Column("publisher", sa.String(80), nullable=False),
    sa.Column("edition", sa.String(40), nullable=False, comment="of the starter files; empty: written in this hall"),
    sa.Column("starts_on", sa.Date, comment="said from this local day on; none: never published"),
    sa.Column("verified_by", sa.String(80), nullable=False),
    sa.Column("verified_on", sa.Date),
    sa.Column("wrong", sa.String(400), nullable=False, server_default="", comment="why; empty: nothing known"),
    sa.Column("written_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("entry", "number"),
)
library_state = sa.Table(
    "library_state",
    metadata,
    Key(),
    sa.Column("edition", sa.BigInteger, nullable=False, comment="grows with each change of what may be said"),
    sa.Column("starter", sa.String(120), nullable=False, comment="the starter files last loaded, by name and digest"),
)
suggestion = sa.Table(
    "suggestion",
    metadata,
    Key(),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("code", sa.String(80), nullable=False, comment="of the entry; empty: dismissed"),
    sa.Column("revision", sa.Integer, nullable=False, comment="the draft that it became; 0: none"),
    sa.Column("wordings", sa.JSON, nullable=False),
    sa.Column("marks", sa.JSON, nullable=False, comment="of every question that it settles"),
    sa.Column("askers", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("suggested_by", sa.String(80), nullable=False),
    sa.Column("settled_by", sa.String(80), nullable=False),
    sa.Column("settled_at", Moment, nullable=False),
)
