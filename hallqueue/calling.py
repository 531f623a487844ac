"""Announcements: the hall's gapless count, the call row, the guard's count."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from base.db import WriteSession
from base.prepared import prepared
from hallqueue import tables
from hallqueue.moves import Found
from hallqueue.rules.leg import Leg
from hallqueue.rules.line import Standing, next_run

call, series = tables.call.c, tables.number_series.c
KIND_CALL, KIND_RECALL, KIND_UNDO = "call", "recall", "undo"
RUN_LOOKED_AT = 50

_COUNT = prepared(
    sa.update(tables.hall)
    .where(tables.hall.c.id == sa.bindparam("of_hall"))
    .values(calls=tables.hall.c.calls + 1)
    .returning(tables.hall.c.calls)
)
_ADD = prepared(sa.insert(tables.call))
_SET_RUN = sa.update(tables.number_series).where(
    series.service == sa.bindparam("of_service"), series.day == sa.bindparam("on_day")
)
_RUN = sa.select(series.run).where(series.service == sa.bindparam("service"), series.day == sa.bindparam("day"))
_LATEST = (
    sa.select(call.standing)
    .where(call.service == sa.bindparam("service"), call.day == sa.bindparam("day"))
    .where(call.kind == KIND_CALL, call.is_withdrawn.is_(False))
    .order_by(call.number.desc())
    .limit(RUN_LOOKED_AT)
)
_WITHDRAW = (
    sa.update(tables.call)
    .where(call.leg == sa.bindparam("of_leg"), call.at >= sa.bindparam("called_at"), call.kind != KIND_UNDO)
    .values(is_withdrawn=True)
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is announced: ``kind`` call, recall or undo; ``why`` it was this one."""

    kind: str
    why: str


def announce(session: WriteSession, found: Found, announcement: Announcement) -> int:
    """Give the announcement the hall's next number and keep it; the leg stands at its counter."""
    leg = found.leg
    number = int(session.value(_COUNT, of_hall=leg.hall))
    session.run(
        _ADD,
        hall=leg.hall,
        number=number,
        kind=announcement.kind,
        at=session.now,
        day=leg.day,
        leg=leg.id,
        version=leg.version,
        service=leg.service,
        counter=leg.counter,
        session=leg.session,
        ticket_number=found.paper.number,
        standing=leg.standing,
        entered=leg.entered,
        why=announcement.why,
        is_withdrawn=announcement.kind == KIND_UNDO,
    )
    session.hint((f"calls:{leg.hall}",))
    return number


def count_call(session: WriteSession, leg: Leg, run: int | None = None) -> None:
    """Count a call for the guard; ``run`` is the service's count so far, if it is at hand."""
    if run is None:
        run = int(session.value(_RUN, service=leg.service, day=leg.day) or 0)
    after = next_run(run, leg.standing)
    if after != run:
        session.run(_SET_RUN, of_service=leg.service, on_day=leg.day, run=after)


def withdraw(session: WriteSession, leg: Leg) -> None:
    """Take the leg's present call back: it passed nobody, and the guard's count is what the other calls say."""
    session.run(_WITHDRAW, of_leg=leg.id, called_at=leg.called_at)
    _recount(session, leg.service, leg.day)


def _recount(session: WriteSession, service: int, day: date) -> None:
    run = 0
    for row in session.all(_LATEST, service=service, day=day):
        if row.standing == Standing.ORDINARY:
            break
        run += 1
    session.run(_SET_RUN, of_service=service, on_day=day, run=run)
