"""One leg from the database and back: load, compare-and-set, the event that keeps what was before, the audit row."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base import journal
from base.db import EPOCH, MICROSECOND, Moment, ReadSession, WriteSession
from base.errors import Conflict, NotFound
from base.prepared import prepared
from hallqueue import tables
from hallqueue.rules.leg import Leg
from hallqueue.rules.line import Standing
from hallqueue.rules.ticket import State

LEG_FIELDS = tuple(field.name for field in fields(Leg))
FIXED = frozenset({"id", "hall", "ticket", "service", "day", "holder", "follows", "version"})
MUTABLE = tuple(name for name in LEG_FIELDS if name not in FIXED)
_MOMENTS = frozenset(name for name in LEG_FIELDS if isinstance(tables.leg.c[name].type, Moment))

_UPDATE = prepared(
    sa.update(tables.leg).where(
        tables.leg.c.id == sa.bindparam("leg_id"), tables.leg.c.version == sa.bindparam("leg_version")
    )
)
_FORGET_ESTIMATES = sa.delete(tables.estimate).where(tables.estimate.c.leg == sa.bindparam("leg_id"))
_REMOVE = sa.delete(tables.leg).where(tables.leg.c.id == sa.bindparam("leg_id"))
# SQLite would give the id of a removed leg again, and a page might act on a stranger's; an event's id is never given
# twice, and every leg has one, so the next event's is free.
_NEXT_EVENT = sa.select(sa.func.coalesce(sa.func.max(tables.queue_event.c.id), 0) + 1).scalar_subquery()
_ADD_LEG = sa.insert(tables.leg).returning(tables.leg.c.id)
_INSERT = {"sqlite": prepared(_ADD_LEG.values(id=_NEXT_EVENT)), "postgresql": prepared(_ADD_LEG)}
_EVENT = prepared(sa.insert(tables.queue_event))
_ENTER = (
    sa.update(tables.number_series)
    .where(tables.number_series.c.service == sa.bindparam("of_service"))
    .where(tables.number_series.c.day == sa.bindparam("on_day"))
    .values(entries=tables.number_series.c.entries + 1)
    .returning(tables.number_series.c.entries)
)
_OPEN_SERIES = sa.insert(tables.number_series)


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known around a leg: its ticket, its service, the wall number of its counter."""

    number: str
    token: str
    issued_at: datetime
    priority: str | None
    phone: str | None
    cases: int
    origin: str
    service_code: str
    service_name: str
    counter: int | None
    counter_name: str | None
    coming_at: datetime | None = None
    is_verified: bool | None = None
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A leg with its paper."""

    leg: Leg
    paper: Paper

    def now(self, leg: Leg) -> "Found":
        """The same paper with the leg as it has become."""
        return replace(self, leg=leg)


_PAPER = (
    tables.ticket.c.number.label("paper_number"),
    tables.ticket.c.token,
    tables.ticket.c.issued_at,
    tables.ticket.c.priority,
    tables.ticket.c.phone,
    tables.ticket.c.cases,
    tables.ticket.c.origin,
    tables.service.c.code.label("service_code"),
    tables.service.c.name.label("service_name"),
    tables.counter.c.number.label("counter_number"),
    tables.counter.c.name.label("counter_name"),
    tables.ticket.c.coming_at,
    tables.ticket.c.is_verified,
    tables.ticket.c.reply_to,
)
FOUND = (
    sa.select(*(tables.leg.c[name] for name in LEG_FIELDS), *_PAPER)
    .join(tables.ticket, tables.ticket.c.id == tables.leg.c.ticket)
    .join(tables.service, tables.service.c.id == tables.leg.c.service)
    .outerjoin(tables.counter, tables.counter.c.id == tables.leg.c.counter)
)
_BY_ID = prepared(FOUND.where(tables.leg.c.id == sa.bindparam("leg_id")))
_BY_TOKEN = FOUND.where(tables.ticket.c.token == sa.bindparam("token")).order_by(tables.leg.c.id.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Deed:
    """Who did what, where: the event beside the leg; ``was``: the state before there was a leg."""

    actor: str
    command: str
    session: int | None = None
    counter: int | None = None
    reason: str | None = None
    key: str | None = None
    was: State | None = None


def found_from(row: Row[Any]) -> Found:
    """A row of ``FOUND`` as plain dataclasses."""
    values = list(row[: len(LEG_FIELDS)])
    leg = _leg(dict(zip(LEG_FIELDS, values, strict=True)))
    rest = list(row[len(LEG_FIELDS) :])
    return Found(leg, Paper(*rest))


def load(session: ReadSession, leg: int) -> Found:
    """The leg of that id, or ``NotFound``."""
    row = session.first(_BY_ID, leg_id=leg)
    if row is None:
        raise NotFound("找不到这张号，请刷新页面后再试。", field="leg")
    return found_from(row)


def load_by_token(session: ReadSession, token: str) -> Found:
    """The newest leg of the ticket with ``token``, or ``NotFound``."""
    row = session.first(_BY_TOKEN, token=token)
    if row is None:
        raise NotFound("找不到这张号票，请核对链接或二维码，或到导办台查询。", field="token")
    return found_from(row)


def save(session: WriteSession, before: Found, leg: Leg, deed: Deed) -> Found:
    """Write ``leg`` over ``before`` if it still has that version; note the event and the audit row."""
    old = before.leg
    saved = replace(leg, version=old.version + 1)
    values = {name: getattr(saved, name) for name in MUTABLE}
    values["items_done"] = list(saved.items_done)
    if session.run(_UPDATE, leg_id=old.id, leg_version=old.version, **values | {"version": saved.version}) != 1:
        raise Conflict("这张号刚被另一处改动，请刷新后再操作。")
    note(session, before.now(saved), deed, was=old)
    return before.now(saved)


def add_leg(session: WriteSession, values: Mapping[str, object], paper: Paper, deed: Deed) -> Found:
    """A new leg of an existing ticket."""
    row = {"items_done": [], "recalls": 0, "misses": 0, "defers": 0, "version": 1, **values}
    leg = _leg({**dict.fromkeys(LEG_FIELDS), **row, "id": session.value(_INSERT[session.dialect], **row)})
    new = Found(leg, paper if paper.counter is None else replace(paper, counter=None, counter_name=None))
    note(session, new, deed, was=None)
    return new


def remove(session: WriteSession, found: Found, deed: Deed) -> None:
    """Take back a leg that an undone command had made; its events stay."""
    note(session, found, deed, was=found.leg)
    session.run(_FORGET_ESTIMATES, leg_id=found.leg.id)
    session.run(_REMOVE, leg_id=found.leg.id)


def note(session: WriteSession, found: Found, deed: Deed, *, was: Leg | None) -> None:
    """The append-only event (with the leg's row before it) and the audit row; pages are told."""
    leg = found.leg
    session.run(
        _EVENT,
        hall=leg.hall,
        at=session.now,
        actor=deed.actor,
        command=deed.command,
        ticket=leg.ticket,
        leg=leg.id,
        session=deed.session,
        counter=deed.counter,
        was=was.state if was else deed.was,
        became=leg.state,
        reason=deed.reason,
        key=deed.key,
        before=plain(was) if was else None,
    )
    topics = [f"board:{leg.hall}", f"ticket:{found.paper.token}"]
    if found.paper.counter is not None:
        topics.append(f"counter:{leg.hall}:{found.paper.counter}")
    detail: dict[str, object] = {"leg": leg.id, "to": leg.state.value}
    if deed.reason:
        detail["has_reason"] = True
    journal.record(session, deed.actor, f"queue.{deed.command}", f"ticket:{leg.ticket}", topics, detail=detail)


def note_session(session: WriteSession, hall: int, counter_number: int, deed: Deed) -> None:
    """The event and audit row of a change at the counter itself."""
    note_hall(session, hall, deed)
    topics = (f"board:{hall}", f"counter:{hall}:{counter_number}")
    detail = {"reason": deed.reason} if deed.reason else None
    journal.record(session, deed.actor, f"counter.{deed.command}", f"counter:{deed.counter}", topics, detail=detail)


def note_hall(session: WriteSession, hall: int, deed: Deed) -> None:
    """An event that is no leg's: the board's cursor moves."""
    session.run(
        _EVENT,
        hall=hall,
        at=session.now,
        actor=deed.actor,
        command=deed.command,
        ticket=None,
        leg=None,
        session=deed.session,
        counter=deed.counter,
        was=None,
        became=None,
        reason=deed.reason,
        key=None,
        before=None,
    )


def enter(session: WriteSession, leg_hall: int, service: int, day: object) -> int:
    """The next place in the order of entering a service's line; its series row is opened if this is the first."""
    entered = session.value(_ENTER, of_service=service, on_day=day)
    if entered is None:
        session.run(_OPEN_SERIES, hall=leg_hall, service=service, day=day, last=0, entries=1, run=0)
        return 1
    return int(entered)


def plain(leg: Leg) -> dict[str, object]:
    """What may change of a leg, as JSON; moments in microseconds since 1970."""
    return {name: _as_json(getattr(leg, name)) for name in MUTABLE}


def with_plain(leg: Leg, kept: Mapping[str, Any]) -> Leg:
    """``leg`` with what ``plain`` kept of it before."""
    values = {name: _from_json(name, kept[name]) for name in MUTABLE}
    return _leg({name: getattr(leg, name) for name in FIXED} | values)


def _leg(values: dict[str, Any]) -> Leg:
    values["state"] = State(values["state"])
    values["standing"] = Standing(values["standing"])
    values["items_done"] = tuple(values["items_done"])
    return Leg(**values)


def _as_json(value: object) -> object:
    return (value - EPOCH) // MICROSECOND if isinstance(value, datetime) else value


def _from_json(name: str, value: Any) -> Any:  # noqa: ANN401 (any column's type)
    return EPOCH + value * MICROSECOND if name in _MOMENTS and value is not None else value
