"""The front door: sign-in, passwords, pairing of devices, each role's landing page."""

import re
from typing import Annotated

import msgspec
from aiohttp import web

from base.errors import BadInput
from server import forms
from server.access import COUNTER_DEVICES, Role, allow, caller
from server.doors import Doors
from server.guard import forget_cookie, set_cookie
from server.pages import render

routes = web.RouteTableDef()

TEN_YEARS = 10 * 365 * 24 * 3600
DOORS = (
    ("/counter", "窗口叫号", "下一位、重呼、办结、转窗，快捷键都在按钮上。", "counter.work"),
    ("/desk", "在线咨询", "接待转人工的企业，查知识库，发答复或转为工单。", "chat.serve"),
    ("/supervisor", "督办", "临期超期工单、差评、等候异常，一页看完。", "case.work"),
    ("/library", "知识库", "办事指南与惠企政策的编写、核验和发布。", "knowledge.edit"),
    ("/reports", "报表", "等候、办理、承诺达成和评价。", "report.see"),
    ("/admin", "管理", "人员、设备、开放时间。", "admin"),
)
INSIDE = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")  # browsers drop tabs and take \ for /
DEVICE_PAGES = {Role.KIOSK: "/kiosk", Role.SCREEN: "/screen", Role.PANEL: "/panel", Role.PAD: "/rate"}


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Name and password of a member of staff."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SignedIn(msgspec.Struct):
    """Who is signed in now."""

    name: str
    roles: list[str]
    must_change_password: bool


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """The password now and the one to come."""

    old: Annotated[str, msgspec.Meta(max_length=200)]
    new: Annotated[str, msgspec.Meta(max_length=200)]


class Pairing(msgspec.Struct, forbid_unknown_fields=True):
    """A pairing code."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Next(msgspec.Struct):
    """The page to open now."""

    next: str


def _doors(request: web.Request) -> Doors:
    found: Doors = request.app["house"].doors
    return found


@routes.get("/sign-in")
@allow("public")
async def sign_in_page(request: web.Request) -> web.Response:
    """The sign-in page of staff; ``after`` says where to go then, inside this site only."""
    wanted = request.query.get("after", "/home")
    after = wanted if INSIDE.fullmatch(wanted) else "/home"
    is_device = any(after.startswith(page) for page in DEVICE_PAGES.values())
    return render(request, "sign_in.html", after=after, is_device=is_device)


@routes.post("/api/v1/session")
@allow("public", body=SignIn, answer=SignedIn)
async def sign_in(request: web.Request) -> web.Response:
    """Sign in: a cookie for this browser."""
    body = await forms.read(request, SignIn)
    house = request.app["house"]
    token = await _doors(request).sign_in(body.username, body.password, house.address_of(request))
    who = await _doors(request).find(token)
    if who is None:
        raise BadInput("登录没有成功，请再试一次。", field="username")
    signed_in = SignedIn(who.name, sorted(who.roles), who.must_change_password)
    response = web.json_response(msgspec.to_builtins(signed_in))
    set_cookie(request, response, token, house.server.session_hours * 3600)
    return response


@routes.post("/api/v1/session/end")
@allow("public")
async def sign_out(request: web.Request) -> web.Response:
    """Sign out: the session is revoked."""
    who = caller(request)
    if who.session_id is not None:
        await _doors(request).sign_out(who)
    response = web.json_response({})
    forget_cookie(request, response)
    return response


@routes.get("/password")
@allow("signed_in")
async def password_page(request: web.Request) -> web.Response:
    """Where one changes one's own password."""
    return render(request, "password.html")


@routes.post("/api/v1/session/password")
@allow("signed_in", body=NewPassword)
async def change_password(request: web.Request) -> web.Response:
    """Change one's own password."""
    body = await forms.read(request, NewPassword)
    await _doors(request).change_password(caller(request), body.old, body.new)
    return web.json_response({})


@routes.get("/pair/{code}")
@allow("public")
async def pair_page(request: web.Request) -> web.Response:
    """What a pairing link shows: one button."""
    code = request.match_info["code"]
    row = await _doors(request).waiting_device(code)
    return render(request, "pair.html", code=code, device=row)


@routes.post("/api/v1/pair")
@allow("public", body=Pairing, answer=Next)
async def pair(request: web.Request) -> web.Response:
    """Make this browser the device of the code."""
    body = await forms.read(request, Pairing)
    token, who = await _doors(request).pair(body.code)
    kind = next(iter(who.roles))
    address = DEVICE_PAGES[kind] + (f"/{who.counter}" if kind in COUNTER_DEVICES else "")
    response = web.json_response({"next": address})
    set_cookie(request, response, token, TEN_YEARS)
    return response


@routes.get("/home")
@allow("signed_in")
async def home(request: web.Request) -> web.Response:
    """A member of staff's landing page: the doors open to their roles."""
    who = caller(request)
    if who.must_change_password:
        raise web.HTTPSeeOther("/password")
    house = request.app["house"]
    about = await house.db.read(lambda session: house.hall.about(session, who.hall))
    is_plain = who.may("admin") and not house.is_https(request)
    return render(request, "home.html", here="/home", doors=DOORS, is_trial=about.is_trial, is_plain_http=is_plain)
