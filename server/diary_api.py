"""The bookings' API: slots, booking, check-in at the kiosk, cancelling. A code is short, so tries are limited."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.db import ReadSession, WriteSession
from base.errors import BadInput, Forbidden, NotFound
from hallqueue import AppointmentView, Booking, DayView, SlotView, TicketView
from server import forms
from server.access import Asked, Caller, allow, caller
from server.limits import Limit
from server.queue_api import PROVING, once, origin_of
from server.queue_forms import Code, Nothing, Taken, answered, masked

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

_BY_ADDRESS = Limit(per_hour=120, burst=20)
_TRIES = Limit(per_hour=12, burst=10)
_TRIES_OF_DEVICES = Limit(per_hour=240, burst=30)
_TRIES_OF_ALL = Limit(per_hour=240, burst=120)
Phone = Annotated[str, Meta(pattern=r"^[0-9+ -]{5,20}$")]


class BookSlot(msgspec.Struct, forbid_unknown_fields=True):
    """A wish for a seat; ``slot_at`` is one of the service's slots, the hall's local time if it names no zone."""

    service: Code
    slot_at: datetime
    phone: Phone | None = None
    name: Annotated[str, Meta(max_length=40)] | None = None
    holder: Annotated[str, Meta(min_length=1, max_length=80)] | None = None


class CancelBooking(msgspec.Struct, forbid_unknown_fields=True):
    """Staff say why; the holder need not."""

    reason: Annotated[str, Meta(max_length=200)] | None = None


class Slots(msgspec.Struct):
    """The days of a service, and the slots of one of them (the first with a seat, if none was asked for)."""

    service: str
    days: tuple[DayView, ...]
    day: date | None
    slots: tuple[SlotView, ...]


class Appointment(msgspec.Struct, kw_only=True):
    """A booking as anyone may see it who knows its code: ``text`` says how it stands; the phone is masked."""

    code: str
    service: str
    service_name: str
    slot_at: datetime
    ends_at: datetime
    when: str
    check_in_from: datetime
    state: str
    state_name: str
    text: str
    phone: str | None
    ticket_number: str | None
    is_late: bool
    actions: tuple[str, ...]


class Booked(Appointment, kw_only=True):
    """A booking as its holder has it; ``token`` is the secret of its page ``/a/{token}``."""

    token: str
    warning: str


class CheckedIn(Taken):
    """The number after a check-in. ``is_on_time`` false: too late, an ordinary number; ``message`` says so."""

    standing: str
    is_on_time: bool
    message: str
    service_name: str


@routes.get("/api/v1/slots")
@allow(
    "board.see",
    answer=Slots,
    query={"service": Asked("业务的代码，如 A", is_required=True), "day": Asked("只看这一天", date)},
)
async def slots(request: web.Request) -> web.Response:
    """The days and times of ``service`` that may be booked; ``day`` as 2026-03-03."""
    house, hall = _house(request), caller(request).hall
    service, day = forms.query(request, "service", str, ""), asked_day(request)
    return answered(await house.db.read(lambda session: read_slots(house, session, (hall, service), day)))


def read_slots(house: "House", session: ReadSession, what: tuple[int, str], day: date | None) -> Slots:
    """The slots of (hall, service) on ``day``, or on the first day with a seat."""
    days = house.diary.days(session, *what)
    first = next((one.day for one in days if one.free), days[0].day if days else None)
    chosen = day or first
    return Slots(what[1], days, chosen, house.diary.slots(session, *what, chosen) if chosen else ())


@routes.post("/api/v1/appointments")
@allow("ticket.take", body=BookSlot, answer=Booked, status=201)
async def book(request: web.Request) -> web.Response:
    """Book a seat: 201 with its code, or 200 with what this holder has booked already."""
    house, who = _house(request), caller(request)
    body = await forms.read(request, BookSlot)
    if not who.is_signed_in:
        _BY_ADDRESS.spend(house.address_of(request), "预约太频繁")
    if body.holder is not None and not who.roles & PROVING:
        raise Forbidden("预约人身份须由窗口或已接入的系统核实，请去掉 holder 再预约。", field="holder")
    booking = Booking(
        service=body.service,
        slot_at=body.slot_at,
        holder=body.holder,
        phone=body.phone,
        name=(body.name or "").strip() or None,
        origin=origin_of(who),
        actor=who.actor,
    )

    def act(session: WriteSession) -> dict[str, Any]:
        made = house.diary.book(session, who.hall, booking)
        return {"is_new": made.is_new, "booked": msgspec.to_builtins(booked(made))}

    answer = await once(request, "book", body, act)
    return answered(answer["booked"], 201 if answer["is_new"] else 200)


@routes.get("/api/v1/appointments/{code}")
@allow("ticket.own", answer=Appointment)
async def appointment(request: web.Request) -> web.Response:
    """A booking by the token of its page; staff and devices also by its code."""
    code, who = request.match_info["code"], caller(request)
    if is_code(code) and not who.is_signed_in:
        raise Forbidden("请用预约时得到的链接查看；只记得预约码的，请到导办台或取号机。", field="code")
    return answered(shown(await found(request, code)))


@routes.post("/api/v1/appointments/{code}/check-in")
@allow("appointment.check_in", body=Nothing, answer=CheckedIn)
async def check_in(request: web.Request) -> web.Response:
    """The visitor is in the hall: a number, or why not yet and from when. Again: the same number."""
    house, who = _house(request), caller(request)
    body = await forms.read(request, Nothing)
    code = (await found(request, request.match_info["code"])).code

    def act(session: WriteSession) -> dict[str, Any]:
        ticket = house.diary.check_in(session, who.hall, code, who.actor)
        return _plain(checked_in(ticket, house.diary.appointment(session, code)))

    return answered(await once(request, f"check-in/{code}", body, act))


@routes.post("/api/v1/appointments/{code}/cancel")
@allow("ticket.own", body=CancelBooking, answer=Appointment)
async def cancel(request: web.Request) -> web.Response:
    """Give the seat up; staff say why, and the holder is told."""
    house, who = _house(request), caller(request)
    body = await forms.read(request, CancelBooking)
    known = await found(request, request.match_info["code"])
    reason = (body.reason or "") if may_manage(who) else None

    def act(session: WriteSession) -> dict[str, Any]:
        return _plain(shown(house.diary.cancel(session, known.token, who.actor, reason)))

    return answered(await once(request, f"cancel/{known.code}", body, act, hall=known.hall))


@routes.post("/api/v1/appointments/{code}/confirm")
@allow("counter.work", body=Nothing, answer=Appointment)
async def confirm(request: web.Request) -> web.Response:
    """Staff confirm a booking that waits for it."""
    house, who = _house(request), caller(request)
    body = await forms.read(request, Nothing)
    code = (await found(request, request.match_info["code"])).code

    def act(session: WriteSession) -> dict[str, Any]:
        return _plain(shown(house.diary.confirm(session, who.hall, code, who.actor)))

    return answered(await once(request, f"confirm/{code}", body, act))


async def found(request: web.Request, code: str) -> AppointmentView:
    """The booking with that code or token. A code that does not exist counts as a try; tries are few."""
    house, who = _house(request), caller(request)
    limits = [] if not is_code(code) else _limits(who, house.address_of(request))
    for limit, key in limits:
        limit.spend(key, "预约码输错太多次")
    view: AppointmentView = await house.db.read(lambda session: house.diary.appointment(session, code))
    for limit, key in limits:
        limit.refund(key)
    if who.is_signed_in and view.hall != who.hall:
        raise NotFound("这是另一个大厅的预约，请到预约时选的大厅办理。", field="code")
    return view


def _limits(who: Caller, address: str) -> list[tuple[Limit, str]]:
    if may_manage(who):
        return []
    if who.is_signed_in:
        return [(_TRIES_OF_DEVICES, who.actor)]
    return [(_TRIES, address), (_TRIES_OF_ALL, "visitors")]


def is_code(text: str) -> bool:
    """Whether it is a code to speak, not the token of a page."""
    return "".join(text.split()).isdecimal()


def may_manage(who: Caller) -> bool:
    """Whether it is staff who confirm and cancel for others."""
    return who.may("counter.work")


def asked_day(request: web.Request) -> date | None:
    """The ``day`` of the address, if it names one."""
    text = request.query.get("day")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as failure:
        raise BadInput(f"日期应写作 2026-03-03，收到 {text!r}。", field="day") from failure


def shown(view: AppointmentView) -> Appointment:
    """What anyone may see who knows the code."""
    return Appointment(**_common(view))


def booked(view: AppointmentView) -> Booked:
    """What the holder gets."""
    return Booked(**_common(view), token=view.token, warning=view.warning)


def _common(view: AppointmentView) -> dict[str, Any]:
    common = {name: getattr(view, name) for name in Appointment.__struct_fields__}
    return common | {"state": view.state.value, "phone": masked(view.phone)}


def checked_in(ticket: TicketView, view: AppointmentView) -> CheckedIn:
    """The number with what the visitor must know of it."""
    return CheckedIn(
        ticket.id,
        ticket.number,
        ticket.token,
        ticket.ahead,
        ticket.wait,
        ticket.rank_at,
        ticket.standing.value,
        not view.is_late,
        view.text,
        view.service_name,
    )


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


def _house(request: web.Request) -> "House":
    house: House = request.app["house"]
    return house
