"""Booking by phone: ``/book`` service → day and time → who; then ``/a/{token}`` with code and QR. Staff: the list.

Each step is an address of its own, so that the browser's way back works; nothing is held before the last one.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from base.db import ReadSession
from base.errors import NotFound
from hallqueue import (
    APPOINTMENT_STATE_NAMES,
    AppointmentState,
    AppointmentView,
    QueueSettings,
    SlotView,
    spoken_code,
    spoken_date,
    spoken_moment,
)
from server.access import allow, caller
from server.diary_api import asked_day, read_slots
from server.matters import Matter
from server.pages import render
from server.queue_forms import masked
from server.wayfinding import matters_at

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

NOON = 12
TONES = {
    AppointmentState.UNCONFIRMED: "warn",
    AppointmentState.CONFIRMED: "info",
    AppointmentState.CHECKED_IN: "ok",
    AppointmentState.CANCELLED: "",
    AppointmentState.NO_SHOW: "late",
}


@routes.get("/book")
@allow("ticket.take")
async def book(request: web.Request) -> web.Response:
    """What may be booked, each with its first free time."""
    house, hall = _house(request), caller(request).hall
    offers = await house.db.read(lambda session: house.diary.offers(session, hall))
    return render(request, "book.html", offers=offers, today=_today(house), queue=house.settings[QueueSettings])


@routes.get("/book/{service}")
@allow("ticket.take")
async def book_service(request: web.Request) -> web.Response:
    """The days and times of a service."""
    house, hall = _house(request), caller(request).hall
    code, day = request.match_info["service"], asked_day(request)

    def job(session: ReadSession) -> dict[str, Any]:
        found = read_slots(house, session, (hall, code), day)
        return {"found": found, "name": _name(house, session, hall, code)}

    values = await house.db.read(job)
    return render(request, "book_service.html", halves=halves(values["found"].slots), **values)


@routes.get("/book/{service}/{at}")
@allow("ticket.take")
async def book_slot(request: web.Request) -> web.Response:
    """Who comes, and what to bring; the last step before the code."""
    house, hall = _house(request), caller(request).hall
    code, at = request.match_info["service"], _moment(request.match_info["at"], house)

    def job(session: ReadSession) -> tuple[str, SlotView | None, tuple[Matter, ...]]:
        slots = house.diary.slots(session, hall, code, at.date())
        slot = next((one for one in slots if one.at == at), None)
        return _name(house, session, hall, code), slot, matters_at(house, session, hall, code)

    name, slot, found = await house.db.read(job)
    queue = house.settings[QueueSettings]
    values: dict[str, Any] = {"service": code, "name": name, "slot": slot, "at": at, "when": spoken_moment(at)}
    return render(request, "book_slot.html", **values, matters=found, queue=queue)


@routes.get("/a/{token}")
@allow("ticket.own")
async def appointment(request: web.Request) -> web.Response:
    """A booking, live."""
    return render(request, "book_own.html", **await _own(request))


@routes.get("/a/{token}/now")
@allow("ticket.own")
async def appointment_now(request: web.Request) -> web.Response:
    """What changes on a booking's page."""
    return render(request, "book_own_now.html", **await _own(request))


@routes.get("/supervisor/appointments")
@allow("counter.work")
async def day_list(request: web.Request) -> web.Response:
    """The bookings of a day, for clerks and supervisors."""
    return render(request, "book_day.html", **await _day(request))


@routes.get("/supervisor/appointments/rows")
@allow("counter.work")
async def day_rows(request: web.Request) -> web.Response:
    """What changes on the day's list."""
    return render(request, "book_day_rows.html", **await _day(request))


async def _own(request: web.Request) -> dict[str, Any]:
    house, token = _house(request), request.match_info["token"]

    def job(session: ReadSession) -> tuple[AppointmentView, tuple[Matter, ...]]:
        view = house.diary.appointment(session, token)
        if view.token != token:
            raise NotFound("没有找到这个预约，请核对链接；只记得预约码的，请到导办台查询。", field="token")
        return view, matters_at(house, session, view.hall, view.service)

    view, found = await house.db.read(job)
    return {
        "own": view,
        "today": _today(house),
        "code": spoken_code(view.code),
        "phone": masked(view.phone),
        "tone": TONES[view.state],
        "matters": found,
        "queue": house.settings[QueueSettings],
    }


async def _day(request: web.Request) -> dict[str, Any]:
    house, hall = _house(request), caller(request).hall
    today = _today(house)
    day = asked_day(request) or today
    booked = await house.db.read(lambda session: house.diary.of_day(session, hall, day))
    q = request.query.get("q", "").strip()[:40]
    rows = [row for row in booked if is_meant(row, q)]
    return {
        "q": q,
        "hall": hall,
        "day": day,
        "day_words": spoken_date(day),
        "is_today": day == today,
        "rows": rows,
        "next_row": next((row for row in rows if row.ends_at > house.clock.now()), None) if day == today else None,
        "counts": counts(rows),
        "tones": TONES,
        "masked": masked,
        "spoken_code": spoken_code,
    }


def is_meant(row: AppointmentView, q: str) -> bool:
    """Whether ``q`` is in its code, its name, or at the end of its phone; an empty one means all."""
    bare = "".join(q.split())
    return bare in row.code or bare in (row.name or "") or (row.phone or "").endswith(bare)


def counts(rows: Sequence[AppointmentView]) -> list[tuple[str, int]]:
    """How many stand in each state, as people read it."""
    found = Counter(row.state for row in rows)
    return [(name, found[state]) for state, name in APPOINTMENT_STATE_NAMES.items() if found[state]]


def halves(slots: Sequence[SlotView]) -> list[tuple[str, list[SlotView]]]:
    """The morning's and the afternoon's slots."""
    parts = {
        "上午": [one for one in slots if one.at.hour < NOON],
        "下午": [one for one in slots if one.at.hour >= NOON],
    }
    return [(name, found) for name, found in parts.items() if found]


def _name(house: "House", session: ReadSession, hall: int, code: str) -> str:
    names = {one.code: one.name for one in house.hall.services(session, hall)}
    if code not in names:
        raise NotFound(f"没有代码为“{code}”的业务，请从预约页面的列表中选择。")
    return names[code]


def _today(house: "House") -> date:
    return house.clock.now().astimezone(house.zone).date()


def _moment(text: str, house: "House") -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=house.zone)
    except ValueError as failure:
        raise NotFound(f"没有“{text[:20]}”这个时间，请回到预约页面重新选择。") from failure


def _house(request: web.Request) -> "House":
    house: House = request.app["house"]
    return house
