"""Undo: the session's last call, miss or finish, written back as it was, as a new event.

A finish that sent its visitor back to another counter made one more leg; undone, that leg never was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import Conflict
from hallqueue import calling, moves, returning, tables
from hallqueue.calling import KIND_UNDO, Announcement
from hallqueue.commands import Done, Job
from hallqueue.moves import Found
from hallqueue.rules import leg as rules
from hallqueue.rules.leg import Limits
from hallqueue.rules.ticket import ACTION_NAMES, UNDO, UNDOABLE, Action, State
from hallqueue.sessions import Seat

event, leg = tables.queue_event.c, tables.leg.c
CALLS = frozenset({Action.CALL_NEXT.value, Action.CALL.value})
_LAST = (
    sa.select(event.id, event.leg, event.ticket, event.command, event.at, event.before)
    .where(event.session == sa.bindparam("session"))
    .order_by(event.id.desc())
    .limit(1)
)
_LAST_OF_TICKET = sa.select(sa.func.max(event.id)).where(event.ticket == sa.bindparam("ticket"))
_RATED = sa.select(tables.rating.c.id).where(tables.rating.c.leg == sa.bindparam("leg"))
_FOLLOWER = sa.select(leg.id).where(leg.follows == sa.bindparam("leg"))
_HOLDER_LIVE = sa.select(leg.id).where(
    leg.hall == sa.bindparam("hall"),
    leg.holder == sa.bindparam("holder"),
    leg.day == sa.bindparam("day"),
    leg.id != sa.bindparam("but"),
    sa.or_(
        sa.text("state IN ('called', 'serving')"),
        sa.and_(
            leg.service == sa.bindparam("service"),
            sa.text("state IN ('waiting', 'parked', 'missed')"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Undoable:
    """What a session may undo: the leg's last command, until when, and the leg's row before it."""

    leg: int
    command: Action
    until: datetime
    before: Mapping[str, Any]


def last_undoable(session: ReadSession, seat: Seat, limits: Limits) -> Undoable | None:
    """The session's last act, if it may still be undone."""
    row = session.first(_LAST, session=seat.id)
    if row is None or row.command not in UNDOABLE or session.now > row.at + limits.undo_within:
        return None
    if session.value(_LAST_OF_TICKET, ticket=row.ticket) != row.id:
        return None
    if session.value(_RATED, leg=row.leg) is not None:
        return None
    return Undoable(row.leg, Action(row.command), row.at + limits.undo_within, row.before)


def undo(job: Job) -> Done:
    """Write the leg back as it was before; a call's undo is announced and keeps the leg for this counter."""
    limits, one = job.settings.limits(), job.found.leg
    last = last_undoable(job.session, job.seat, limits)
    if last is None or last.leg != one.id:
        seconds = int(limits.undo_within.total_seconds())
        raise Conflict(f"只能撤回本窗口 {seconds} 秒内的最后一次叫号、过号或办结，且其后没有别的操作和评价。")
    before = moves.with_plain(one, last.before)
    _check_holder(job, before)
    if last.command.value in CALLS:
        return _undo_call(job, before, limits)
    reason = f"撤回{ACTION_NAMES[last.command]}"
    follower = job.session.value(_FOLLOWER, leg=one.id)
    if follower is not None:
        moves.remove(job.session, moves.load(job.session, follower), job.deed(UNDO, reason))
    return Done(job.save(before, UNDO, reason))


def _undo_call(job: Job, before: rules.Leg, limits: Limits) -> Done:
    reason = rules.needed(job.order.reason, "撤回叫号")
    kept = rules.undone(before, counter=job.seat.counter, limits=limits, now=job.session.now)
    found = job.save(kept, UNDO, reason)
    calling.withdraw(job.session, job.found.leg)
    shown = Found(replace(found.leg, session=job.seat.id, counter=job.seat.counter), found.paper)
    number = calling.announce(job.session, shown, Announcement(KIND_UNDO, KIND_UNDO))
    return Done(returning.without_counter(found), number)


def _check_holder(job: Job, before: rules.Leg) -> None:
    """The same person may hold another number by now."""
    if before.holder is None or before.state is State.BOOKED:
        return
    other = job.session.value(
        _HOLDER_LIVE, hall=before.hall, holder=before.holder, day=before.day, but=before.id, service=before.service
    )
    if other is not None:
        raise Conflict("这位办事人已有另一张有效的号，不能撤回。")
