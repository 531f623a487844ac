"""Who sits where: counter sessions, found, opened, paused, closed, lost."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from base.errors import Conflict, NotFound
from base.prepared import prepared
from hallqueue import calling, moves, tables
from hallqueue.calling import KIND_RECALL, Announcement
from hallqueue.moves import Deed, Found
from hallqueue.rules import session as rules
from hallqueue.rules.leg import handed_over
from hallqueue.rules.session import CounterAction, CounterState
from hallqueue.rules.ticket import State

present, place, leg = tables.counter_session.c, tables.counter.c, tables.leg.c
IS_PRESENT = sa.text("counter_session.state IN ('open', 'paused')")
IS_HELD = sa.text("leg.state IN ('called', 'serving')")

_COUNTER = sa.select(place.id, place.name, place.is_guide).where(
    place.hall == sa.bindparam("hall"), place.number == sa.bindparam("number"), place.retired_at.is_(None)
)
_SEAT_COLUMNS = (
    present.id,
    present.hall,
    present.counter,
    present.staff,
    present.state,
    present.reason,
    present.opened_at,
    present.since,
    present.seen_at,
    place.number,
    place.name,
    place.is_guide,
)
_SEATS = sa.select(*_SEAT_COLUMNS).join(tables.counter, place.id == present.counter)
_OF_HALL = _SEATS.where(present.hall == sa.bindparam("hall"), present.state != sa.literal_column("'closed'")).where(
    sa.text("counter_session.state IN ('open', 'paused', 'orphaned')")  # so that the index of those is found
)
_AT_NUMBER = _OF_HALL.where(place.number == sa.bindparam("number")).order_by(
    sa.case((present.state == sa.literal_column("'orphaned'"), 1), else_=0), present.id.desc()
)
_OF_STAFF = _OF_HALL.where(present.staff == sa.bindparam("staff")).order_by(present.id.desc())
_SILENT = _OF_HALL.where(IS_PRESENT, present.seen_at < sa.bindparam("before"))
_ORPHANS = _OF_HALL.where(
    present.state == sa.literal_column("'orphaned'"), present.since <= sa.bindparam("before")
).order_by(present.id)
_BY_ID = _SEATS.where(present.id == sa.bindparam("seat_id"), present.hall == sa.bindparam("hall"))
_OPEN_AT = sa.select(present.id).where(
    present.counter == sa.bindparam("counter"), present.state == sa.literal_column("'open'")
)
_HELD = prepared(sa.select(leg.id).where(leg.session == sa.bindparam("session"), IS_HELD))
_ADD = sa.insert(tables.counter_session).returning(present.id)
_CHANGE = sa.update(tables.counter_session).where(present.id == sa.bindparam("seat"))
_STOP_KEEPING = (
    sa.update(tables.leg)
    .where(leg.kept_for == sa.bindparam("by_counter"), sa.text("state IN ('waiting', 'parked')"))
    .values(kept_for=None, kept_until=None)
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A clerk's session at a counter: ``id`` is the session's, ``counter`` the counter's id, ``number`` on the wall."""

    id: int
    hall: int
    counter: int
    staff: str
    state: CounterState
    reason: str | None
    opened_at: datetime
    since: datetime
    seen_at: datetime
    number: int
    name: str
    is_guide: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A counter, whoever sits there."""

    id: int
    hall: int
    number: int
    name: str
    is_guide: bool


def place_of(session: ReadSession, hall: int, number: int) -> Place:
    """The counter with ``number`` on the wall, or ``NotFound``."""
    row = session.first(_COUNTER, hall=hall, number=number)
    if row is None:
        raise NotFound(f"大厅没有 {number} 号窗口。", field="counter")
    return Place(row.id, hall, number, row.name, row.is_guide)


def _seats(session: ReadSession, statement: sa.Select[*tuple[Any, ...]], **params: object) -> list[Seat]:
    return [_seat(*row) for row in session.all(statement, **params)]


def _seat(*values: Any) -> Seat:  # noqa: ANN401 (a row of _SEATS)
    seat = Seat(*values)
    return replace(seat, state=CounterState(seat.state))


def seat_at(session: ReadSession, hall: int, number: int) -> Seat | None:
    """The session at counter ``number``; a lost one only if nobody has taken its place."""
    return next(iter(_seats(session, _AT_NUMBER, hall=hall, number=number)), None)


def seats_of(session: ReadSession, hall: int, staff: str) -> list[Seat]:
    """The sessions of ``staff`` that are not closed, newest first."""
    return _seats(session, _OF_STAFF, hall=hall, staff=staff)


def orphans(session: ReadSession, hall: int, before: datetime) -> list[Seat]:
    """Sessions lost before that moment."""
    return _seats(session, _ORPHANS, hall=hall, before=before)


def lost_seat(session: ReadSession, hall: int, number: int) -> Seat:
    """The lost session with that id; ``NotFound`` when there is none, ``Conflict`` when its clerk is back."""
    seat = next(iter(_seats(session, _BY_ID, hall=hall, seat_id=number)), None)
    if seat is None:
        raise NotFound("本大厅没有这个失联窗口，请刷新页面后再试。", field="session")
    if seat.state is not CounterState.ORPHANED:
        raise Conflict(f"{seat.number} 号窗口没有失去联系，或已经处理，请刷新页面。")
    return seat


def is_open(session: ReadSession, counter: int) -> bool:
    """Whether the counter with this id calls people now."""
    return session.value(_OPEN_AT, counter=counter) is not None


def held_leg(session: ReadSession, seat: Seat) -> int | None:
    """The leg that is called or served in this session."""
    found: int | None = session.value(_HELD, session=seat.id)
    return found


def my_seat(session: ReadSession, hall: int, number: int, staff: str) -> Seat:
    """The present session of ``staff`` at counter ``number``; ``Conflict`` says what to do when there is none."""
    seat = seat_at(session, hall, number)
    if seat is None or seat.state is CounterState.ORPHANED:
        place_of(session, hall, number)
        raise Conflict(f"{number} 号窗口还没有开窗，请先按“开窗”。", allowed=[CounterAction.OPEN.value])
    if seat.staff != staff:
        raise Conflict(f"{number} 号窗口现由另一位同事使用，请在自己的窗口操作。")
    return seat


def sit_down(session: WriteSession, where: Place, staff: str) -> Seat:
    """Open a session; the same clerk's own lost sessions end, and what they held comes along."""
    taken = seat_at(session, where.hall, where.number)
    if taken and taken.state is not CounterState.ORPHANED:
        if taken.staff == staff:
            return taken
        raise Conflict(f"{where.number} 号窗口已由另一位同事开窗，请换一个窗口，或请对方先关窗。")
    mine = seats_of(session, where.hall, staff)
    elsewhere = next((one for one in mine if one.state is not CounterState.ORPHANED), None)
    if elsewhere:
        raise Conflict(f"您已在 {elsewhere.number} 号窗口开窗，请先在那里关窗。")
    seat = _add(session, where, staff)
    moves.note_session(session, where.hall, where.number, _deed(seat, CounterAction.OPEN))
    for lost in mine:
        _adopt(session, lost, seat)
    return seat


def _add(session: WriteSession, where: Place, staff: str) -> Seat:
    now = session.now
    values = {"hall": where.hall, "counter": where.id, "staff": staff, "reason": None}
    state = CounterState.OPEN
    new = session.value(_ADD, **values, state=state, opened_at=now, since=now, seen_at=now)
    return Seat(new, where.hall, where.id, staff, state, None, now, now, now, where.number, where.name, where.is_guide)


def _adopt(session: WriteSession, lost: Seat, seat: Seat) -> None:
    """End the lost session; its leg, if any and if the new session has none yet, goes on at the new counter."""
    leg_id = held_leg(session, lost)
    if leg_id is not None and held_leg(session, seat) is None:
        deed = Deed(seat.staff, CounterAction.RESUME, seat.id, seat.counter)
        move_over(session, moves.load(session, leg_id), seat, deed)
    if held_leg(session, lost) is None:
        change(session, lost, CounterAction.CLOSE)


def move_over(session: WriteSession, found: Found, seat: Seat, deed: Deed) -> tuple[Found, int | None]:
    """What a lost session held goes on at ``seat``; who is only called hears where to go now (its number)."""
    is_elsewhere = found.leg.counter != seat.counter
    moved = handed_over(found.leg, session=seat.id, counter=seat.counter)
    there = Found(found.leg, replace(found.paper, counter=seat.number, counter_name=seat.name))
    saved = moves.save(session, there, moved, deed)
    if moved.state is not State.CALLED or not is_elsewhere:
        return saved, None
    return saved, calling.announce(session, saved, Announcement(KIND_RECALL, KIND_RECALL))


def change(session: WriteSession, seat: Seat, action: CounterAction, reason: str | None = None) -> Seat:
    """Pause, resume, close or lose a session."""
    state = rules.after(seat.state, action)
    now = session.now
    closed_at = now if state is CounterState.CLOSED else None
    session.run(_CHANGE, seat=seat.id, state=state, reason=reason, since=now, closed_at=closed_at)
    if action in (CounterAction.PAUSE, CounterAction.CLOSE, CounterAction.LOSE):
        session.run(_STOP_KEEPING, by_counter=seat.counter)
    changed = replace(seat, state=state, reason=reason, since=now)
    moves.note_session(session, seat.hall, seat.number, _deed(changed, action))
    return changed


def _deed(seat: Seat, action: CounterAction) -> Deed:
    return Deed(seat.staff, action.value, seat.id, seat.counter, seat.reason)


def seen(session: WriteSession, seat: Seat, at_most_every: timedelta = timedelta()) -> None:
    """Note that the clerk is there; not written again within ``at_most_every``."""
    if session.now - seat.seen_at >= at_most_every:
        session.run(_CHANGE, seat=seat.id, seen_at=session.now)


def lose_silent(session: WriteSession, hall: int, alive: timedelta) -> int:
    """Sessions not heard of for ``alive``: orphaned while they hold a leg, closed otherwise; how many."""
    silent = _seats(session, _SILENT, hall=hall, before=session.now - alive)
    for seat in silent:
        holds = held_leg(session, seat) is not None
        change(session, seat, CounterAction.LOSE if holds else CounterAction.CLOSE, "失去联系")
    for seat in orphans(session, hall, session.now):
        if held_leg(session, seat) is None:
            change(session, seat, CounterAction.CLOSE)
    return len(silent)
