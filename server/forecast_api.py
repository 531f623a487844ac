"""The API of forecasts: what another counter would change."""

from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from base.errors import BadInput
from hallqueue import WhatIf
from server.access import Asked, allow, caller
from server.queue_forms import answered

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()


@routes.get("/api/v1/what-if")
@allow(
    "hall.supervise",
    answer=WhatIf,
    query={"open": Asked("假如开的窗口号，以逗号分隔"), "close": Asked("假如关的窗口号，以逗号分隔")},
)
async def what_if(request: web.Request) -> web.Response:
    """What changes if counters opened or closed: ``?open=3&close=5,6`` (numbers on the wall)."""
    house: House = request.app["house"]
    hall = caller(request).hall
    opened, closed = dict.fromkeys(_numbers(request, "open"), ()), _numbers(request, "close")
    return answered(await house.db.read(lambda session: house.hall.what_if(session, hall, opened, closed)))


def _numbers(request: web.Request, name: str) -> tuple[int, ...]:
    parts = [part for text in request.query.getall(name, []) for part in text.split(",")]
    try:
        return tuple(msgspec.convert(parts, tuple[int, ...], strict=False))
    except msgspec.ValidationError as failure:
        raise BadInput(f"{name} 须为窗口号，如 3 或 3,5；收到“{','.join(parts)}”。", field=name) from failure
