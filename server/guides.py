"""A guide for a phone (``/guide/{id}``): what the QR at the kiosk opens."""

from typing import TYPE_CHECKING

from aiohttp import web

from base.errors import NotFound
from knowledge import Kind
from server.access import allow
from server.matters import online_ways
from server.pages import render

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()


@routes.get("/guide/{id}")
@allow("knowledge.see")
async def guide(request: web.Request) -> web.Response:
    """A published guide: where to do it online, papers, steps, terms, fee, basis."""
    house: House = request.app["house"]
    snapshot = house.library.snapshot
    entry = snapshot.entries.get(request.match_info["id"])
    if entry is None or entry.kind is not Kind.GUIDE:
        raise NotFound("没有找到这份办事指南，请在首页问一问，或到大厅导办台咨询。")
    return render(
        request,
        "guide.html",
        entry=entry,
        online=online_ways(entry.online),
        stances=snapshot.stances(entry, snapshot.day),
    )
