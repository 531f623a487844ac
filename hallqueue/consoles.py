"""The clerk's console and the counter's panel, read in one snapshot."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import boards, moves, sessions, tables
from hallqueue.legs import leg_view
from hallqueue.lines import IS_WAITING
from hallqueue.moves import FOUND, found_from
from hallqueue.rules import session as rules
from hallqueue.rules.leg import Limits
from hallqueue.rules.session import CounterAction, CounterState
from hallqueue.rules.ticket import UNDO
from hallqueue.sessions import Place, Seat
from hallqueue.settings import QueueSettings
from hallqueue.undoing import last_undoable
from hallqueue.views import Console, LegView, Panel, SessionView, Today
from hallqueue.visits import passed

leg, event = tables.leg.c, tables.queue_event.c
CALL_NEXT = "call_next"
MOST_HELD = 50
MINUTE = 60_000_000
_TODAY = FOUND.where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"))
_MINE = (
    _TODAY.where(
        leg.service.in_(
            sa.select(tables.counter_service.c.service).where(
                tables.counter_service.c.counter == sa.bindparam("counter")
            )
        )
    )
    .order_by(sa.case((leg.counter == sa.bindparam("counter"), 0), else_=1), leg.until, leg.id)
    .limit(MOST_HELD)
)
_MISSED = _MINE.where(leg.state == sa.literal_column("'missed'"))
_PARKED = _MINE.where(leg.state == sa.literal_column("'parked'"))
_KEPT = (
    _TODAY.where(leg.kept_for == sa.bindparam("counter"), leg.kept_until > sa.bindparam("now"), IS_WAITING)
    .order_by(leg.rank_at, leg.entered)
    .limit(MOST_HELD)
)
_UNCHECKED = (
    _TODAY.where(IS_WAITING, tables.ticket.c.priority.is_not(None), tables.ticket.c.is_verified.is_(None))
    .order_by(leg.entered_at, leg.id)
    .limit(MOST_HELD)
)
_AROUND = (
    sa.select(tables.service.c.minutes, tables.ticket.c.reply_to)
    .join(tables.leg, leg.service == tables.service.c.id)
    .join(tables.ticket, tables.ticket.c.id == leg.ticket)
    .where(leg.id == sa.bindparam("leg_id"))
)
_RATED = (
    sa.select(sa.func.count().label("ratings"), sa.func.avg(tables.rating.c.stars * 1.0).label("stars"))
    .join(tables.leg, leg.id == tables.rating.c.leg)
    .join(tables.counter_session, tables.counter_session.c.id == leg.session)
    .where(
        tables.counter_session.c.hall == sa.bindparam("hall"), tables.counter_session.c.staff == sa.bindparam("staff")
    )
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"))
)
_SERVED = (
    sa.select(
        sa.func.count().label("served"),
        sa.func.avg(sa.type_coerce(leg.ended_at, sa.BigInteger) - sa.type_coerce(leg.started_at, sa.BigInteger)).label(
            "service"
        ),
        sa.func.avg(sa.type_coerce(leg.called_at, sa.BigInteger) - sa.type_coerce(leg.entered_at, sa.BigInteger)).label(
            "wait"
        ),
    )
    .join(tables.counter_session, tables.counter_session.c.id == leg.session)
    .where(
        tables.counter_session.c.hall == sa.bindparam("hall"), tables.counter_session.c.staff == sa.bindparam("staff")
    )
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"), leg.state == "served")
)
_DEEDS = (
    sa.select(event.command, event.was, sa.func.count().label("times"))
    .join(tables.counter_session, tables.counter_session.c.id == event.session)
    .where(
        tables.counter_session.c.hall == sa.bindparam("hall"), tables.counter_session.c.staff == sa.bindparam("staff")
    )
    .join(tables.leg, sa.and_(leg.id == event.leg, leg.ticket == event.ticket))  # events are found by their ticket
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"), event.command.in_(("miss", UNDO)))
    .group_by(event.command, event.was)
)


def session_view(session: ReadSession, seat: Seat, limits: Limits) -> SessionView:
    """A clerk's session with what it holds."""
    held = sessions.held_leg(session, seat)
    view = leg_view(moves.load(session, held), limits, session.now) if held is not None else None
    return SessionView(
        session=seat.id,
        hall=seat.hall,
        counter=seat.number,
        counter_name=seat.name,
        staff=seat.staff,
        state=seat.state,
        reason=seat.reason,
        opened_at=seat.opened_at,
        since=seat.since,
        leg=view,
    )


def console(session: ReadSession, place: Place, staff: str, day: date, settings: QueueSettings) -> Console:
    """What the clerk's page shows."""
    limits = settings.limits()
    seat = sessions.seat_at(session, place.hall, place.number)
    mine = seat if seat and seat.staff == staff and seat.state is not CounterState.ORPHANED else None
    view = session_view(session, mine, limits) if mine else None
    undoable = last_undoable(session, mine, limits) if mine else None
    here = {"hall": place.hall, "day": day, "counter": place.id}
    counter = boards.counter_at(session, place.hall, place.number)
    around = session.first(_AROUND, leg_id=view.leg.leg) if view and view.leg else None
    return Console(
        hall=place.hall,
        cursor=boards.cursor(session, place.hall),
        at=session.now,
        counter=counter,
        session=view,
        leg=view.leg if view else None,
        reply_to=around.reply_to if around else None,
        typical_minutes=around.minutes if around else None,
        passed=passed(session, moves.load(session, view.leg.leg).leg) if view and view.leg else None,
        waiting=boards.waiting(session, place.hall, day, settings, only=counter.services),
        missed=_legs(session, _MISSED, limits, here),
        parked=_legs(session, _PARKED, limits, here),
        kept=_legs(session, _KEPT, limits, here | {"now": session.now}),
        unchecked=_legs(session, _UNCHECKED, limits, {"hall": place.hall, "day": day}) if counter.is_guide else (),
        today=today(session, place.hall, staff, day),
        undo=leg_view(moves.load(session, undoable.leg), limits, session.now) if undoable else None,
        undo_until=undoable.until if undoable else None,
        actions=_counter_actions(mine, view, counter.is_guide),
    )


def _legs(
    session: ReadSession, statement: sa.Select[Any], limits: Limits, here: dict[str, object]
) -> tuple[LegView, ...]:
    return tuple(leg_view(found_from(row), limits, session.now) for row in session.all(statement, **here))


def _counter_actions(seat: Seat | None, view: SessionView | None, is_guide: bool) -> tuple[str, ...]:  # noqa: FBT001
    """What may be done at the counter itself."""
    allowed = rules.actions(seat.state if seat else CounterState.CLOSED)
    shown = [one.value for one in allowed if one is not CounterAction.LOSE]
    has_leg = view is not None and view.leg is not None
    if has_leg:
        shown.remove(CounterAction.CLOSE.value)
    elif seat and seat.state is CounterState.OPEN and not is_guide:
        shown.insert(0, CALL_NEXT)
    return tuple(shown)


def today(session: ReadSession, hall: int, staff: str, day: date) -> Today:
    """The clerk's figures of the business day."""
    sums = session.first(_SERVED, hall=hall, staff=staff, day=day)
    deeds = session.all(_DEEDS, hall=hall, staff=staff, day=day)
    rated = session.first(_RATED, hall=hall, staff=staff, day=day)
    missed = sum(row.times for row in deeds if row.command == "miss")
    unmissed = sum(row.times for row in deeds if row.command == UNDO and row.was == "missed")
    undone = sum(row.times for row in deeds if row.command == UNDO and row.was == "called")
    served, service, wait = (sums.served, sums.service, sums.wait) if sums else (0, None, None)
    ratings, stars = (rated.ratings, rated.stars) if rated else (0, None)
    mean_stars = round(float(stars), 1) if stars is not None else None
    return Today(served, missed - unmissed, undone, _minutes(service), _minutes(wait), ratings, mean_stars)


def _minutes(microseconds: Any) -> float | None:  # noqa: ANN401 (an average: float or Decimal)
    return None if microseconds is None else round(float(microseconds) / MINUTE, 1)


def panel(session: ReadSession, place: Place) -> Panel:
    """What hangs above the counter."""
    counter = boards.counter_at(session, place.hall, place.number)
    return Panel(
        hall=place.hall,
        cursor=boards.cursor(session, place.hall),
        at=session.now,
        counter=counter,
        call=boards.last_call_at(session, place.id) if counter.number_now else None,
    )
