"""``Diary``: bookings. Slots, booking, cancelling, check-in, and what time alone does to them."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row

from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from hallqueue import bookings, moves, slots, taking
from hallqueue.bookings import Person
from hallqueue.diary_views import AppointmentView, Booking, DayView, OfferView, SlotView
from hallqueue.facts import KnownHalls
from hallqueue.leaflet import Leaflet, appointment_view, reminder
from hallqueue.rules.appointment import (
    AppointmentAction,
    AppointmentState,
    Visit,
    after,
    checked_in,
    no_show_warning,
    paused_until,
    reminder_stage,
    spoken_date,
    spoken_moment,
)
from hallqueue.rules.leg import needed
from hallqueue.rules.line import Standing
from hallqueue.rules.ticket import Action, State
from hallqueue.settings import QueueSettings
from hallqueue.slots import Plan
from hallqueue.taking import Place
from hallqueue.views import Taking, TicketView
from hallqueue.visits import around, ticket_view

FOUR = 4
SHOWN_INSTEAD = 4
EARLY_END = "大厅今天提前结束办理"
Tell = Callable[[WriteSession, AppointmentView, Leaflet], None]


@dataclass(frozen=True, slots=True)
class _Desired:
    """A wish that fits a slot."""

    wish: Booking
    row: Row[Any]
    slot: SlotView
    who: Person


class Diary:
    """The bookings' face of the queue. Every writing method runs in the lane ``hall:<id>``.

    ``tell`` hands what a holder with a chat must know to whoever brings it there.
    """

    def __init__(self, settings: QueueSettings, tell: Tell | None = None) -> None:
        self._settings = settings
        self._known = KnownHalls()
        self._tell = tell

    def offers(self, session: ReadSession, hall: int) -> tuple[OfferView, ...]:
        """The services that may be booked, in the hall's order, each with its first free slot."""
        plan = self._plan(session, hall)
        gone = slots.taken(session, plan, [row.id for row in plan.services])
        offered = [row for row in plan.services if slots.day_views(plan, row, gone)]
        return tuple(_offer(row, slots.next_free(plan, row, gone)) for row in offered)

    def days(self, session: ReadSession, hall: int, service: str) -> tuple[DayView, ...]:
        """The days on which ``service`` has slots, with the seats left on each."""
        plan = self._plan(session, hall)
        row = plan.service(service)
        return slots.day_views(plan, row, slots.taken(session, plan, [row.id]))

    def slots(self, session: ReadSession, hall: int, service: str, day: date) -> tuple[SlotView, ...]:
        """The slots of ``day``, full ones too; none on a closed day or one that may not be booked."""
        plan = self._plan(session, hall)
        row = plan.service(service)
        if day not in plan.days():
            return ()
        return slots.slot_views(plan, row, day, slots.taken(session, plan, [row.id]))

    def book(self, session: WriteSession, hall: int, booking: Booking) -> AppointmentView:
        """Take a seat, or give the holder's own of this very slot back (``is_new`` False)."""
        plan = self._plan(session, hall)
        if not self._settings.is_booking_on:
            raise Conflict("大厅没有开放预约，请到现场取号机或导办台取号。")
        desired = self._desired(session, plan, booking)
        missed = self._no_shows(session, hall, desired.who, plan.today)
        known = self._check_person(session, plan, desired, missed)
        if known is not None:
            return appointment_view(plan, known)
        row = bookings.by_id(session, self._seize(session, plan, desired))
        bookings.note(session, row, booking.actor, "book")
        warning = no_show_warning(missed, plan.today, self._settings.no_show_rule())
        return replace(appointment_view(plan, row), is_new=True, warning=warning)

    def appointment(self, session: ReadSession, code: str) -> AppointmentView:
        """The appointment with this code, or behind this link's token."""
        row = bookings.by_code(session, code)
        return self._view(session, row)

    def by_phone(self, session: ReadSession, hall: int, code: str, four: str) -> AppointmentView:
        """An appointment by what only its holder knows: its code and the last four digits of its phone."""
        row = bookings.by_code(session, code)
        digits = "".join(filter(str.isdecimal, row.phone or ""))
        if row.hall != hall or len(four) != FOUR or not digits.endswith(four):
            raise NotFound("预约码或手机号后四位不对，请核对后再发。", field="code")
        return self._view(session, row)

    def of_holder(self, session: ReadSession, hall: int, holder: str) -> tuple[AppointmentView, ...]:
        """What ``holder`` has booked from today on, by slot."""
        plan = self._plan(session, hall)
        rows = bookings.of_holder(session, hall, holder, plan.today)
        return tuple(appointment_view(plan, row) for row in rows)

    def of_day(self, session: ReadSession, hall: int, day: date) -> tuple[AppointmentView, ...]:
        """Everything booked for ``day``, by slot: for staff."""
        plan = self._plan(session, hall)
        return tuple(appointment_view(plan, row) for row in bookings.of_day(session, hall, day))

    def confirm(self, session: WriteSession, hall: int, code: str, actor: str) -> AppointmentView:
        """Staff confirm a booking that waits for it; its holder is told."""
        row = _here(bookings.by_code(session, code), hall)
        state = after(AppointmentState(row.state), AppointmentAction.CONFIRM)
        view = self._view(session, bookings.change(session, row, actor, AppointmentAction.CONFIRM, state=state))
        self._say(session, view, f"您的预约已确认：{view.when}，{view.service_name}。{view.text}", "confirmed")
        return view

    def cancel(
        self, session: WriteSession, code: str, actor: str = "visitor", reason: str | None = None
    ) -> AppointmentView:
        """Give the seat up; with a ``reason`` it is the hall that cancels, and the holder is told.

        The seat returns after a short random delay, so that nobody can hand it on to a particular person.
        """
        row = bookings.by_code(session, code)
        state = after(AppointmentState(row.state), AppointmentAction.CANCEL)
        if reason is None:
            self._check_in_time_to_cancel(session, row)
        why = None if reason is None else needed(reason, "取消")
        most = self._settings.booking_free_after_minutes * 60
        delay = timedelta(seconds=secrets.randbelow(most) + 1) if most else timedelta()
        values = {"state": state, "free_at": session.now + delay, "reason": why}
        view = self._view(session, bookings.change(session, row, actor, AppointmentAction.CANCEL, **values))
        if not most:
            bookings.free_seats(session, row.hall)
        if why is not None:
            self._say(session, view, f"{view.when} 的预约（{view.service_name}）：{view.text}", "cancelled")
        return view

    def check_in(self, session: WriteSession, hall: int, code: str, actor: str) -> TicketView:
        """The visitor is here: a number of the service's series. Again: the same number (``is_new`` False)."""
        row = _here(bookings.by_code(session, code), hall)
        if row.state == AppointmentState.CHECKED_IN:
            found = moves.load_by_token(session, row.ticket_token)
            return ticket_view(found, around(session, found.leg, self._settings), self._settings)
        plan = self._plan(session, hall)
        slot = plan.facts.local(row.slot_at)
        visit = Visit(AppointmentState(row.state), slot, plan.facts.local(session.now), plan.last_close(plan.today))
        here = checked_in(visit, self._settings.check_in_rule())
        is_on_time = here.standing is Standing.BOOKING
        rank_at = here.counts_from - self._settings.head_start(here.standing, None)
        early = timedelta(minutes=self._settings.booking_call_ahead_minutes)
        place = Place(
            here.standing,
            here.counts_from,
            rank_at,
            callable_from=row.slot_at - early if is_on_time else None,
            command=Action.CHECK_IN,
            was=State.BOOKED,
        )
        ticket = self._issue(session, row, place, actor)
        values = {"state": AppointmentState.CHECKED_IN, "leg": ticket.leg, "has_seat": is_on_time}
        bookings.change(session, row, actor, AppointmentAction.CHECK_IN, **values)
        return ticket

    def tend(self, session: WriteSession, hall: int) -> int:
        """Tick (every 15 s): cancelled seats return, reminders go out, what a day left open is closed; how many."""
        plan = self._plan(session, hall)
        freed = bookings.free_seats(session, hall)
        return freed + self._remind(session, plan) + self._close_days(session, plan)

    def close_day(self, session: WriteSession, hall: int, actor: str) -> int:
        """End today now: the hall cancels whose slot is still to come, who has not come is a no-show; how many."""
        plan = self._plan(session, hall)
        tomorrow = plan.today + timedelta(days=1)
        grace = timedelta(minutes=self._settings.booking_grace_minutes)
        coming = [row for row in bookings.open_before(session, hall, tomorrow) if session.now <= row.slot_at + grace]
        for row in coming:
            self.cancel(session, row.token, actor, EARLY_END)
        return len(coming) + self._close(session, plan, tomorrow, actor)

    def _plan(self, session: ReadSession, hall: int) -> Plan:
        return slots.plan(session, hall, self._known, self._settings)

    def _view(self, session: ReadSession, row: Row[Any]) -> AppointmentView:
        return appointment_view(self._plan(session, row.hall), row)

    def _desired(self, session: ReadSession, plan: Plan, wish: Booking) -> _Desired:
        """The wish with its slot; refused when that is none, or full."""
        row = plan.service(wish.service)
        at = wish.slot_at if wish.slot_at.tzinfo else wish.slot_at.replace(tzinfo=plan.facts.zone)
        local = plan.facts.local(at)
        offered = slots.slot_views(plan, row, local.date(), slots.taken(session, plan, [row.id]))
        slot = next((one for one in offered if one.at == at), None) if local.date() in plan.days() else None
        if slot is None:
            near = [one.at.isoformat() for one in offered if one.free][:SHOWN_INSTEAD]
            raise BadInput(
                f"“{row.name}”在 {spoken_moment(local)} 不能预约，请从可选时间中选。", field="slot_at", allowed=near
            )
        phone = (wish.phone or "").replace(" ", "").replace("-", "") or None
        who = Person(wish.holder, phone)
        return _Desired(replace(wish, slot_at=at, phone=phone), row, slot, who)

    def _no_shows(self, session: ReadSession, hall: int, who: Person, today: date) -> list[date]:
        since = today - timedelta(days=self._settings.no_show_days)
        return bookings.no_shows(session, hall, who, since)

    def _check_person(
        self, session: ReadSession, plan: Plan, desired: _Desired, missed: Sequence[date]
    ) -> Row[Any] | None:
        """Refuse who may book no more; the holder's own booking of this very slot, if there is one."""
        until = paused_until(missed, plan.today, self._settings.no_show_rule())
        if until is not None:
            raise Conflict(
                f"近期有 {len(missed)} 次预约没有到场，预约暂停到 {spoken_date(until)}；这期间请到现场取号办理。",
                detail={"until": until.isoformat()},
            )
        mine = bookings.open_of(session, desired.row.hall, desired.who, plan.today)
        for one in (row for row in mine if row.service == desired.row.id):
            if one.slot_at == desired.slot.at and desired.who.holder and one.holder == desired.who.holder:
                return one
            if one.day == desired.slot.at.date():
                raise Conflict(f"{spoken_date(one.day)} 已有一个“{desired.row.name}”的预约；要改时间，请先取消原来的。")
        if len(mine) >= self._settings.max_open_bookings:
            raise Conflict(
                f"已有 {len(mine)} 个还没有用的预约，最多 {self._settings.max_open_bookings} 个，请先取消不用的。"
            )
        return None

    def _seize(self, session: WriteSession, plan: Plan, desired: _Desired) -> int:
        wish, slot = desired.wish, desired.slot
        is_confirmed = wish.origin == "desk" or not self._settings.booking_needs_confirmation
        return bookings.seize(
            session,
            wish,
            desired.row.id,
            slot.seats,
            hall=desired.row.hall,
            day=slot.at.date(),
            state=AppointmentState.CONFIRMED if is_confirmed else AppointmentState.UNCONFIRMED,
            reminders=reminder_stage(slot.at, plan.now, self._settings.reminders()),
        )

    def _check_in_time_to_cancel(self, session: ReadSession, row: Row[Any]) -> None:
        if session.now > row.slot_at + timedelta(minutes=self._settings.booking_grace_minutes):
            raise Conflict("预约的时间已过，不能再取消；当天仍可到场签到，按普通号排队。")

    def _issue(self, session: WriteSession, row: Row[Any], place: Place, actor: str) -> TicketView:
        wish = Taking(
            row.service_code,
            phone=row.phone,
            holder=row.holder,
            origin=row.origin,
            actor=actor,
            reply_to=row.reply_to,
        )
        look = taking.look_around(session, row.hall, wish, place, self._known)
        if look.row.held is not None:
            number = moves.load(session, look.row.held).paper.number
            raise Conflict(f"您今天在“{row.service_name}”已有号 {number}，不能重复排队；要用预约，请先取消那张号。")
        return taking.issue(session, look, self._settings)

    def _remind(self, session: WriteSession, plan: Plan) -> int:
        before = self._settings.reminders()
        sent = 0
        for row in bookings.to_remind(session, plan.hall, plan.today, session.now + max(before)):
            stage = reminder_stage(row.slot_at, session.now, before)
            if stage > row.reminders:
                bookings.reminded(session, row.id, stage)
                view = appointment_view(plan, row)
                self._say(session, view, reminder(view, plan.today), f"reminder:{stage}", expires_at=view.slot_at)
                sent += 1
        return sent

    def _close_days(self, session: WriteSession, plan: Plan) -> int:
        """Whoever has not come by the day's end is a no-show."""
        closes_at = plan.last_close(plan.today)
        is_over = closes_at is not None and session.now >= closes_at
        return self._close(session, plan, plan.today + timedelta(days=int(is_over)), "system")

    def _close(self, session: WriteSession, plan: Plan, before: date, actor: str) -> int:
        closed = bookings.close_open(session, plan.hall, before, actor)
        for row in closed:
            self._say_missed(session, plan, row)
        return len(closed)

    def _say_missed(self, session: WriteSession, plan: Plan, row: Row[Any]) -> None:
        view = appointment_view(plan, row)
        missed = self._no_shows(session, row.hall, Person(row.holder, row.phone), plan.today)
        warning = no_show_warning(missed, plan.today, self._settings.no_show_rule())
        self._say(session, view, f"{view.when} 的预约（{view.service_name}）：{view.text}{warning}", "closed")

    def _say(
        self, session: WriteSession, view: AppointmentView, text: str, key: str, *, expires_at: datetime | None = None
    ) -> None:
        if self._tell is not None and view.reply_to:
            self._tell(session, view, Leaflet(text, f"appointment:{view.id}:{key}", expires_at))


def _offer(row: Row[Any], slot: SlotView | None) -> OfferView:
    text = f"最早 {spoken_moment(slot.at)}" if slot else "近期已约满"
    return OfferView(row.code, row.name, slot.at if slot else None, text)


def _here(row: Row[Any], hall: int) -> Row[Any]:
    """``row`` if it is of this hall."""
    if row.hall != hall:
        raise NotFound("这是另一个大厅的预约，请到预约时选的大厅签到。", field="code")
    return row
