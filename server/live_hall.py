"""The supervisor's live hall (``/supervisor/live``): counters, lines, lost sessions, a message to all, the closing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.db import ReadSession, WriteSession
from base.errors import BadInput
from hallqueue import ClosingList, CounterState, LegFacts, Overview, Post, Rescue, SessionView
from server import forms
from server.access import Caller, allow, caller
from server.pages import render
from server.people import Names, names
from server.queue_api import once
from server.queue_forms import Nothing, answered, leg_answer
from server.words import LIGHTS, wait_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

MINUTES = ((30, "半小时"), (60, "1 小时"), (120, "2 小时"), (480, "到下班"))
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(min_length=1, max_length=20)]
Tier = Annotated[tuple[Code, ...], Meta(max_length=40)]


class ToEveryone(msgspec.Struct, forbid_unknown_fields=True):
    """What everyone waiting is told: on their phone pages for ``minutes``, once in each linked chat."""

    text: Annotated[str, Meta(min_length=1, max_length=120)]
    minutes: Annotated[int, Meta(ge=1, le=480)] = 60


class Reached(msgspec.Struct):
    """How many were waiting when a message went out, and how many of them are told over a chat too."""

    people: int
    chats: int


class CounterServices(msgspec.Struct, forbid_unknown_fields=True):
    """A counter's services from now on: codes by tier, the tier called first comes first."""

    tiers: Annotated[tuple[Tier, ...], Meta(max_length=40)]


class ServicePause(msgspec.Struct, forbid_unknown_fields=True):
    """Why no number of a service is given."""

    reason: Annotated[str, Meta(min_length=1, max_length=80)]


class Quota(msgspec.Struct, forbid_unknown_fields=True):
    """How many numbers of a service a day; left out: no limit."""

    quota: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class RescueOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What to do with the leg of a lost session: hand_over (to ``counter``), release (with a ``reason``), finish."""

    act: str
    leg: int
    version: int
    counter: int | None = None
    reason: Reason | None = None


class Closed(msgspec.Struct):
    """How many numbers and bookings were closed."""

    closed: int


class Done(msgspec.Struct):
    """The act was carried out."""

    ok: bool = True


@routes.get("/supervisor/live")
@allow("hall.supervise")
async def live_hall(request: web.Request) -> web.Response:
    """The whole hall now, with what a supervisor may do."""
    return render(request, "supervisor_live.html", minutes=MINUTES, **await _gather(request))


@routes.get("/supervisor/live/{part:posts|lines}")
@allow("hall.supervise")
async def live_part(request: web.Request) -> web.Response:
    """The counters, or the lines."""
    return render(request, f"supervisor_live_{request.match_info['part']}.html", **await _gather(request))


@routes.get("/supervisor/live/closing")
@allow("hall.supervise")
async def closing(request: web.Request) -> web.Response:
    """What still stands open today."""
    house, hall = request.app["house"], caller(request).hall
    shown = await house.db.read(lambda session: house.hall.closing_list(session, hall))
    return render(request, "supervisor_live_closing.html", closing=shown)


@routes.get("/supervisor/live/what-if")
@allow("hall.supervise")
async def what_if(request: web.Request) -> web.Response:
    """What another counter, or one fewer, would change; a refusal is part of the answer."""
    house, hall = request.app["house"], caller(request).hall
    asked = {name: forms.query(request, name, int, 0) for name in ("open", "close") if request.query.get(name)}
    opened: dict[int, tuple[str, ...]] = {asked["open"]: ()} if "open" in asked else {}
    closed = (asked["close"],) if "close" in asked else ()
    try:
        found = await house.db.read(lambda session: house.hall.what_if(session, hall, opened, closed))
    except BadInput as refusal:
        return render(request, "supervisor_live_whatif.html", found=None, why=refusal.message)
    return render(request, "supervisor_live_whatif.html", found=found, why="")


@routes.get("/api/v1/hall/closing")
@allow("hall.supervise", answer=ClosingList)
async def closing_list(request: web.Request) -> web.Response:
    """What still stands open today, or from earlier days."""
    house, hall = request.app["house"], caller(request).hall
    shown = await house.db.read(lambda session: house.hall.closing_list(session, hall))
    plain = msgspec.to_builtins(shown)
    plain["at_counter"] = [leg_answer(leg) for leg in shown.at_counter]
    return answered(plain)


@routes.post("/api/v1/hall/close-day")
@allow("hall.supervise", body=Nothing, answer=Closed)
async def close_day(request: web.Request) -> web.Response:
    """Close the day: who waits, is called, parked or missed counts as unserved; who is served stays.

    Bookings end with it and their chats are told: no-shows, or cancelled by the hall if their time was still to come.
    """
    house, who = request.app["house"], caller(request)
    body = await forms.read(request, Nothing)

    def act(session: WriteSession) -> Closed:
        closed = house.hall.close_day(session, who.hall, who.actor)
        return Closed(closed + house.diary.close_day(session, who.hall, who.actor))

    return await acted(request, body, act)


@routes.post("/api/v1/hall/message")
@allow("hall.supervise", body=ToEveryone, answer=Reached)
async def announce(request: web.Request) -> web.Response:
    """Tell everyone waiting something, in place of what they were told before."""
    house, who = request.app["house"], caller(request)
    body = await forms.read(request, ToEveryone)

    def act(session: WriteSession) -> Reached:
        told = house.hall.announce(session, who.hall, body.text, who.actor, minutes=body.minutes)
        return Reached(told.people, told.chats)

    return await acted(request, body, act)


@routes.post("/api/v1/hall/message/withdraw")
@allow("hall.supervise", body=Nothing, answer=Done)
async def withdraw(request: web.Request) -> web.Response:
    """Show the message no longer."""
    house, who = request.app["house"], caller(request)
    body = await forms.read(request, Nothing)
    return await acted(request, body, lambda session: house.hall.withdraw(session, who.hall, who.actor))


@routes.post("/api/v1/counters/{counter}/services")
@allow("hall.supervise", body=CounterServices, answer=Done)
async def set_counter_services(request: web.Request) -> web.Response:
    """Let a counter serve these services from now on."""
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "counter")
    body = await forms.read(request, CounterServices)
    return await acted(
        request,
        body,
        lambda session: house.hall.set_counter_services(session, who.hall, number, body.tiers, who.actor),
    )


@routes.post("/api/v1/services/{service}/pause")
@allow("hall.supervise", body=ServicePause, answer=Done)
async def pause_service(request: web.Request) -> web.Response:
    """Give no more numbers of a service; those who wait are still called."""
    house, who, service = request.app["house"], caller(request), request.match_info["service"]
    body = await forms.read(request, ServicePause)
    return await acted(
        request, body, lambda session: house.hall.pause_service(session, who.hall, service, body.reason, who.actor)
    )


@routes.post("/api/v1/services/{service}/resume")
@allow("hall.supervise", body=Nothing, answer=Done)
async def resume_service(request: web.Request) -> web.Response:
    """Give numbers of a service again."""
    house, who, service = request.app["house"], caller(request), request.match_info["service"]
    body = await forms.read(request, Nothing)
    return await acted(request, body, lambda session: house.hall.resume_service(session, who.hall, service, who.actor))


@routes.post("/api/v1/services/{service}/quota")
@allow("hall.supervise", body=Quota, answer=Done)
async def set_quota(request: web.Request) -> web.Response:
    """How many numbers of a service are given a day."""
    house, who, service = request.app["house"], caller(request), request.match_info["service"]
    body = await forms.read(request, Quota)
    return await acted(
        request, body, lambda session: house.hall.set_quota(session, who.hall, service, body.quota, who.actor)
    )


@routes.post("/api/v1/sessions/{session}/rescue")
@allow("hall.supervise", body=RescueOrder, answer=LegFacts)
async def rescue(request: web.Request) -> web.Response:
    """Settle what a lost session holds: to another counter, back into the line, or finished; the session ends."""
    house, who, lost = request.app["house"], caller(request), forms.number_in_path(request, "session")
    body = await forms.read(request, RescueOrder)
    order = Rescue(session=lost, **msgspec.structs.asdict(body))
    return await acted(
        request, body, lambda session: leg_answer(house.desk.rescue(session, who.hall, order, who.actor))
    )


async def acted(request: web.Request, body: msgspec.Struct, act: Callable[[WriteSession], object]) -> web.Response:
    """Carry ``act`` out in the hall's lane, once for each idempotency key; nothing to say: it was done."""

    def plain(session: WriteSession) -> dict[str, Any]:
        done: dict[str, Any] = msgspec.to_builtins(act(session) or Done())
        return done

    return answered(await once(request, request.path[-80:], body, plain))


async def _gather(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    who: Caller = caller(request)

    def job(session: ReadSession) -> tuple[Overview, tuple[SessionView, ...], Names]:
        return house.hall.overview(session, who.hall), house.desk.orphans(session, who.hall), names(session)

    shown, lost, name = await house.db.read(job)
    return {
        "hall": shown,
        "lost": [(one, takers(shown.posts, one)) for one in lost],
        "name": name,
        "lights": LIGHTS,
        "wait_words": wait_words,
        "services": [{"code": one.line.service, "name": one.line.name} for one in shown.lines],
        "counts": _counts(shown),
    }


def takers(posts: tuple[Post, ...], lost: SessionView) -> list[int]:
    """The counters that could go on with what a lost session holds: open, free, serving that service."""
    service = lost.leg.service if lost.leg else ""
    return [
        post.number
        for post in posts
        if post.state is CounterState.OPEN and not post.ticket and any(service in tier for tier in post.tiers)
    ]


def _counts(shown: Overview) -> dict[str, int]:
    calling = [post for post in shown.posts if not post.is_guide]
    return {
        "waiting": sum(one.line.waiting for one in shown.lines),
        "longest": max((one.line.longest_minutes for one in shown.lines), default=0),
        "counters": len(calling),
        "open": sum(post.state is CounterState.OPEN for post in calling),
        "serving": sum(post.ticket is not None for post in calling),
        "paused": sum(post.state is CounterState.PAUSED for post in calling),
        "lost": sum(post.state is CounterState.ORPHANED for post in calling),
        "over": sum(one.line.light != "green" for one in shown.lines if one.line.waiting),
    }
