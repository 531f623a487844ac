"""Cases as JSON: open, list, look, act. The supervisor's pages post here too."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from base.db import ReadSession, WriteSession
from base.errors import BadInput, NotFound
from base.idempotency import once
from cases import (
    STATE_NAMES,
    Action,
    Actor,
    CaseFilter,
    CaseOrder,
    CaseView,
    Kind,
    Opening,
    Rating,
    State,
)
from server import forms
from server.access import Asked, Caller, allow, caller

if TYPE_CHECKING:
    from server.house import House

routes = web.RouteTableDef()

Line = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=4000)]


class NewCase(msgspec.Struct, forbid_unknown_fields=True):
    """A question or grievance that somebody at the hall writes down for an enterprise."""

    kind: Kind
    summary: Annotated[str, Meta(min_length=1, max_length=2000)]
    topic: Line | None = None
    office: Line | None = None
    enterprise: Line | None = None
    contact: Line | None = None
    phone: Annotated[str, Meta(pattern=r"^[0-9+ -]{5,20}$")] | None = None
    is_confidential: bool = False
    is_urgent: bool = False


class Transition(msgspec.Struct, forbid_unknown_fields=True):
    """An act upon a case, with the ``version`` that the page saw. ``parent``: the number or id of the main case."""

    version: int | None = None
    text: Long = ""
    reason: Long = ""
    basis: Line = ""
    office: Line | None = None
    days: Annotated[int, Meta(ge=1, le=60)] | None = None
    rating: Rating | None = None
    parent: Line | int | None = None


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why somebody looks at who reported."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class StepOut(msgspec.Struct):
    """One line of a case's timeline; ``told`` is what the enterprise was told."""

    at: datetime
    actor: str
    action: str
    line: str
    text: str
    reason: str
    told: str | None


class CaseOut(msgspec.Struct):
    """A case as staff see it, persons masked; ``actions`` are the transitions that the caller may carry out now."""

    id: int
    number: str
    version: int
    state: State
    state_name: str
    kind: Kind
    kind_name: str
    summary: str
    topic: str | None
    office: str | None
    answerable: str
    enterprise: str | None
    phone: str | None
    is_confidential: bool
    is_urgent: bool
    opened_at: datetime
    due_at: datetime
    due_on: date
    due_text: str | None
    is_provisional: bool
    is_overdue: bool
    is_paused: bool
    light: str
    pending: str
    answer: str
    actions: tuple[Action, ...]
    timeline: tuple[StepOut, ...] = ()


class CaseList(msgspec.Struct):
    """Some of a list, soonest due first; ``next`` is to be sent back as ``after``."""

    cases: list[CaseOut]
    next: str | None


class ContactOut(msgspec.Struct):
    """Who reported; looking is logged."""

    enterprise: str | None
    contact: str | None
    phone: str | None


def actor_of(who: Caller) -> Actor:
    """The caller as the casebook knows people."""
    return Actor.of(who.actor, who.roles)


def own_case(session: ReadSession, house: "House", who: Caller, case: int) -> CaseView:
    """The case with its timeline, if it is of the caller's hall."""
    found = house.casebook.view(session, case, actor_of(who))
    if found.hall != who.hall:
        raise NotFound(f"没有编号为 {case} 的诉求。")
    return found


@routes.post("/api/v1/cases")
@allow("case.open", body=NewCase, answer=CaseOut, status=201)
async def open_case(request: web.Request) -> web.Response:
    """Register a case on behalf of an enterprise."""
    body = await forms.read(request, NewCase)
    house, who = request.app["house"], caller(request)
    plain = msgspec.to_builtins(body)

    def act(session: WriteSession) -> dict[str, Any]:
        given = {name: getattr(body, name) for name in body.__struct_fields__}
        opening = Opening(hall=who.hall, origin=f"desk:{who.actor}", **given)
        return _plain(house.casebook.open(session, opening, actor_of(who)))

    def job(session: WriteSession) -> dict[str, Any]:
        return once(session, (who.actor, "cases.open"), _key(request), plain, lambda: act(session))

    return web.json_response(await house.db.write(job, f"cases:{who.hall}"), status=201)


@routes.get("/api/v1/cases")
@allow(
    "case.work",
    answer=CaseList,
    query={
        "state": Asked("一个或几个状态，以逗号分隔；不写为全部在办"),
        "overdue": Asked("只看超期的", Literal["true"]),
        "q": Asked("编号、内容或企业名称里的字"),
        "after": Asked("上一页的 next"),
    },
)
async def list_cases(request: web.Request) -> web.Response:
    """Cases, soonest due first; ``state`` one or several separated by commas, none: all that are open."""
    house, who = request.app["house"], caller(request)
    asked = CaseFilter(
        hall=who.hall,
        states=tuple(_state(name) for name in filter(None, request.query.get("state", "").split(","))),
        is_overdue=request.query.get("overdue") == "true",
        text=request.query.get("q", "")[:80],
        after=request.query.get("after"),
    )
    page = await house.db.read(lambda session: house.casebook.list(session, asked, actor_of(who)))
    return web.json_response({"cases": [_plain(one) for one in page.rows], "next": page.next})


@routes.get("/api/v1/cases/{id}")
@allow("case.work", answer=CaseOut)
async def one_case(request: web.Request) -> web.Response:
    """One case with its timeline."""
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "id")
    return web.json_response(_plain(await house.db.read(lambda session: own_case(session, house, who, number))))


@routes.post("/api/v1/cases/{id}/reveal")
@allow("case.work", body=Reason, answer=ContactOut)
async def reveal(request: web.Request) -> web.Response:
    """Who reported, unsealed; who looked and why goes into the timeline."""
    body = await forms.read(request, Reason)
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "id")

    def job(session: WriteSession) -> ContactOut:
        own_case(session, house, who, number)
        contact = house.casebook.reveal(session, number, actor_of(who), body.reason)
        return ContactOut(contact.enterprise, contact.contact, contact.phone)

    return web.json_response(msgspec.to_builtins(await house.db.write(job, f"case:{number}")))


@routes.post("/api/v1/cases/{id}/{transition}")
@allow("case.work", body=Transition, answer=CaseOut)
async def act_on_case(request: web.Request) -> web.Response:
    """Carry out a transition: one of the case's ``actions``. 409 when the case changed since ``version``."""
    body = await forms.read(request, Transition)
    house, who, number = request.app["house"], caller(request), forms.number_in_path(request, "id")
    action = _action(request.match_info["transition"])
    plain = msgspec.to_builtins(body)

    def act(session: WriteSession) -> dict[str, Any]:
        own_case(session, house, who, number)
        given = {name: getattr(body, name) for name in body.__struct_fields__ if name != "parent"}
        order = CaseOrder(action=action, parent=_parent(session, house, who, body.parent), **given)
        return _plain(house.casebook.act(session, number, actor_of(who), order))

    def job(session: WriteSession) -> dict[str, Any]:
        route = f"cases.{number}.{action}"
        return once(session, (who.actor, route), _key(request), plain, lambda: act(session))

    return web.json_response(await house.db.write(job, f"case:{number}"))


def _plain(case: CaseView) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.convert(case, CaseOut, from_attributes=True))
    return plain


def _key(request: web.Request) -> str | None:
    return request.headers.get("Idempotency-Key")


def _state(name: str) -> State:
    if name not in list(State):
        allowed = "、".join(f"{state}（{words}）" for state, words in STATE_NAMES.items())
        raise BadInput(f"不认识的状态“{name}”；可用的有：{allowed}。", field="state")
    return State(name)


def _action(name: str) -> Action:
    plain = name.replace("-", "_")
    if plain not in list(Action):
        raise NotFound(f"诉求没有“{name}”这个动作；这件诉求可以做什么，见它的 actions。")
    return Action(plain)


def _parent(session: ReadSession, house: "House", who: Caller, given: str | int | None) -> int | None:
    """The id of the main case, from its id or from the number that people know."""
    if given is None or isinstance(given, int):
        return given
    number = given.strip().upper()
    page = house.casebook.list(session, CaseFilter(hall=who.hall, text=number), actor_of(who))
    for one in page.rows:
        if one.number == number:
            return one.id
    raise BadInput(f"没有找到在办的诉求 {given}，请核对编号。", field="parent")
