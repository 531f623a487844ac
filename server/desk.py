"""The enquiry desk (``/desk``): chats that wait for a person, each conversation live, reply, give back, make a case."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.errors import NotFound
from bot import BotSettings, Conversation, Message, Staff, State, plain
from cases import CaseView
from server import forms
from server.access import Caller, allow, caller
from server.case_api import own_case
from server.pages import render
from server.people import Names, names

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

CHANNELS = {"web": "网页", "telegram": "Telegram", "kiosk": "取号机", "wecom": "企业微信", "wechat": "公众号"}
SLOW, TOO_SLOW = timedelta(minutes=2), timedelta(minutes=4)
LONG_TEXT = 220
SNIPPET = 48
SHORTEST_KEY = 8


class Saying(msgspec.Struct, forbid_unknown_fields=True):
    """What a member of staff says to the enterprise."""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class CaseOf(msgspec.Struct, forbid_unknown_fields=True):
    """A case made of a conversation; ``text`` empty: what the enterprise asked last."""

    text: Annotated[str, Meta(max_length=1000)] = ""


class Chat(msgspec.Struct):
    """A conversation as it now stands."""

    id: int
    state: str
    owner: str | None


class CaseMade(msgspec.Struct):
    """The case that was made."""

    id: int
    number: str


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list: how long it waits, and in what tone."""

    chat: Conversation
    channel: str
    waits: timedelta
    tone: str
    owner: str
    question: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message as staff read it. ``side``: them, bot, us, system."""

    side: str
    who: str
    text: str
    is_long: bool
    is_flagged: bool
    at: datetime


@routes.get("/desk")
@allow("chat.serve")
async def desk(request: web.Request) -> web.Response:
    """The waiting chats; nothing chosen yet."""
    return render(request, "desk_page.html", chosen=None, lines=[], **await _list(request, 0))


@routes.get("/desk/list")
@allow("chat.serve")
async def list_fragment(request: web.Request) -> web.Response:
    """The list alone; ``chosen`` is the conversation that is open beside it."""
    return render(request, "desk_list.html", **await _list(request, forms.query(request, "chosen", int, 0)))


@routes.get("/desk/chat/{id}")
@allow("chat.serve")
async def chat_page(request: web.Request) -> web.Response:
    """One conversation, live, with the reply and the library beside it."""
    number = forms.number_in_path(request, "id")
    values = await _list(request, number)
    row = next((row for row in values["rows"] if row.chat.id == number), None)
    lines = await _lines(request, number)
    if not lines:
        raise NotFound("没有这段对话，或已过保存期；请从列表里选择。")
    house: House = request.app["house"]
    return render(
        request,
        "desk_page.html",
        chosen=row,
        number=number,
        lines=lines,
        is_mine=bool(row and row.chat.owner == caller(request).actor),
        slots=row.chat.context.slots if row else {},
        topic=house.library.snapshot.entries.get(row.chat.context.topic) if row else None,
        **values,
    )


@routes.get("/desk/chat/{id}/lines")
@allow("chat.serve")
async def lines_fragment(request: web.Request) -> web.Response:
    """What was said in a conversation."""
    return render(request, "desk_lines.html", lines=await _lines(request, forms.number_in_path(request, "id")))


@routes.get("/supervisor/case/{id}/conversation")
@allow("case.work")
async def case_lines(request: web.Request) -> web.Response:
    """What was said in the conversation that a case came from; sealed for confidential ones."""
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "id")
    case = await house.db.read(lambda session: own_case(session, house, who, number))
    chat = conversation_of(case)
    return render(request, "desk_lines.html", lines=await _lines(request, chat) if chat else [])


@routes.post("/api/v1/desk/{id}/claim")
@allow("chat.serve", answer=Chat)
async def claim(request: web.Request) -> web.Response:
    """Take the word in a conversation."""
    house, number = request.app["house"], forms.number_in_path(request, "id")
    return _answer(await house.receptionist.claim(number, _staff(caller(request))))


@routes.post("/api/v1/desk/{id}/say")
@allow("chat.serve", body=Saying)
async def say(request: web.Request) -> web.Response:
    """Say something to the enterprise; the same Idempotency-Key says it once."""
    body = await forms.read(request, Saying)
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "id")
    given = request.headers.get("Idempotency-Key", "")
    key = f"{who.actor}:{given}" if len(given) >= SHORTEST_KEY else f"{who.actor}:{house.clock.now().isoformat()}"
    said = await house.receptionist.staff_say(number, _staff(who), body.text, key=key[:120])
    return web.json_response({"seq": said.seq})


@routes.post("/api/v1/desk/{id}/give-back")
@allow("chat.serve", answer=Chat)
async def give_back(request: web.Request) -> web.Response:
    """Give the word back to the bot."""
    house, number = request.app["house"], forms.number_in_path(request, "id")
    return _answer(await house.receptionist.give_back(number, _staff(caller(request))))


@routes.post("/api/v1/desk/{id}/case")
@allow("chat.serve", body=CaseOf, answer=CaseMade)
async def make_case(request: web.Request) -> web.Response:
    """Make a case of a conversation; the enterprise is told its number there."""
    body = await forms.read(request, CaseOf)
    house, number = request.app["house"], forms.number_in_path(request, "id")
    case = await house.receptionist.to_case(number, caller(request).actor, text=body.text)
    return web.json_response(msgspec.to_builtins(CaseMade(case.id, case.number)))


def conversation_of(case: CaseView) -> int:
    """The conversation that a case came from; 0: none, or sealed."""
    kind, _, number = (case.packet.transcript or "").partition(":")
    return int(number) if kind == "chat" and number.isdecimal() else 0


async def _list(request: web.Request, chosen: int) -> dict[str, Any]:
    house: House = request.app["house"]
    now, me, settings = house.clock.now(), caller(request).actor, house.settings[BotSettings]
    chats = await house.receptionist.with_people()
    name: Names = await house.db.read(names)
    rows = [_row(chat, now, name) for chat in chats]
    return {
        "rows": rows,
        "waiting": [row for row in rows if row.chat.state is State.WAITING],
        "mine": [row for row in rows if row.chat.state is State.HUMAN and row.chat.owner == me],
        "others": [row for row in rows if row.chat.state is State.HUMAN and row.chat.owner != me],
        "open_chat": chosen,
        "is_live": settings.live_desk,
        "pool_minutes": settings.pool_minutes,
    }


def _row(chat: Conversation, now: datetime, name: Names) -> Row:
    waits = now - (chat.waiting_since or chat.heard_at)
    tone = "late" if waits >= TOO_SLOW else "warn" if waits >= SLOW else "ok"
    question = chat.context.question or "请求人工服务"
    short = question if len(question) <= SNIPPET else question[:SNIPPET] + "…"
    return Row(chat, CHANNELS.get(chat.channel, chat.channel), waits, tone, name(chat.owner), short)


async def _lines(request: web.Request, number: int) -> list[Line]:
    house: House = request.app["house"]
    said = await house.receptionist.transcript(number)
    name = await house.db.read(names)
    return [_line(message, name) for message in said]


def _line(message: Message, name: Names) -> Line:
    """A message without its links: they open the enterprise's own pages, where only it may act."""
    text = plain(replace(message.turn, buttons=())) if message.turn else message.text or message.choice
    side, who = "us", name(message.sender)
    if message.sender == "enterprise":
        side, who = "them", "企业"
    elif message.sender == "bot":
        side, who = "bot", "智能助手"
    elif message.sender == "system":
        side, who = "system", "系统"
    is_long = side == "bot" and len(text) > LONG_TEXT
    return Line(side, who, text, is_long, message.is_flagged, message.at)


def _staff(who: Caller) -> Staff:
    return Staff(who.actor, who.name)


def _answer(chat: Conversation) -> web.Response:
    return web.json_response(msgspec.to_builtins(Chat(chat.id, chat.state, chat.owner)))
