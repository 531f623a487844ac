"""``create_app(settings)``: the web application, its routes checked and its rooms built."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from base.clock import Clock
from base.settings import Settings
from server import (
    admin,
    admin_hall,
    block_api,
    booking,
    case_api,
    chat,
    counter,
    desk,
    diary_api,
    door,
    forecast_api,
    guides,
    kiosk,
    kiosk_api,
    knowledge_api,
    library,
    library_compare,
    library_import,
    library_reviews,
    library_trial,
    live_hall,
    misses,
    models,
    openapi,
    operate,
    phone,
    queue_api,
    rating,
    reports,
    screen,
    supervisor,
    take,
)
from server.access import Asked, allow
from server.access import door as door_on
from server.guard import guard
from server.house import House
from server.live import asked_topics
from server.pages import STATIC, asset, stylesheet

YEAR = "public, max-age=31536000, immutable"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ogg": "audio/ogg",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
}
AUDIENCES = (
    door,
    library,
    library_compare,
    library_import,
    library_reviews,
    library_trial,
    misses,
    models,
    knowledge_api,
    supervisor,
    case_api,
    reports,
    admin,
    desk,
    chat,
    operate,
    openapi,
    kiosk,
    kiosk_api,
    guides,
    screen,
    rating,
    counter,
    phone,
    take,
    queue_api,
    block_api,
    live_hall,
    admin_hall,
    booking,
    diary_api,
    forecast_api,
)
routes = web.RouteTableDef()


@routes.get("/static/{name:.+}")
@allow("public")
async def static(request: web.Request) -> web.StreamResponse:
    """A file of the pages: their address carries its digest, so browsers keep it."""
    name = request.match_info["name"]
    if name == "hall.css":
        headers = {"Cache-Control": _cached(request, name)}
        return web.Response(body=stylesheet(), content_type="text/css", charset="utf-8", headers=headers)
    path = (STATIC / name).resolve()
    if not path.is_relative_to(STATIC) or path.suffix not in TYPES or not _is_file(path):
        raise web.HTTPNotFound
    headers = {"Cache-Control": _cached(request, name), "Content-Type": TYPES[path.suffix]}
    return web.FileResponse(path, headers=headers)


@routes.get("/api/v1/live", allow_head=False)
@allow(
    "public",
    query={
        "topics": Asked("主题，以逗号分隔，最多 20 个", is_required=True),
        "after": Asked("这个呼叫编号之后的", int),
    },
)
async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events for the topics asked for."""
    served: web.StreamResponse = await request.app["house"].live.serve(request, asked_topics(request))
    return served


def create_app(settings: Settings, clock: Clock | None = None) -> web.Application:
    """The application; it owns the database from here on and lets go of it when it is cleaned up."""
    house = House(settings, clock)
    app = web.Application(middlewares=[guard], client_max_size=house.server.body_kilobytes * 1024)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", web.NotAppKeyWarning)  # every page asks for the house by its plain name
        app["house"] = house
    for table in (routes, *(audience.routes for audience in AUDIENCES)):
        app.add_routes(table)
    _every_route_has_a_door(app)
    app.cleanup_ctx.append(_live_in)
    app.on_shutdown.append(_say_goodbye)
    return app


async def _live_in(app: web.Application) -> AsyncIterator[None]:
    house: House = app["house"]
    try:
        await house.start()
        yield
    finally:
        await house.stop()


async def _say_goodbye(app: web.Application) -> None:
    await app["house"].live.close()
    await asyncio.sleep(0)


def _every_route_has_a_door(app: web.Application) -> None:
    bare = [route for route in app.router.routes() if door_on(route.handler) is None]
    if bare:
        raise RuntimeError(f"routes without @allow: {bare}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the disk
        return False


def _cached(request: web.Request, name: str) -> str:
    """For ever under the address that carries the digest of what is there; else browsers ask again."""
    digest = request.query.get("v")
    return YEAR if digest and asset(name).endswith(f"?v={digest}") else "no-cache"
