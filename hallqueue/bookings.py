"""One appointment from the database and back: a seat is taken by a unique row, every change is compared and set."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row

from base import journal
from base.db import ReadSession, WriteSession
from base.errors import Conflict, NotFound
from hallqueue import tables
from hallqueue.diary_views import Booking
from hallqueue.rules.appointment import AppointmentAction, AppointmentState, after

CODE_DIGITS = 8
FIRST_CODE = 3 * 10 ** (CODE_DIGITS - 1)  # a code never begins like a year
TOKEN_BYTES = 15
TRIES = 5
booked, service, leg, ticket = tables.appointment.c, tables.service.c, tables.leg.c, tables.ticket.c

_SEEN = (
    sa.select(
        tables.appointment,
        service.code.label("service_code"),
        service.name.label("service_name"),
        ticket.number.label("ticket_number"),
        ticket.token.label("ticket_token"),
    )
    .select_from(
        tables.appointment.join(tables.service, service.id == booked.service)
        .outerjoin(tables.leg, leg.id == booked.leg)
        .outerjoin(tables.ticket, ticket.id == leg.ticket)
    )
    .order_by(booked.slot_at, booked.id)
)
_IS_OPEN = sa.text("appointment.state IN ('unconfirmed', 'confirmed')")
_BY_CODE = _SEEN.where(sa.or_(booked.code == sa.bindparam("code"), booked.token == sa.bindparam("code")))
_BY_ID = _SEEN.where(booked.id == sa.bindparam("appointment"))
_OF_DAY = _SEEN.where(booked.hall == sa.bindparam("hall"), booked.day == sa.bindparam("day"))
_OF_ADDRESS = _SEEN.where(
    booked.hall == sa.bindparam("hall"),
    booked.holder == sa.bindparam("holder"),
    booked.day >= sa.bindparam("since"),
)
_OPEN_BEFORE = _SEEN.where(booked.hall == sa.bindparam("hall"), booked.day < sa.bindparam("before"), _IS_OPEN)
_TO_REMIND = _SEEN.where(
    booked.hall == sa.bindparam("hall"),
    booked.day >= sa.bindparam("since"),
    booked.slot_at > sa.bindparam("now"),
    booked.slot_at <= sa.bindparam("until"),
    booked.reply_to.is_not(None),
    sa.text("appointment.state = 'confirmed'"),
)
_SAME_PERSON = sa.or_(booked.holder == sa.bindparam("holder"), booked.phone == sa.bindparam("phone"))
_OPEN_OF = _SEEN.where(booked.hall == sa.bindparam("hall"), booked.day >= sa.bindparam("since"), _IS_OPEN, _SAME_PERSON)
_NO_SHOWS = sa.select(booked.day).where(
    booked.hall == sa.bindparam("hall"),
    booked.day > sa.bindparam("since"),
    sa.text("state = 'no_show'"),
    _SAME_PERSON,
)
_SEATS = sa.select(booked.seat).where(
    booked.service == sa.bindparam("service"), booked.slot_at == sa.bindparam("slot_at"), sa.text("has_seat")
)
_ADD = {
    "sqlite": sqlite.insert(tables.appointment).on_conflict_do_nothing().returning(booked.id),
    "postgresql": postgresql.insert(tables.appointment).on_conflict_do_nothing().returning(booked.id),
}
_CHANGE = sa.update(tables.appointment).where(
    booked.id == sa.bindparam("of_appointment"), booked.state == sa.bindparam("was")
)
_FREE = (
    sa.update(tables.appointment)
    .where(booked.hall == sa.bindparam("of_hall"), sa.text("free_at IS NOT NULL"))
    .where(booked.free_at <= sa.bindparam("now"))
    .values(has_seat=False, free_at=None)
)
_REMINDED = (
    sa.update(tables.appointment)
    .where(booked.id == sa.bindparam("of_appointment"))
    .values(reminders=sa.bindparam("stage"))
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who books: whom an edge has proved, or a typed phone; either may be missing."""

    holder: str | None
    phone: str | None


def by_code(session: ReadSession, code: str) -> Row[Any]:
    """The appointment with that code (blanks do not count) or that link's token; ``NotFound``."""
    bare = "".join(code.split())
    row = session.first(_BY_CODE, code=bare)
    if row is None:
        raise NotFound(f"没有找到预约码“{bare[:20]}”，请核对 {CODE_DIGITS} 位数字，或到导办台查询。", field="code")
    return row


def by_id(session: ReadSession, appointment: int) -> Row[Any]:
    """One appointment that is known to stand."""
    row = session.first(_BY_ID, appointment=appointment)
    if row is None:
        raise NotFound("没有找到这个预约。", field="appointment")
    return row


def of_day(session: ReadSession, hall: int, day: date) -> list[Row[Any]]:
    """Everything booked for ``day``, by slot."""
    return list(session.all(_OF_DAY, hall=hall, day=day))


def of_holder(session: ReadSession, hall: int, holder: str, since: date) -> list[Row[Any]]:
    """What ``holder`` has booked from ``since`` on, by slot."""
    return list(session.all(_OF_ADDRESS, hall=hall, holder=holder, since=since))


def open_before(session: ReadSession, hall: int, before: date) -> list[Row[Any]]:
    """What is still open of earlier days."""
    return list(session.all(_OPEN_BEFORE, hall=hall, before=before))


def to_remind(session: ReadSession, hall: int, since: date, until: datetime) -> list[Row[Any]]:
    """Confirmed bookings with a chat whose slot comes before ``until``."""
    return list(session.all(_TO_REMIND, hall=hall, since=since, now=session.now, until=until))


def open_of(session: ReadSession, hall: int, who: Person, since: date) -> list[Row[Any]]:
    """What this person has booked and not used yet."""
    return list(session.all(_OPEN_OF, hall=hall, since=since, holder=who.holder, phone=who.phone))


def no_shows(session: ReadSession, hall: int, who: Person, since: date) -> list[date]:
    """The days on which this person did not come."""
    return [row.day for row in session.all(_NO_SHOWS, hall=hall, since=since, holder=who.holder, phone=who.phone)]


def seize(session: WriteSession, wish: Booking, of_service: int, seats: int, **values: object) -> int:
    """Take the lowest free seat of a slot by a unique row; the appointment's id, ``Conflict`` when all are gone."""
    for _ in range(TRIES):
        gone = {row.seat for row in session.all(_SEATS, service=of_service, slot_at=wish.slot_at)}
        seat = next((one for one in range(1, seats + 1) if one not in gone), None)
        if seat is None:
            break
        row = {
            "code": str(FIRST_CODE + secrets.randbelow(10**CODE_DIGITS - FIRST_CODE)),
            "token": secrets.token_urlsafe(TOKEN_BYTES),
            "service": of_service,
            "slot_at": wish.slot_at,
            "seat": seat,
            "has_seat": True,
            "holder": wish.holder,
            "phone": wish.phone,
            "name": wish.name,
            "origin": wish.origin,
            "reply_to": wish.reply_to,
            "made_at": session.now,
            **values,
        }
        number = session.value(_ADD[session.dialect], **row)
        if number is not None:
            return int(number)
    raise Conflict("这个时间刚刚约满，请换一个时间。", field="slot_at")


def change(session: WriteSession, row: Row[Any], actor: str, action: str, **values: object) -> Row[Any]:
    """Write ``values`` if the appointment is still in the state it was found in; note it. As it stands then."""
    if session.run(_CHANGE.values(values), of_appointment=row.id, was=row.state) != 1:
        raise Conflict("这个预约刚被另一处改动，请刷新后再操作。")
    changed = by_id(session, row.id)
    note(session, changed, actor, action)
    return changed


def note(session: WriteSession, row: Row[Any], actor: str, action: str) -> None:
    """The audit row of what was done; pages that show bookings look again."""
    topics = (f"appointments:{row.hall}", f"appointment:{row.token}")
    journal.record(session, actor, f"appointment.{action}", f"appointment:{row.id}", topics)


def close_open(session: WriteSession, hall: int, before: date, actor: str) -> list[Row[Any]]:
    """End what nobody came for on the days before ``before``; what nobody confirmed was none of theirs."""
    closed = []
    for row in open_before(session, hall, before):
        state = after(AppointmentState(row.state), AppointmentAction.CLOSE_DAY)
        why = "当天没有确认" if state is AppointmentState.CANCELLED else None
        values = {"state": state, "has_seat": False, "free_at": None, "reason": why}
        closed.append(change(session, row, actor, AppointmentAction.CLOSE_DAY, **values))
    return closed


def free_seats(session: WriteSession, hall: int) -> int:
    """Cancelled seats whose delay is over may be booked again; how many."""
    return session.run(_FREE, of_hall=hall, now=session.now)


def reminded(session: WriteSession, appointment: int, stage: int) -> None:
    """Note which reminders are done with."""
    session.run(_REMINDED, of_appointment=appointment, stage=stage)
