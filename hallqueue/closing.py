"""The end of a day: the closing list, and what was left open closed unserved. Serving legs wait for their clerk."""

from collections import Counter
from datetime import date, timedelta

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from hallqueue import bookings, moves, returning, tables
from hallqueue.legs import leg_view
from hallqueue.moves import FOUND, Deed, found_from
from hallqueue.rules import leg as rules
from hallqueue.rules.leg import Limits
from hallqueue.rules.ticket import AT_COUNTER, Action, State
from hallqueue.views import ClosingList

leg = tables.leg.c
TOMORROW = timedelta(days=1)
_UP_TO = FOUND.where(leg.hall == sa.bindparam("hall"), leg.day <= sa.bindparam("last")).order_by(leg.day, leg.id)
_OPEN = _UP_TO.where(sa.text("leg.state IN ('booked', 'called', 'serving', 'parked', 'missed')"))
_WAITING = _UP_TO.where(
    leg.state == sa.literal_column("'waiting'"),
    leg.service.in_(sa.select(tables.service.c.id).where(tables.service.c.hall == sa.bindparam("hall"))),
)


def closing_list(session: ReadSession, hall: int, limits: Limits) -> ClosingList:
    """What stands open today or from earlier days: how many in each state, and who is at a counter."""
    day = returning.today(session, hall)
    legs = _open(session, hall, day)
    states = Counter(found.leg.state for found in legs)
    there = [found for found in legs if found.leg.state in AT_COUNTER]
    return ClosingList(
        hall=hall,
        day=day,
        at=session.now,
        waiting=states[State.WAITING],
        called=states[State.CALLED],
        serving=states[State.SERVING],
        parked=states[State.PARKED],
        missed=states[State.MISSED],
        booked=len(bookings.open_before(session, hall, day + TOMORROW)),
        at_counter=tuple(leg_view(found, limits, session.now) for found in there),
    )


def close_up_to(session: WriteSession, hall: int, last: date, actor: str) -> int:
    """Close what is open of the business days up to ``last``, but nobody who is being served; how many."""
    closing = [found for found in _open(session, hall, last) if found.leg.state is not State.SERVING]
    for found in closing:
        moves.save(session, found, rules.closed(found.leg, session.now), Deed(actor, Action.CLOSE_DAY))
    return len(closing)


def _open(session: ReadSession, hall: int, last: date) -> list[moves.Found]:
    rows = [*session.all(_OPEN, hall=hall, last=last), *session.all(_WAITING, hall=hall, last=last)]
    return [found_from(row) for row in rows]
