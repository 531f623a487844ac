"""Numbers for kiosks that are cut off: leased while online, brought home afterwards."""

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from base.db import WriteSession
from hallqueue import Block, Offline
from server import forms
from server.access import Caller, allow, caller
from server.queue_api import once
from server.queue_forms import LeaseBlock, MergeBlock, Merged, Nothing, Renewed, answered, taken

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()


@routes.post("/api/v1/blocks")
@allow("kiosk.use", body=LeaseBlock, answer=Block)
async def lease(request: web.Request) -> web.Response:
    """Lease numbers of a service to give while cut off; asked again, the same block, renewed."""
    house, who = _here(request)
    body = await forms.read(request, LeaseBlock)

    def act(session: WriteSession) -> Block:
        return house.hall.lease_block(session, who.hall, body.service, who.actor, has_forgotten=body.has_forgotten)

    return answered(await house.db.write(act, f"hall:{who.hall}"))


@routes.post("/api/v1/blocks/renew")
@allow("kiosk.use", body=Nothing, answer=Renewed)
async def renew(request: web.Request) -> web.Response:
    """Say that the kiosk is online and has merged all it gave: later numbers count from this contact."""
    house, who = _here(request)
    await forms.read(request, Nothing)

    def act(session: WriteSession) -> int:
        return house.hall.renew_blocks(session, who.hall, who.actor)

    return answered(Renewed(await house.db.write(act, f"hall:{who.hall}")))


@routes.post("/api/v1/blocks/{block}/merge")
@allow("kiosk.use", body=MergeBlock, answer=Merged)
async def merge(request: web.Request) -> web.Response:
    """Bring the numbers home that were given while cut off; sending them again changes nothing."""
    house, who = _here(request)
    body, block = await forms.read(request, MergeBlock), forms.number_in_path(request, "block")
    issued = [Offline(one.serial, one.issued_at, one.token, one.priority, one.phone, one.cases) for one in body.issued]

    def act(session: WriteSession) -> dict[str, Any]:
        home = house.hall.merge_block(session, who.hall, block, issued, who.actor)
        plain: dict[str, Any] = msgspec.to_builtins(Merged(tuple(taken(ticket) for ticket in home)))
        return plain

    return answered(await once(request, f"blocks/{block}/merge", body, act))


@routes.post("/api/v1/blocks/{block}/return")
@allow("kiosk.use", body=Nothing)
async def give_back(request: web.Request) -> web.Response:
    """Give a block back that is needed no more."""
    house, who = _here(request)
    await forms.read(request, Nothing)
    block = forms.number_in_path(request, "block")
    await house.db.write(
        lambda session: house.hall.give_block_back(session, who.hall, block, who.actor), f"hall:{who.hall}"
    )
    return answered({})


def _here(request: web.Request) -> tuple["House", Caller]:
    return request.app["house"], caller(request)
