"""The kiosk: tiles, what is done there, a number with its slip. Its page never reloads; its parts come from here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from base.db import ReadSession
from base.errors import Conflict, NotFound
from hallqueue import LIVE, HallView, ServiceView, TicketView
from server import wayfinding
from server.access import allow, caller
from server.fragments import fragment, fragments
from server.matters import Matter, domain_names, matters
from server.pages import render
from server.slips import Issue, Slip, slip_of
from server.words import before_words, wait_words, waiting_words

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

MOST_TILES = 12
LONGEST_QUESTION = 60
CHECK_IN = "/api/v1/appointments/{code}/check-in"
BLOCKS = "/api/v1/blocks"
ELSEWHERE = ("other", "其他业务")
ICONS = {
    "d01-registration": "licence",
    "d02-food-agri": "bowl",
    "d03-project": "crane",
    "d04-land-planning": "map",
    "d05-construction": "helmet",
    "d06-environment": "leaf",
    "d07-safety-fire": "flame",
    "d08-utilities": "drop",
    "d09-tax": "receipt",
    "d10-labor-social": "people",
    "d11-finance": "coins",
    "d12-tech-ip": "bulb",
    "d13-policy-techreform": "case",
    "d14-trade-logistics": "truck",
    "d15-procurement": "basket",
    "d16-realestate": "house",
    "d17-party-service": "flag",
    "d18-rights-credit": "speech",
}
NAMED_ICONS = {  # a word of a service's name says more than the first of its domains
    "公积金": "coins",
    "跨域": "globe",
    "领证": "award",
    "帮办": "case",
    "综合": "desk",
    "办不成": "speech",
}
PLAIN_ICON = "paper"


@dataclass(frozen=True, slots=True)
class Tile:
    """A service on the start page; ``closed`` is the reason, empty when a number may be taken."""

    code: str
    name: str
    icon: str
    second: tuple[str, ...]
    closed: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """A ticket with what its page and its slip say."""

    ticket: TicketView
    counters: str
    address: str
    slip: Slip


@routes.get("/kiosk")
@allow("kiosk.use")
async def kiosk(request: web.Request) -> web.Response:
    """The kiosk's page."""
    house: House = request.app["house"]
    who = caller(request)
    services = await house.db.read(lambda session: house.hall.services(session, who.hall))
    return render(
        request,
        "kiosk.html",
        hall=who.hall,
        tiles=await _tiles(house, who.hall),
        questions=wayfinding.common_questions(services, house.library.snapshot),
        ask_at=house.public_url("/"),
        has_check_in=offers(request.app, CHECK_IN),
        has_blocks=offers(request.app, BLOCKS),
        has_printer=bool(house.printing.address(who.name)),
    )


@routes.get("/kiosk/tiles")
@allow("kiosk.use")
async def tiles(request: web.Request) -> web.Response:
    """The services with how many wait, shared by every kiosk of the hall."""
    return fragment(await _tiles(request.app["house"], caller(request).hall))


@routes.get("/kiosk/service/{code}")
@allow("kiosk.use")
async def service(request: web.Request) -> web.Response:
    """What is done under a service, and the short form before its number."""
    house: House = request.app["house"]
    hall, code = caller(request).hall, request.match_info["code"]

    def job(session: ReadSession) -> tuple[ServiceView | None, HallView, tuple[Matter, ...]]:
        wanted = next((one for one in house.hall.services(session, hall) if one.code == code), None)
        return wanted, house.hall.about(session, hall), wayfinding.matters_at(house, session, hall, code)

    wanted, about, found = await house.db.read(job)
    if wanted is None:
        raise NotFound(f"没有代码为“{code}”的业务，请回到首页重新选择。")
    return render(
        request,
        "kiosk_service.html",
        service=wanted,
        matters=found,
        priorities=about.priorities,
        second=" · ".join((*second_line(wanted), counters_words(wanted.counters))),
    )


@routes.get("/kiosk/matter/{code}")
@allow("kiosk.use")
async def matter(request: web.Request) -> web.Response:
    """One matter: how to do it online with a QR, and which papers to bring."""
    house: House = request.app["house"]
    code = request.match_info["code"]
    found = matters(house, (code,))
    if not found:
        raise NotFound("没有找到这个事项，请到导办台咨询。")
    return render(request, "kiosk_matter.html", matter=found[0], address=house.public_url(f"/guide/{code}"))


@routes.get("/kiosk/found")
@allow("kiosk.use")
async def found(request: web.Request) -> web.Response:
    """Where what somebody typed is done; ``topics`` are guides that the chat thought of, with commas."""
    house: House = request.app["house"]
    hall, said = caller(request).hall, request.query.get("q", "")[:LONGEST_QUESTION]
    topics = request.query.get("topics", "").split(",")
    services = await house.db.read(lambda session: house.hall.services(session, hall))
    library = house.library.snapshot
    ways = await asyncio.to_thread(wayfinding.find, said, services, library, topics) if said.strip() else ()
    second = {one.code: " · ".join((counters_words(one.counters), *second_line(one))) for one in services}
    return render(request, "kiosk_found.html", said=said, ways=ways, second=second)


@routes.get("/kiosk/ticket/{token}")
@allow("kiosk.use")
async def ticket(request: web.Request) -> web.Response:
    """The number just taken, or with ``again`` one to be printed again, with its slip for the browser."""
    house: House = request.app["house"]
    is_again = "again" in request.query
    found = await printed(house, caller(request).hall, request.match_info["token"], is_again=is_again)
    return render(
        request,
        "kiosk_ticket.html",
        ticket=found.ticket,
        counters=found.counters,
        before=before_words(found.ticket),
        wait=wait_words(found.ticket.wait),
        address=found.address,
        slip=found.slip,
        is_again=is_again,
    )


async def printed(house: "House", hall: int, token: str, *, is_again: bool) -> Printed:
    """The ticket of ``token`` with its slip. Printed again is only a live one of this hall."""

    def job(session: ReadSession) -> tuple[TicketView, tuple[int, ...]]:
        found = house.hall.ticket(session, token)
        if found.hall != hall:
            raise NotFound("这张号票不是本厅的，请核对后到导办台查询。", field="token")
        serving = {one.code: one.counters for one in house.hall.services(session, hall)}
        return found, serving.get(found.service, ())

    ticket, counters = await house.db.read(job)
    if is_again and ticket.state not in LIVE:
        raise Conflict(f"{ticket.number} 现在是“{ticket.state_name}”，不用再打印；要办别的事请重新取号。")
    address, where = house.public_url(f"/t/{token}"), counters_words(counters)
    moment = "{0.month} 月 {0.day} 日 {0:%H:%M}".format
    again = moment(house.clock.now().astimezone(house.zone)) if is_again else ""
    issue = Issue(house.hall_name, where, address, moment(ticket.issued_at.astimezone(house.zone)), again)
    return Printed(ticket, where, address, slip_of(ticket, issue))


def offers(app: web.Application, path: str) -> bool:
    """Whether this server has a route that takes a POST to ``path``."""
    return any(
        route.method == "POST" and route.resource and route.resource.canonical == path for route in app.router.routes()
    )


async def _tiles(house: "House", hall: int) -> str:
    def gather(session: ReadSession) -> Mapping[str, object]:
        shown, names = house.hall.services(session, hall), domain_names(house)
        return {
            "cursor": house.hall.cursor(session, hall),
            "tiles": [tile(one, names) for one in shown],
            "groups": groups(shown, names),
            "hall_code": house.hall.hall_code(session, hall),
            "icons": ICONS,
        }

    return await fragments(house).text("kiosk_tiles.html", hall, gather)


def tile(service: ServiceView, names: Mapping[str, str]) -> Tile:
    """A service as a tile."""
    named = [icon for word, icon in NAMED_ICONS.items() if word in service.name]
    icon = next(iter((*named, *(ICONS[one] for one in service.domains if one in ICONS))), PLAIN_ICON)
    closed = service.closed_reason or ""
    return Tile(service.code, service.name, icon, second_line(service), closed, group_codes(service, names))


def second_line(service: ServiceView) -> tuple[str, ...]:
    """“等 6 人”, “约 10–20 分钟”: each stays whole when the line must be broken; no estimate of nobody's wait."""
    people = waiting_words(service.waiting)
    return (people, wait_words(service.wait)) if service.waiting or service.wait else (people,)


def group_codes(service: ServiceView, names: Mapping[str, str]) -> tuple[str, ...]:
    """The domains under which a service stands when there are too many tiles for one page; those with a name."""
    return tuple(domain for domain in service.domains if domain in names) or (ELSEWHERE[0],)


def groups(services: Sequence[ServiceView], names: Mapping[str, str]) -> list[tuple[str, str, int]]:
    """Domains with their names and number of services; empty when every tile fits, or no name is known yet."""
    if len(services) <= MOST_TILES or not names:
        return []
    counted: dict[str, int] = {}
    for service in services:
        for code in group_codes(service, names):
            counted[code] = counted.get(code, 0) + 1
    known = {**names, ELSEWHERE[0]: ELSEWHERE[1]}
    return [(code, known[code], count) for code, count in counted.items()]


def counters_words(counters: Sequence[int]) -> str:
    """“2、3、5 号窗口”."""
    return f"{'、'.join(map(str, counters))} 号窗口" if counters else "以大屏显示的窗口为准"
