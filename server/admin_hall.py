"""The administrator's services and counters: names, prefixes, minutes, promises, quotas; counters come and go."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.db import ReadSession
from hallqueue import QueueSettings, ServiceChange, Standing
from server import forms
from server.access import allow, caller
from server.live_hall import Done, acted
from server.queue_forms import Nothing

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

MINUTE = timedelta(minutes=1)
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Minutes = Annotated[int, Meta(ge=1, le=480)]


class ServiceForm(msgspec.Struct, forbid_unknown_fields=True):
    """A service as it is to be; ``quota`` left out: no limit."""

    name: Name
    prefix: Annotated[str, Meta(pattern=r"^[A-Z]{1,4}$")]
    minutes: Minutes
    promise_minutes: Minutes
    quota: Annotated[int, Meta(ge=1, le=100_000)] | None = None


class NewCounter(msgspec.Struct, forbid_unknown_fields=True):
    """A counter by its number on the wall; one that was retired comes back under it."""

    number: Annotated[int, Meta(ge=1, le=999)]
    name: Name


@routes.post("/api/v1/services/{service}")
@allow("admin", body=ServiceForm, answer=Done)
async def set_service(request: web.Request) -> web.Response:
    """Change a service; the prefix only before the day's first number."""
    house, who, service = request.app["house"], caller(request), request.match_info["service"]
    body = await forms.read(request, ServiceForm)
    new = ServiceChange(**msgspec.structs.asdict(body))
    return await acted(
        request, body, lambda session: house.hall.set_service(session, who.hall, service, new, who.actor)
    )


@routes.post("/api/v1/counters")
@allow("admin", body=NewCounter, answer=Done)
async def add_counter(request: web.Request) -> web.Response:
    """Add a counter; its services are given in the live hall."""
    house, who = request.app["house"], caller(request)
    body = await forms.read(request, NewCounter)
    return await acted(
        request, body, lambda session: house.hall.add_counter(session, who.hall, body.number, body.name, who.actor)
    )


@routes.post("/api/v1/counters/{counter}/retire")
@allow("admin", body=Nothing, answer=Done)
async def retire_counter(request: web.Request) -> web.Response:
    """Take a counter out of use; what was done there stays in the records."""
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "counter")
    body = await forms.read(request, Nothing)
    return await acted(request, body, lambda session: house.hall.retire_counter(session, who.hall, number, who.actor))


def gather(house: "House", session: ReadSession, hall: int) -> dict[str, Any]:
    """What the page shows."""
    priorities = house.hall.about(session, hall).priorities
    head_start = house.settings[QueueSettings].head_start
    return {
        "shown": house.hall.overview(session, hall),
        "priorities": [(group, head_start(Standing.PRIORITY, group.code) // MINUTE) for group in priorities],
    }
