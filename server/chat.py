"""The chat for enterprises (``/``), the chat API, a case behind its link (``/c/{token}``), Telegram's webhook."""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.db import ReadSession, WriteSession
from base.errors import BadInput, NotFound
from base.idempotency import once
from base.opening import opening_hours
from bot import BotSettings
from bot.channels import web as channel
from cases import VISITOR, Action, CaseOrder, PublicCase, Rating
from server import forms
from server.access import Asked, allow, caller
from server.limits import Limit
from server.pages import render

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

Secret = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Key = Annotated[str, Meta(min_length=1, max_length=100)]
OWN_ACTS = {
    "add": Action.ADD,
    "supply": Action.SUPPLY,
    "urge": Action.URGE,
    "rate": Action.CLOSE,
    "reopen": Action.REOPEN,
    "contest": Action.CONTEST_REFUSAL,
}
RATINGS = ((Rating.SATISFIED, "满意"), (Rating.BASIC, "基本满意"), (Rating.DISSATISFIED, "不满意"))


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """One message: ``text`` typed, or the ``choice`` of a button. Without ``conversation`` a new one begins."""

    key: Key
    conversation: Secret | None = None
    text: Annotated[str, Meta(max_length=8000)] | None = None
    choice: Annotated[str, Meta(max_length=120)] | None = None


class ButtonOut(msgspec.Struct, omit_defaults=True):
    """A button: its ``choice`` is sent back as it is; or it opens ``href``."""

    label: str
    choice: str = ""
    href: str = ""


class CandidateOut(msgspec.Struct):
    """An entry that was thought of."""

    topic: str
    score: float


class SourceOut(msgspec.Struct, rename={"starts": "from", "ends": "to"}):
    """Where an answer comes from; dates are ISO."""

    id: str
    revision: int
    title: str
    document: str | None
    clause: str | None
    starts: str | None
    ends: str | None
    verified_on: str | None


class TurnOut(msgspec.Struct):
    """One turn: the object of ``ask --json`` with its number and buttons; ``parts`` lay it out for a page."""

    id: str
    seq: int
    action: str
    act: str | None
    facet: str
    facets: list[str]
    topic: str | None
    topics: list[str]
    candidates: list[CandidateOut]
    confidence: float
    complete: bool
    text: str
    sources: list[SourceOut]
    buttons: list[ButtonOut]
    at: str
    name: str
    parts: dict[str, Any]


class ChatOut(msgspec.Struct):
    """The conversation's secret and state, the topic of its hints, its last number, and the turns that answer."""

    conversation: str
    state: str
    topic: str
    seq: int
    turns: list[TurnOut]


class OwnAct(msgspec.Struct, forbid_unknown_fields=True):
    """What an enterprise does to its own case."""

    text: Annotated[str, Meta(max_length=2000)] = ""
    rating: Rating | None = None


class Standing(msgspec.Struct):
    """How the case stands now."""

    number: str
    state: str
    status: str


@lru_cache(maxsize=8)
def _limits(house: "House") -> tuple[Limit, Limit]:
    """Per conversation, and per address (a hall's own network is one address: ten times as much)."""
    own = house.settings[BotSettings]
    return (
        Limit(per_hour=own.messages_per_hour, burst=own.message_burst),
        Limit(per_hour=own.messages_per_hour * 10, burst=own.message_burst * 10),
    )


@routes.get("/")
@allow("chat.own")
async def page(request: web.Request) -> web.Response:
    """The chat: phone first, also desktop and kiosk."""
    house: House = request.app["house"]
    about = await house.db.read(lambda session: house.hall.about(session, caller(request).hall))
    local = house.clock.now().astimezone(house.zone)
    is_open = about.is_trial or opening_hours(about.hours).is_open(local)
    return render(request, "chat.html", about=about, is_open=is_open, own=house.settings[BotSettings])


@routes.post("/api/v1/chat")
@allow("chat.own", body=Said, answer=ChatOut)
async def say(request: web.Request) -> web.Response:
    """Say something; the turns that answer it. The same ``key`` again gives the same turns."""
    house: House = request.app["house"]
    body = await forms.read(request, Said)
    per_conversation, per_address = _limits(house)
    per_address.spend(house.address_of(request), "消息发得太快")
    per_conversation.spend(body.conversation or house.address_of(request), "消息发得太快")
    said = channel.inbound(body.conversation, body.key, body.text, body.choice)
    return web.json_response(await channel.say(house.receptionist, said), dumps=_dumps)


@routes.get("/api/v1/chat/{conversation}")
@allow("chat.own", answer=ChatOut, query={"after": Asked("这个编号之后的", Annotated[int, Meta(ge=0)])})
async def fetch(request: web.Request) -> web.Response:
    """Everything after ``after``: turns, and in ``said`` what the enterprise wrote itself."""
    house: House = request.app["house"]
    after = forms.query(request, "after", Annotated[int, Meta(ge=0)], 0)  # type: ignore[arg-type]
    answer = await channel.fetch(house.receptionist, request.match_info["conversation"], after)
    return web.json_response(answer, headers={"Cache-Control": "no-store"}, dumps=_dumps)


@routes.get("/c/{token}")
@allow("case.own")
async def case(request: web.Request) -> web.Response:
    """A case as the enterprise sees it."""
    return render(request, "own_case.html", **await _own_case(request))


@routes.get("/c/{token}/now")
@allow("case.own")
async def case_now(request: web.Request) -> web.Response:
    """What changes on a case's page."""
    return render(request, "own_case_now.html", **await _own_case(request))


@routes.post("/c/{token}/{act:add|supply|urge|rate|reopen|contest}")
@allow("case.own", body=OwnAct, answer=Standing)
async def case_act(request: web.Request) -> web.Response:
    """Add to one's own case, supply what was asked for, urge, rate, reopen, or ask for a review."""
    house: House = request.app["house"]
    body, token = await forms.read(request, OwnAct), request.match_info["token"]
    action = OWN_ACTS[request.match_info["act"]]
    if action is Action.CLOSE and body.rating is None:
        raise BadInput("请选择满意、基本满意或不满意。", field="rating")
    found = await house.db.read(lambda session: house.casebook.by_secret(session, token))
    order = CaseOrder(action, text=body.text.strip(), reason=body.text.strip(), rating=body.rating)

    def job(session: WriteSession) -> dict[str, Any]:
        def act() -> dict[str, Any]:
            house.casebook.act(session, found.id, VISITOR, order)
            return _standing(house.casebook.by_secret(session, token))

        key = request.headers.get("Idempotency-Key")
        return once(session, (f"case:{found.id}", action.value), key, msgspec.to_builtins(body), act)

    return web.json_response(await house.db.write(job, f"case:{found.id}"))


@routes.post("/api/v1/telegram")
@allow("public")
async def telegram(request: web.Request) -> web.Response:
    """An update that Telegram pushes; answered at once, worked on later."""
    house: House = request.app["house"]
    messenger = house.telegram
    if messenger is None:
        raise NotFound("这个大厅没有启用 Telegram。")
    update = await forms.read(request, dict[str, Any])
    await messenger.webhook(request.headers.get("X-Telegram-Bot-Api-Secret-Token", ""), update)
    return web.json_response({"ok": True})


def _dumps(answer: object) -> str:
    return msgspec.json.encode(answer).decode()


async def _own_case(request: web.Request) -> dict[str, Any]:
    house: House = request.app["house"]
    token = request.match_info["token"]

    def job(session: ReadSession) -> PublicCase:
        return house.casebook.by_secret(session, token)

    found = await house.db.read(job)
    return {"case": found, "ratings": RATINGS, "may": {action.value for action in found.actions}}


def _standing(case: PublicCase) -> dict[str, Any]:
    return {"number": case.number, "state": case.state.value, "status": case.status_text}
