"""The queue's JSON: what a request may say and what it is answered."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from base.errors import BadInput, Conflict
from hallqueue import CallView, LegFacts, LegView, ServiceView, SessionView, TicketView, WaitRange

LONGEST_KEY = 80
LEG_FIELDS = tuple(field.name for field in fields(LegFacts))
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Code = Annotated[str, Meta(min_length=1, max_length=20)]
Phone = Annotated[str, Meta(pattern=r"^[0-9+ -]{5,20}$")]


class TakeTicket(msgspec.Struct, forbid_unknown_fields=True):
    """A wish for a number; ``service`` is the service's code, ``cases`` how many matters a proxy brings.

    ``code``: what the hall shows to those who take by phone, if it asks for it.
    """

    service: Code
    priority: Code | None = None
    phone: Phone | None = None
    holder: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    cases: Annotated[int, Meta(ge=1, le=50)] = 1
    code: Annotated[str, Meta(max_length=20)] | None = None


class Taken(msgspec.Struct):
    """The number that was given; ``wait`` null: no honest estimate."""

    id: int
    number: str
    token: str
    ahead: int
    wait: WaitRange | None
    rank_at: datetime


class Rating(msgspec.Struct, forbid_unknown_fields=True):
    """好差评: ``stars`` 5 非常满意 … 1 非常不满意."""

    stars: Annotated[int, Meta(ge=1, le=5)]
    tags: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=8)] = ()
    text: Annotated[str, Meta(max_length=500)] = ""


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """A request without content."""


class PauseReason(msgspec.Struct, forbid_unknown_fields=True):
    """Why the counter pauses."""

    reason: Text


class LegOrder(msgspec.Struct, forbid_unknown_fields=True):
    """A command about one leg, with the version the page saw. ``target``: the service code of a transfer."""

    leg: int
    version: int
    reason: Text | None = None
    target: Code | None = None
    items: Annotated[tuple[Annotated[str, Meta(max_length=80)], ...], Meta(max_length=50)] = ()
    is_back: bool = False
    is_kept: bool = False
    is_override: bool = False


class NoLeg(msgspec.Struct):
    """Nobody waits for this counter."""

    leg: None = None


class SessionAnswer(msgspec.Struct):
    """A clerk at a counter, with the leg they hold."""

    session: int
    counter: int
    counter_name: str
    state: str
    reason: str | None
    opened_at: datetime
    since: datetime
    leg: LegFacts | None


class Services(msgspec.Struct):
    """What numbers may be taken for."""

    services: tuple[ServiceView, ...]


class Calls(msgspec.Struct):
    """Announcements, oldest first."""

    calls: tuple[CallView, ...]


class LeaseBlock(msgspec.Struct, forbid_unknown_fields=True):
    """A wish for numbers to give while cut off; ``has_forgotten``: the kiosk lost its notes of what it printed."""

    service: Code
    has_forgotten: bool = False


class OfflineNumber(msgspec.Struct, forbid_unknown_fields=True):
    """A number that was given while cut off; ``token`` is the secret in its QR code, if one was printed."""

    serial: Annotated[int, Meta(ge=1)]
    issued_at: Annotated[datetime, Meta(tz=True)]
    service: Code | None = None
    priority: Code | None = None
    phone: Phone | None = None
    token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{20,40}$")] | None = None
    cases: Annotated[int, Meta(ge=1, le=50)] = 1


class MergeBlock(msgspec.Struct, forbid_unknown_fields=True):
    """What a kiosk gave of one block while it was cut off."""

    issued: Annotated[tuple[OfflineNumber, ...], Meta(max_length=100)]


class Merged(msgspec.Struct):
    """The tickets that they have become, in the order given."""

    tickets: tuple[Taken, ...]


class Renewed(msgspec.Struct):
    """How many blocks are renewed."""

    blocks: int


def taken(ticket: TicketView) -> Taken:
    """What ``POST /api/v1/tickets`` answers."""
    return Taken(ticket.id, ticket.number, ticket.token, ticket.ahead, ticket.wait, ticket.rank_at)


def leg_answer(leg: LegView) -> LegFacts:
    """A leg without the visitor's secret, the phone masked."""
    shown = {name: getattr(leg, name) for name in LEG_FIELDS}
    return LegFacts(**shown | {"phone": masked(leg.phone)})


def session_answer(session: SessionView) -> SessionAnswer:
    """A counter session, its leg in the form of ``leg_answer``."""
    return SessionAnswer(
        session.session,
        session.counter,
        session.counter_name,
        session.state.value,
        session.reason,
        session.opened_at,
        session.since,
        leg_answer(session.leg) if session.leg else None,
    )


def without_secrets(refusal: Conflict) -> Conflict:
    """The same refusal, the leg in its detail in the form of ``leg_answer``."""
    leg = (refusal.detail or {}).get("leg")
    if not isinstance(leg, dict):
        return refusal
    shown = {name: value for name, value in leg.items() if name in LEG_FIELDS}
    shown["phone"] = masked(leg.get("phone"))
    return Conflict(refusal.message, field=refusal.field, allowed=refusal.allowed, detail={"leg": shown})


def masked(phone: str | None) -> str | None:
    """A phone with its middle hidden: ``138****5678``."""
    if phone is None:
        return None
    digits = phone.replace(" ", "").replace("-", "")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else f"****{digits[-2:]}"  # noqa: PLR2004 (3 + 4 shown)


def answered(value: Any, status: int = 200) -> web.Response:  # noqa: ANN401 (any answer type)
    """``value`` as JSON."""
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def key_of(request: web.Request) -> str | None:
    """The request's idempotency key."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= LONGEST_KEY:
        raise BadInput(f"Idempotency-Key 须为 1–{LONGEST_KEY} 个字符，收到 {len(key)} 个。", field="Idempotency-Key")
    return key
