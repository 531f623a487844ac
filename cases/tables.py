"""The tables of the cases. What they hold of persons is in ``case`` and ``case_event``, never in the audit."""

from enum import StrEnum

import sqlalchemy as sa

from base.db import Key, Moment, metadata
from cases.rules.case import Action, State
from cases.rules.record import Kind, Light, Pending, Rating


def _one_of(name: str, enum: type[StrEnum], *, nullable: bool = False) -> sa.Column[str]:
    """A short text column that holds one of ``enum``'s values."""
    return sa.Column(name, sa.String(max(map(len, enum))), nullable=nullable)


case_series = sa.Table(
    "case_series",
    metadata,
    Key(),
    sa.Column("hall", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("last", sa.Integer, nullable=False, comment="the last serial issued"),
    sa.UniqueConstraint("hall", "day"),
)
case = sa.Table(
    "case",
    metadata,
    Key(),
    sa.Column("hall", sa.BigInteger, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("serial", sa.Integer, nullable=False),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("secret", sa.String(40), nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    _one_of("state", State),
    _one_of("kind", Kind),
    sa.Column("topic", sa.String(80), comment="a library entry's id"),
    sa.Column("office", sa.String(80), comment="proposed until dispatched"),
    sa.Column("first_office", sa.String(80), nullable=False, comment="answers until it is signed for"),
    sa.Column("helpers", sa.JSON, nullable=False, comment="offices of a joint handling"),
    sa.Column("parent", sa.BigInteger, sa.ForeignKey("case.id"), index=True, comment="the case it was merged into"),
    sa.Column("enterprise", sa.String(120)),
    sa.Column("contact", sa.String(40)),
    sa.Column("phone", sa.String(40)),
    sa.Column("is_confidential", sa.Boolean, nullable=False),
    sa.Column("is_urgent", sa.Boolean, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("packet", sa.JSON, nullable=False, comment="what the bot handed over"),
    sa.Column("origin", sa.String(120), nullable=False, comment="opaque"),
    sa.Column("reply_to", sa.String(160), index=True, comment="opaque address of the answer"),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("clock_from", sa.Date, nullable=False, comment="not counted itself"),
    sa.Column("clock_days", sa.Integer, nullable=False, comment="working days"),
    sa.Column("clock", sa.JSON, nullable=False, comment="extensions and pauses in their order"),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("is_provisional", sa.Boolean, nullable=False, comment="its year has no official data yet"),
    sa.Column("step_due_at", Moment, comment="the term of the present step"),
    _one_of("light", Light),
    sa.Column("paused_on", sa.Date),
    sa.Column("has_paused", sa.Boolean, nullable=False),
    _one_of("pending", Pending),
    sa.Column("pending_by", sa.String(80)),
    sa.Column("pending_days", sa.Integer),
    sa.Column("pending_text", sa.Text, nullable=False),
    sa.Column("extensions", sa.Integer, nullable=False),
    sa.Column("extended_days", sa.Integer, nullable=False),
    sa.Column("handlers", sa.JSON, nullable=False, comment="who worked on the answer"),
    sa.Column("returned_by", sa.String(80)),
    sa.Column("returns", sa.Integer, nullable=False),
    sa.Column("has_contested", sa.Boolean, nullable=False),
    sa.Column("has_redone", sa.Boolean, nullable=False),
    sa.Column("has_reopened", sa.Boolean, nullable=False),
    sa.Column("contacted_at", Moment),
    sa.Column("is_raised", sa.Boolean, nullable=False),
    sa.Column("is_watched", sa.Boolean, nullable=False),
    sa.Column("watched_why", sa.String(200), nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("answered_at", Moment),
    _one_of("rating", Rating, nullable=True),
    sa.Column("rating_text", sa.Text, nullable=False),
    sa.Column("closed_at", Moment),
    sa.UniqueConstraint("hall", "day", "serial"),
    sa.UniqueConstraint("hall", "number"),
    sa.Index("ix_case_hall_due", "hall", "due_at", "id"),
    sa.Index("ix_case_state_due", "state", "due_on"),
)
case_event = sa.Table(
    "case_event",
    metadata,
    Key(),
    sa.Column("case_id", sa.BigInteger, sa.ForeignKey("case.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("is_own", sa.Boolean, nullable=False, comment="the enterprise itself did it"),
    _one_of("action", Action),
    _one_of("before", State),
    _one_of("after", State),
    sa.Column("line", sa.Text, nullable=False, comment="the office's wording"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("told", sa.Text, comment="what the enterprise was told"),
)
