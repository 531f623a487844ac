"""The queue's API: tickets for visitors and kiosks, commands for counters, the board and the calls for screens."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base import idempotency
from base.db import ReadSession, WriteSession
from base.errors import Conflict, Forbidden
from hallqueue import Action, Board, LegFacts, Order, Taking, TicketView
from server import forms
from server.access import Asked, Caller, Role, allow, caller
from server.limits import Limit
from server.queue_forms import (
    Calls,
    LegOrder,
    NoLeg,
    Nothing,
    PauseReason,
    Rating,
    Services,
    SessionAnswer,
    Taken,
    TakeTicket,
    answered,
    key_of,
    leg_answer,
    session_answer,
    taken,
    without_secrets,
)

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

ORDERS = "recall|start|finish|miss|restore|park|unpark|transfer|reclass|cancel|undo|call|verify"
MOST_CALLS = 50
PROVING = frozenset({Role.KIOSK, Role.CLERK, Role.SUPERVISOR, Role.ADMIN, Role.INTEGRATION})
_DESK = frozenset({Role.CLERK, Role.SUPERVISOR, Role.ADMIN})
_BY_ADDRESS = Limit(per_hour=600, burst=60)
Job = Callable[[WriteSession], dict[str, Any]]
HALL_ROOMS = ("hall",)
RATING_ROOMS = ("hall", "cases")  # a bad rating opens a case


@routes.get("/api/v1/services")
@allow("board.see", answer=Services)
async def services(request: web.Request) -> web.Response:
    """The services of the hall, how many wait for each, and why a number may not be taken now."""
    house, hall = _house(request), caller(request).hall
    return answered(Services(await house.db.read(lambda session: house.hall.services(session, hall))))


@routes.post("/api/v1/tickets")
@allow("ticket.take", body=TakeTicket, answer=Taken, status=201)
async def take(request: web.Request) -> web.Response:
    """Take a number: 201, or 200 with the number that this holder has already."""
    house, who = _house(request), caller(request)
    body = await forms.read(request, TakeTicket)
    if not who.is_signed_in:
        _BY_ADDRESS.spend(house.address_of(request), "取号太频繁")
    if body.holder is not None and not who.roles & PROVING:
        raise Forbidden("取号人身份须由取号机、窗口或已接入的系统核实，请去掉 holder 再取号。", field="holder")
    taking = Taking(
        body.service,
        priority=body.priority,
        phone=body.phone,
        holder=body.holder,
        origin=origin_of(who),
        actor=who.actor,
        cases=body.cases,
        code=body.code,
    )

    def act(session: WriteSession) -> dict[str, Any]:
        ticket = house.hall.take(session, who.hall, taking)
        return {"is_new": ticket.is_new, "ticket": msgspec.to_builtins(taken(ticket))}

    try:
        answer = await once(request, "take", body, act)
    except Conflict as refusal:
        raise _with_booking(house, body.service, refusal) from refusal
    return answered(answer["ticket"], 201 if answer["is_new"] else 200)


@routes.get("/api/v1/tickets/{token}")
@allow("ticket.own", answer=TicketView)
async def ticket(request: web.Request) -> web.Response:
    """The ticket as its holder sees it."""
    house, token = _house(request), request.match_info["token"]
    return answered(await house.db.read(lambda session: house.hall.ticket(session, token)))


@routes.post("/api/v1/tickets/{token}/{act:cancel|defer|restore|unpark|coming}")
@allow("ticket.own", body=Nothing, answer=TicketView)
async def change_ticket(request: web.Request) -> web.Response:
    """Give the place up, come a quarter of an hour later, come back, or say that one is on the way."""
    hall, who, token = _house(request).hall, caller(request), request.match_info["token"]
    body = await forms.read(request, Nothing)
    act = getattr(hall, request.match_info["act"])
    return answered(await _on_ticket(request, body, lambda session: act(session, token, who.actor)))


@routes.post("/api/v1/tickets/{token}/rate")
@allow("ticket.own", body=Rating, answer=TicketView)
async def rate(request: web.Request) -> web.Response:
    """好差评, once after the service."""
    hall, who, token = _house(request).hall, caller(request), request.match_info["token"]
    body = await forms.read(request, Rating)

    def act(session: WriteSession) -> TicketView:
        return hall.rate(session, token, body.stars, tags=body.tags, text=body.text, actor=who.actor)

    return answered(await _on_ticket(request, body, act, RATING_ROOMS))


@routes.post("/api/v1/counters/{counter}/open")
@allow("counter.work", body=Nothing, answer=SessionAnswer)
async def open_counter(request: web.Request) -> web.Response:
    """Sign in at a counter; what one held in a lost session comes along."""
    desk, who, counter = _at_counter(request)
    body = await forms.read(request, Nothing)
    return await _session(
        request, body, lambda session: session_answer(desk.open(session, who.hall, counter, who.actor))
    )


@routes.post("/api/v1/counters/{counter}/pause")
@allow("counter.work", body=PauseReason, answer=SessionAnswer)
async def pause_counter(request: web.Request) -> web.Response:
    """Call nobody for a while."""
    desk, who, counter = _at_counter(request)
    body = await forms.read(request, PauseReason)
    return await _session(
        request, body, lambda session: session_answer(desk.pause(session, who.hall, counter, who.actor, body.reason))
    )


@routes.post("/api/v1/counters/{counter}/{act:resume|close}")
@allow("counter.work", body=Nothing, answer=SessionAnswer)
async def change_counter(request: web.Request) -> web.Response:
    """Open again after a pause, or sign out."""
    desk, who, counter = _at_counter(request)
    body = await forms.read(request, Nothing)
    act = desk.resume if request.match_info["act"] == "resume" else desk.close
    return await _session(request, body, lambda session: session_answer(act(session, who.hall, counter, who.actor)))


@routes.post("/api/v1/counters/{counter}/seen")
@allow("counter.work", body=Nothing)
async def seen(request: web.Request) -> web.Response:
    """The console's heartbeat, every 30 s while it is open."""
    desk, who, counter = _at_counter(request)
    await _house(request).db.write(lambda session: desk.seen(session, who.hall, counter, who.actor))
    return answered({})


@routes.post("/api/v1/counters/{counter}/call-next")
@allow("counter.work", body=Nothing, answer=LegFacts | NoLeg)
async def call_next(request: web.Request) -> web.Response:
    """Call whoever is next; ``{"leg": null}`` when nobody waits for this counter."""
    desk, who, counter = _at_counter(request)
    body = await forms.read(request, Nothing)

    def act(session: WriteSession) -> dict[str, Any]:
        leg = desk.call_next(session, who.hall, counter, who.actor)
        return _plain(NoLeg() if leg is None else leg_answer(leg))

    return answered(await once(request, f"{counter}/call-next", body, act))


@routes.post(f"/api/v1/counters/{{counter}}/{{command:{ORDERS}}}")
@allow("counter.work", body=LegOrder, answer=LegFacts)
async def order(request: web.Request) -> web.Response:
    """Carry out a command about one leg, if it is still as the page saw it."""
    desk, who, counter = _at_counter(request)
    body = await forms.read(request, LegOrder)
    command = request.match_info["command"]
    wanted = Order(command, **msgspec.structs.asdict(body), key=key_of(request))

    def act(session: WriteSession) -> dict[str, Any]:
        try:
            return _plain(leg_answer(desk.act(session, who.hall, counter, who.actor, wanted)))
        except Conflict as refusal:
            raise without_secrets(refusal) from refusal

    return answered(await once(request, f"{counter}/{command}", body, act))


@routes.get("/api/v1/board")
@allow("board.see", answer=Board)
async def board(request: web.Request) -> web.Response:
    """One snapshot of the hall, with its cursor; the code shown in the hall only to devices and staff."""
    house, who = _house(request), caller(request)
    shown = await house.db.read(lambda session: house.hall.board(session, who.hall))
    return answered(shown if who.is_signed_in else replace(shown, hall_code=None))


@routes.get("/api/v1/calls")
@allow(
    "board.see",
    answer=Calls,
    query={
        "after": Asked("这个呼叫编号之后的；不写为今天全部", Annotated[int, Meta(ge=0)]),
        "limit": Asked("最多几条", Annotated[int, Meta(ge=1, le=MOST_CALLS)]),
    },
)
async def calls(request: web.Request) -> web.Response:
    """Today's announcements after number ``after``, oldest first, at most ``limit``."""
    house, hall = _house(request), caller(request).hall
    after = max(forms.query(request, "after", int, 0), 0)
    limit = min(max(forms.query(request, "limit", int, MOST_CALLS), 1), MOST_CALLS)

    def job(session: ReadSession) -> Calls:
        return Calls(house.hall.calls_after(session, hall, after, limit))

    return answered(await house.db.read(job))


def origin_of(who: Caller) -> str:
    """Where a number is taken from, as the queue names it."""
    if Role.KIOSK in who.roles:
        return "kiosk"
    return "desk" if who.roles & _DESK else "web"


def _house(request: web.Request) -> "House":
    house: House = request.app["house"]
    return house


def _at_counter(request: web.Request) -> tuple[Any, Caller, int]:
    return _house(request).desk, caller(request), forms.number_in_path(request, "counter")


def _plain(value: msgspec.Struct | LegFacts) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


async def _session(
    request: web.Request, body: msgspec.Struct, act: Callable[[WriteSession], SessionAnswer]
) -> web.Response:
    return answered(await once(request, request.path, body, lambda session: _plain(act(session))))


async def _on_ticket(
    request: web.Request,
    body: msgspec.Struct,
    act: Callable[[WriteSession], TicketView],
    rooms: tuple[str, ...] = HALL_ROOMS,
) -> dict[str, Any]:
    """Change a ticket in the lane of its own hall, which need not be the caller's."""
    house, token = _house(request), request.match_info["token"]
    found = await house.db.read(lambda session: house.hall.ticket(session, token))

    def plain(session: WriteSession) -> dict[str, Any]:
        done: dict[str, Any] = msgspec.to_builtins(act(session))
        return done

    return await once(request, request.path[-80:], body, plain, hall=found.hall, rooms=rooms)


def _with_booking(house: "House", service: str, refusal: Conflict) -> Conflict:
    """A refusal that names booking instead, with the address where to book."""
    if Action.BOOK not in (refusal.allowed or ()):
        return refusal
    address = house.public_url(f"/book/{service}")
    text = f"{refusal.message}预约请打开 {address}。"
    return Conflict(text, field=refusal.field, allowed=refusal.allowed, detail={Action.BOOK.value: address})


async def once(
    request: web.Request,
    route: str,
    body: msgspec.Struct,
    act: Job,
    *,
    hall: int | None = None,
    rooms: tuple[str, ...] = HALL_ROOMS,
) -> dict[str, Any]:
    """Carry ``act`` out in the hall's lanes of ``rooms``, once for each idempotency key of this caller and route."""
    house, who, key = _house(request), caller(request), key_of(request)
    actor = who.actor if who.is_signed_in else f"visitor:{house.address_of(request)}"

    def job(session: WriteSession) -> dict[str, Any]:
        return idempotency.once(session, (actor, route), key, body, lambda: act(session))

    where = who.hall if hall is None else hall
    return await house.db.write(job, *(f"{room}:{where}" for room in rooms))
