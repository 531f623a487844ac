"""A number by phone (``/take``): the services with their lines, a short form, then the ticket's own page."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from base.db import ReadSession
from base.errors import NotFound
from hallqueue import HallView, RemoteView, ServiceView
from server.access import allow, caller
from server.fragments import fragment, fragments
from server.matters import Matter
from server.pages import render
from server.wayfinding import matters_at
from server.words import wait_words, waiting_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()


@routes.get("/take")
@allow("ticket.take")
async def take(request: web.Request) -> web.Response:
    """What a number may be taken for by phone."""
    house: House = request.app["house"]
    hall = caller(request).hall
    remote: RemoteView = await house.db.read(lambda session: house.hall.remote(session, hall))
    return render(request, "phone_take.html", hall=hall, remote=remote, services=await _services(house, hall))


@routes.get("/take/services")
@allow("ticket.take")
async def services(request: web.Request) -> web.Response:
    """The services with how many wait, shared by every phone of the hall."""
    return fragment(await _services(request.app["house"], caller(request).hall))


@routes.get("/take/service/{code}")
@allow("ticket.take")
async def service(request: web.Request) -> web.Response:
    """What is done under a service, and the short form before its number."""
    house: House = request.app["house"]
    hall, code = caller(request).hall, request.match_info["code"]

    def job(session: ReadSession) -> tuple[ServiceView | None, HallView, RemoteView, tuple[Matter, ...]]:
        wanted = next((one for one in house.hall.services(session, hall) if one.code == code), None)
        found = matters_at(house, session, hall, code)
        return wanted, house.hall.about(session, hall), house.hall.remote(session, hall), found

    wanted, about, remote, found = await house.db.read(job)
    if wanted is None:
        raise NotFound(f"没有代码为“{code}”的业务，请从列表中重新选择。")
    return render(
        request,
        "phone_take_service.html",
        service=wanted,
        reason=remote.closed_reason or wanted.closed_reason or too_many(wanted, remote),
        needs_code=remote.needs_code,
        matters=found,
        priorities=about.priorities,
        second=second_line(wanted),
    )


async def _services(house: "House", hall: int) -> str:
    def gather(session: ReadSession) -> Mapping[str, object]:
        remote = house.hall.remote(session, hall)
        shown = [
            (one, second_line(one), one.closed_reason or too_many(one, remote))
            for one in house.hall.services(session, hall)
        ]
        return {"cursor": house.hall.cursor(session, hall), "shown": shown}

    return await fragments(house).text("phone_take_services.html", hall, gather)


def too_many(service: ServiceView, remote: RemoteView) -> str | None:
    """Why this line is too long for a number by phone, or None."""
    if not remote.max_ahead or service.waiting < remote.max_ahead:
        return None
    return f"已有 {service.waiting} 人等候，手机暂不取号（上限 {remote.max_ahead} 人），请到现场取号。"


def second_line(service: ServiceView) -> str:
    """“等 6 人 · 约 10–20 分钟”; no estimate of nobody's wait."""
    people = waiting_words(service.waiting)
    return f"{people} · {wait_words(service.wait)}" if service.waiting or service.wait else people
