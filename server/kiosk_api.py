"""What a kiosk asks of the house beside a number: a slip on the printer, a lost slip found, its heartbeat."""

import contextlib
from typing import TYPE_CHECKING, Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from base.errors import Unavailable
from hallqueue import find_token
from server import devices, forms
from server.access import allow, caller
from server.kiosk import printed
from server.limits import Limit
from server.queue_forms import Nothing, answered
from server.slips import Paper

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

_SLIPS = Limit(per_hour=1200, burst=30)
_LOOKS_BY_DEVICE = Limit(per_hour=60, burst=12)
_LOOKS_BY_NUMBER = Limit(per_hour=6, burst=4)
BROWSER = "browser"
WORDS = {
    Paper.FINE: "已打印，请取走号票。",
    Paper.LOW: "已打印，请取走号票。",
    Paper.OUT: "打印机缺纸，请记下号码或扫码；已通知工作人员。",
    Paper.SILENT: "打印机没有响应，请记下号码或扫码。",
}


class SlipWish(msgspec.Struct, forbid_unknown_fields=True):
    """The ticket whose slip is wanted; ``again``: it was printed before."""

    token: Annotated[str, Meta(min_length=1, max_length=64)]
    again: bool = False


class SlipAnswer(msgspec.Struct):
    """Whether a slip came out. ``printer``: browser (this kiosk's own page prints), fine, low, out or silent."""

    printer: str
    is_printed: bool
    message: str


class LostSlip(msgspec.Struct, forbid_unknown_fields=True):
    """A number, and the last four digits of the phone that was left with it."""

    number: Annotated[str, Meta(min_length=1, max_length=16)]
    phone_end: Annotated[str, Meta(max_length=16)]


class FoundSlip(msgspec.Struct):
    """The ticket's secret."""

    token: str


@routes.post("/api/v1/kiosk/slips")
@allow("kiosk.use", body=SlipWish, answer=SlipAnswer)
async def put_out(request: web.Request) -> web.Response:
    """Print a slip on the kiosk's receipt printer, outside any transaction; a printer's failure is an answer."""
    house: House = request.app["house"]
    who, wish = caller(request), await forms.read(request, SlipWish)
    _SLIPS.spend(who.actor, "打印太频繁")
    address = house.printing.address(who.name)
    if not address:
        return answered(SlipAnswer(BROWSER, is_printed=False, message=""))
    found = await printed(house, who.hall, wish.token, is_again=wish.again)
    paper = await house.printing.put_out(address, found.slip)
    if (which := who.device_id) is not None:
        with contextlib.suppress(Unavailable):  # the slip is out, whatever can be noted of it
            await house.db.write(lambda session: devices.set_paper(session, which, paper), f"device:{which}")
    return answered(SlipAnswer(paper, is_printed=paper in (Paper.FINE, Paper.LOW), message=WORDS[paper]))


@routes.post("/api/v1/kiosk/find")
@allow("kiosk.use", body=LostSlip, answer=FoundSlip)
async def find(request: web.Request) -> web.Response:
    """Find the ticket of somebody who lost the slip."""
    house: House = request.app["house"]
    who, lost = caller(request), await forms.read(request, LostSlip)
    _LOOKS_BY_DEVICE.spend(who.actor, "查得太频繁")
    _LOOKS_BY_NUMBER.spend(f"{who.hall}:{lost.number.strip().upper()}", "这个号码查得太频繁")
    token = await house.db.read(lambda session: find_token(session, who.hall, lost.number, lost.phone_end))
    return answered(FoundSlip(token))


@routes.post("/api/v1/devices/seen")
@allow("device.report", body=Nothing, answer=Nothing)
async def seen(request: web.Request) -> web.Response:
    """The heartbeat of a device page, every 30 s while it is open."""
    house: House = request.app["house"]
    await forms.read(request, Nothing)
    if (which := caller(request).device_id) is not None:
        await house.db.write(lambda session: devices.seen(session, which), f"device:{which}")
    return answered(Nothing())
