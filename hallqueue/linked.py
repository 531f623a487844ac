"""A ticket and its holder elsewhere: “我马上到”, the chat where it is told, and what there is to tell."""

from dataclasses import replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import Conflict
from hallqueue import tables
from hallqueue.calling import KIND_CALL
from hallqueue.lines import ahead_of
from hallqueue.moves import Found
from hallqueue.rules.leg import Leg
from hallqueue.rules.ticket import STATE_NAMES, State
from hallqueue.views import LinkedTicket

COMING = "coming"
COMING_IN = (State.WAITING, State.CALLED)
ticket, call, service, place = tables.ticket.c, tables.call.c, tables.service.c, tables.counter.c
mine = tables.leg.alias("mine")
_COME = sa.update(tables.ticket).where(ticket.id == sa.bindparam("of_ticket")).values(coming_at=sa.bindparam("at"))
_LINK = sa.update(tables.ticket).where(ticket.id == sa.bindparam("of_ticket")).values(reply_to=sa.bindparam("to"))
_LAST_CALL = (
    sa.select(sa.func.max(call.number))
    .where(call.leg == mine.c.id, call.kind == KIND_CALL, call.is_withdrawn.is_(False))
    .correlate(mine)
    .scalar_subquery()
)
_LINKED = (
    sa.select(
        ticket.reply_to,
        ticket.token,
        ticket.number,
        service.name.label("service_name"),
        mine.c.id.label("leg"),
        mine.c.state,
        ahead_of(mine.c.service, mine.c.day, mine.c.rank_at, mine.c.entered).label("ahead"),
        ticket.ahead.label("ahead_at_issue"),
        mine.c.entered,
        mine.c.misses,
        mine.c.defers,
        mine.c.called_at,
        mine.c.until.label("return_until"),
        place.number.label("counter"),
        _LAST_CALL.label("call"),
    )
    .select_from(
        tables.ticket.join(mine, mine.c.ticket == ticket.id)
        .join(tables.service, service.id == mine.c.service)
        .outerjoin(tables.counter, place.id == mine.c.counter)
    )
    .where(ticket.hall == sa.bindparam("hall"), ticket.day == sa.bindparam("day"), ticket.reply_to.is_not(None))
    .where(sa.text("mine.state IN ('waiting', 'called', 'missed')"))
    .order_by(mine.c.id)
)


def may_say_coming(leg: Leg, coming_at: object) -> bool:
    """Whether “我马上到” says anything new: not yet said, or said before the call."""
    if leg.state not in COMING_IN:
        return False
    return coming_at is None or (leg.called_at is not None and coming_at < leg.called_at)  # type: ignore[operator]


def coming(session: WriteSession, found: Found, actor: str) -> Found:
    """Note that the visitor is on the way.

    The mark stands on the ticket, not on the leg: a clerk's press at the same moment is not refused for it, and the
    order of the line does not know of it.
    """
    leg, paper = found.leg, found.paper
    if leg.state not in COMING_IN:
        raise Conflict(f"这张号现在是“{STATE_NAMES[leg.state]}”，不用再说“我马上到”。")
    session.run(_COME, of_ticket=leg.ticket, at=session.now)
    topics = [f"ticket:{paper.token}"]
    if paper.counter is not None:
        topics.append(f"counter:{leg.hall}:{paper.counter}")
    journal.record(session, actor, "queue.coming", f"ticket:{leg.ticket}", topics)
    return Found(leg, replace(paper, coming_at=session.now))


def link(session: WriteSession, found: Found, reply_to: str, actor: str) -> Found:
    """From now on tell what happens to this ticket at ``reply_to`` (opaque); an earlier chat is told no more."""
    session.run(_LINK, of_ticket=found.leg.ticket, to=reply_to)
    journal.record(session, actor, "queue.link", f"ticket:{found.leg.ticket}", (f"ticket:{found.paper.token}",))
    return Found(found.leg, replace(found.paper, reply_to=reply_to))


def linked(session: ReadSession, hall: int, day: date, max_misses: int) -> tuple[LinkedTicket, ...]:
    """Today's linked tickets that wait, are called or were missed."""
    rows = session.all(_LINKED, hall=hall, day=day)
    return tuple(_linked(dict(row._mapping), max_misses) for row in rows)  # noqa: SLF001 (documented)


def _linked(values: dict[str, Any], max_misses: int) -> LinkedTicket:
    values["state"] = State(values["state"])
    values["has_returned"] = bool(values.pop("defers") or values["misses"])
    return LinkedTicket(**values, may_restore=values["misses"] <= max_misses)
