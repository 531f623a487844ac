"""Back into the line: restore after a miss, defer and its return, expiry."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from base.clock import local_day
from base.db import ReadSession, WriteSession
from base.errors import Conflict
from hallqueue import moves, sessions, tables
from hallqueue.lines import ordinary_in_front
from hallqueue.moves import FOUND, Deed, Found, found_from
from hallqueue.rules import leg as rules
from hallqueue.rules.leg import Return
from hallqueue.rules.ticket import Action, after
from hallqueue.settings import QueueSettings

leg = tables.leg.c
_ZONE = sa.select(tables.hall.c.zone).where(tables.hall.c.id == sa.bindparam("hall"))
_IN_STATE = FOUND.where(leg.hall == sa.bindparam("hall")).order_by(leg.id)
_MISSED_OVER = _IN_STATE.where(leg.state == sa.literal_column("'missed'"), leg.until < sa.bindparam("now"))
_DEFER_OVER = _IN_STATE.where(
    leg.state == sa.literal_column("'parked'"),
    leg.until <= sa.bindparam("now"),
    leg.day == sa.bindparam("today"),
)


def today(session: ReadSession, hall: int) -> date:
    """The hall's business day."""
    return local_day(session.now, ZoneInfo(session.value(_ZONE, hall=hall)))


def restore(
    session: WriteSession, found: Found, deed: Deed, settings: QueueSettings, *, is_override: bool = False
) -> Found:
    """A missed leg into its line again."""
    one = found.leg
    after(one.state, Action.RESTORE)
    behind = () if one.is_privileged else ordinary_in_front(session, one.service, one.day, settings.restore_behind)
    day = today(session, one.hall)
    draft = rules.restored(
        one, Return(behind, one.entered, day, is_override=is_override), settings.limits(), session.now
    )
    entered = moves.enter(session, one.hall, one.service, one.day)
    in_line = replace(draft, entered=entered)
    return without_counter(moves.save(session, found, in_line, deed))


def unpark(session: WriteSession, found: Found, deed: Deed, settings: QueueSettings) -> Found:
    """A parked leg into its line again; one that was deferred counts as much later as it was away."""
    one, limits = found.leg, settings.limits()
    after(one.state, Action.UNPARK)
    if one.day != today(session, one.hall):
        raise Conflict(f"这是 {one.day} 的号，当日有效，请重新取号。")
    if one.until is None:
        is_kept = one.kept_for is not None and sessions.is_open(session, one.kept_for)
        back = rules.unparked(one, limits, session.now, is_kept=is_kept)
    else:
        entered = moves.enter(session, one.hall, one.service, one.day)
        back = rules.back_from_defer(one, entered, limits, session.now)
    return without_counter(moves.save(session, found, back, deed))


def without_counter(found: Found) -> Found:
    """The paper of a leg that no counter holds any more."""
    return Found(found.leg, replace(found.paper, counter=None, counter_name=None))


def expire_missed(session: WriteSession, hall: int) -> int:
    """Missed legs whose return window is over; how many."""
    rows = session.all(_MISSED_OVER, hall=hall, now=session.now)
    for row in rows:
        found = found_from(row)
        moves.save(session, found, rules.expired(found.leg, session.now), Deed("system", Action.EXPIRE))
    return len(rows)


def bring_deferred_back(session: WriteSession, hall: int, settings: QueueSettings) -> int:
    """Deferred legs whose minutes are over return to their line; how many."""
    rows = session.all(_DEFER_OVER, hall=hall, now=session.now, today=today(session, hall))
    for row in rows:
        unpark(session, found_from(row), Deed("system", Action.UNPARK), settings)
    return len(rows)
