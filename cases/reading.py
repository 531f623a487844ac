"""Reading cases: rows to records and views, the list, and the ways an enterprise finds its own."""

import hmac
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import EPOCH, MICROSECOND, ReadSession
from base.errors import BadInput, NotFound
from cases.effects import Terms, said, spoken_at
from cases.rules import duty, wording
from cases.rules.case import ACTION_NAMES, CLOCK_RUNS, OPEN_STATES, STATE_NAMES, Action, State
from cases.rules.record import (
    KIND_NAMES,
    LIGHT_NAMES,
    PENDING_NAMES,
    RATING_NAMES,
    Actor,
    CaseRecord,
    Kind,
    Light,
    Pending,
    Rating,
)
from cases.tables import case, case_event
from cases.views import (
    CaseFilter,
    CaseOrder,
    CasePage,
    CaseView,
    EventView,
    Opening,
    Packet,
    PublicCase,
    PublicStep,
    Tally,
)

ENUMS: dict[str, type] = {"state": State, "kind": Kind, "light": Light, "pending": Pending}
NO_ORDER = CaseOrder(Action.NOTE)
HIDDEN = "已保密"
_SHOWN_APART = {"helpers", "enterprise", "contact", "phone", "reply_to", "packet"}
SAME = tuple(one.name for one in fields(CaseView) if hasattr(CaseRecord, one.name) and one.name not in _SHOWN_APART)
FROM_OPENING = tuple(one.name for one in fields(Opening) if one.name != "packet")
_BY_ID = sa.select(case).where(case.c.id == sa.bindparam("case"))
_BY_SECRET = sa.select(case).where(case.c.secret == sa.bindparam("secret"))
_BY_NUMBER = sa.select(case).where(case.c.hall == sa.bindparam("hall"), case.c.number == sa.bindparam("number"))
_BY_ADDRESS = sa.select(case).where(case.c.reply_to == sa.bindparam("reply_to")).order_by(case.c.id.desc()).limit(10)
_CHILDREN = sa.select(case).where(case.c.parent == sa.bindparam("case")).order_by(case.c.id)
_TIMELINE = sa.select(case_event).where(case_event.c.case_id == sa.bindparam("case")).order_by(case_event.c.id)
_FLAG = {name: sa.bindparam(name, type_=sa.Boolean) for name in ("any_kind", "any_office", "any_pending", "any_text")}
_LIST = (
    sa.select(case)
    .where(
        case.c.hall == sa.bindparam("hall"),
        case.c.state.in_(sa.bindparam("states", expanding=True)),
        case.c.due_on <= sa.bindparam("due_by", type_=sa.Date),
        case.c.due_at < sa.bindparam("due_before", type_=case.c.due_at.type),
        case.c.is_watched.in_(sa.bindparam("watched", expanding=True)),
        sa.or_(_FLAG["any_kind"], case.c.kind.in_(sa.bindparam("kinds", expanding=True))),
        sa.or_(_FLAG["any_office"], case.c.office.in_(sa.bindparam("offices", expanding=True))),
        sa.or_(_FLAG["any_pending"], case.c.pending == sa.bindparam("pending")),
        sa.or_(
            _FLAG["any_text"],
            *(
                column.like(sa.bindparam("text"), escape="\\")
                for column in (case.c.number, case.c.summary, case.c.enterprise)
            ),
        ),
        sa.tuple_(case.c.due_at, case.c.id)
        > sa.tuple_(sa.bindparam("after_at", type_=case.c.due_at.type), sa.bindparam("after_id", type_=sa.BigInteger)),
    )
    .order_by(case.c.due_at, case.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_RUNNING = case.c.state.in_(CLOCK_RUNS)


def _counted(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)


_TALLY = (
    sa.select(
        case.c.state,
        sa.func.count().label("all"),
        _counted(_RUNNING, case.c.due_at < sa.bindparam("now", type_=case.c.due_at.type)).label("overdue"),
        _counted(_RUNNING, case.c.due_on == sa.bindparam("today", type_=sa.Date)).label("due_today"),
        _counted(case.c.is_watched).label("watched"),
        _counted(case.c.pending != "").label("pending"),
        _counted(case.c.kind == Kind.BAD_RATING).label("bad_ratings"),
    )
    .where(case.c.hall == sa.bindparam("hall"), case.c.state.in_(OPEN_STATES))
    .group_by(case.c.state)
)
FAR = EPOCH.replace(year=9999)


def record_of(row: Row[Any]) -> CaseRecord:
    """The record that a row holds."""
    plain = {one.name: getattr(row, one.name) for one in fields(CaseRecord)}
    plain |= {name: enum(plain[name]) for name, enum in ENUMS.items()}
    plain["rating"] = Rating(plain["rating"]) if plain["rating"] else None
    return CaseRecord(**plain)


def load(session: ReadSession, number: int) -> CaseRecord:
    """The record with this id; ``NotFound`` if there is none."""
    row = session.first(_BY_ID, case=number)
    if row is None:
        raise NotFound(f"没有编号为 {number} 的诉求。")
    return record_of(row)


def children(session: ReadSession, parent: int) -> list[CaseRecord]:
    """The cases that were merged into ``parent``."""
    return [record_of(row) for row in session.all(_CHILDREN, case=parent)]


def by_secret(session: ReadSession, secret: str) -> CaseRecord:
    """The case behind a secret link."""
    row = session.first(_BY_SECRET, secret=secret)
    if row is None:
        raise NotFound("没有找到这件诉求，请核对链接是否完整。")
    return record_of(row)


def by_number(session: ReadSession, hall: int, number: str, last_four: str) -> CaseRecord:
    """The case with this number whose phone ends with ``last_four``; one sentence for either being wrong."""
    row = session.first(_BY_NUMBER, hall=hall, number=number.strip().upper())
    known = (row.phone or "")[-4:] if row is not None else ""
    if row is None or len(known) < len("0000") or not hmac.compare_digest(known.encode(), last_four.strip().encode()):
        raise NotFound("没有找到这件诉求，请核对诉求编号和登记电话的后四位。")
    return record_of(row)


def of_address(session: ReadSession, reply_to: str) -> list[CaseRecord]:
    """The newest ten cases that answer to ``reply_to``."""
    return [record_of(row) for row in session.all(_BY_ADDRESS, reply_to=reply_to)]


def timeline(session: ReadSession, number: int) -> tuple[EventView, ...]:
    """Everything that happened to a case, oldest first."""
    return tuple(_event(row) for row in session.all(_TIMELINE, case=number))


def view(record: CaseRecord, actor: Actor, at: datetime, terms: Terms, *, is_sealed: bool = True) -> CaseView:
    """``record`` as ``actor`` sees it; sealed: persons masked, those of confidential cases hidden."""
    shown = _sealed(record) if is_sealed else record
    is_paused = record.paused_on is not None
    words = said(record, NO_ORDER, at, terms)
    return CaseView(
        **{name: getattr(record, name) for name in SAME},
        **_names(record),
        helpers=tuple(record.helpers),
        enterprise=shown.enterprise,
        contact=shown.contact,
        phone=shown.phone,
        reply_to=shown.reply_to,
        packet=_packet(shown.packet),
        due_text=None if is_paused or record.state not in CLOCK_RUNS else str(words["due"]),
        is_overdue=record.state in CLOCK_RUNS and at > record.due_at,
        is_paused=is_paused,
        step_due_text=spoken_at(record.step_due_at, at, terms) if record.step_due_at else None,
        status_text=wording.status(record.state, record.number, KIND_NAMES[record.kind], words),
        actions=duty.permitted(record, actor, terms.now(record, at), terms.limits()),
    )


def public(record: CaseRecord, events: Sequence[EventView], parent: CaseRecord | None, view_: CaseView) -> PublicCase:
    """``record`` as the enterprise sees it; a merged case stands where its parent stands."""
    standing = parent or record
    return PublicCase(
        id=record.id,
        number=record.number,
        secret=record.secret,
        version=record.version,
        kind_name=view_.kind_name,
        summary=record.summary,
        state=standing.state,
        state_name=STATE_NAMES[standing.state],
        status_text=view_.status_text,
        office=standing.office if standing.state in OPEN_STATES else None,
        opened_at=record.opened_at,
        due_text=view_.due_text,
        is_provisional=record.is_provisional,
        is_paused=view_.is_paused,
        answer=standing.answer,
        rating=record.rating,
        rating_name=view_.rating_name,
        steps=tuple(step for event in events if (step := _step(event))),
        actions=view_.actions,
    )


def page(session: ReadSession, asked: CaseFilter, actor: Actor, terms: Terms) -> CasePage:
    """One page of the list in one query, whatever its length."""
    limit = asked.limit or terms.settings.rows_per_page
    rows = session.all(_LIST, **_asked(asked, session.now), limit=limit + 1)
    records = [record_of(row) for row in rows[:limit]]
    more = f"{(records[-1].due_at - EPOCH) // MICROSECOND}-{records[-1].id}" if len(rows) > limit else None
    return CasePage(tuple(view(one, actor, session.now, terms) for one in records), more)


def tally(session: ReadSession, hall: int, terms: Terms) -> Tally:
    """The open cases of ``hall``, counted in one query."""
    rows = session.all(_TALLY, hall=hall, now=session.now, today=terms.time.local_day(session.now))
    by_state = {State(row.state): int(row.all) for row in rows}
    counted = ("overdue", "due_today", "watched", "pending", "bad_ratings")
    sums = {name: sum(int(getattr(row, name)) for row in rows) for name in counted}
    return Tally(
        open=sum(by_state.values()),
        paused=by_state.get(State.WAITING_ON_ENTERPRISE, 0),
        to_review=by_state.get(State.ANSWERED, 0) + by_state.get(State.REVIEW, 0),
        dissatisfied=by_state.get(State.DISSATISFIED, 0),
        by_state=by_state,
        **sums,
    )


def packet_of(packet: Packet) -> dict[str, Any]:
    """``packet`` as it is kept."""
    return asdict(replace(packet, slots=dict(packet.slots)))


def _asked(asked: CaseFilter, now: datetime) -> dict[str, Any]:
    after_at, after_id = _cursor(asked.after)
    states = asked.states or OPEN_STATES
    if asked.is_overdue:
        states = tuple(state for state in states if state in CLOCK_RUNS)
    text = asked.text.strip()
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, f"\\{mark}")
    return {
        "hall": asked.hall,
        "states": list(states),
        "due_by": asked.due_by or FAR.date(),
        "due_before": now if asked.is_overdue else FAR,
        "watched": [True] if asked.is_watched else [True, False],
        "any_kind": not asked.kinds,
        "kinds": list(asked.kinds),
        "any_office": not asked.offices,
        "offices": list(asked.offices),
        "any_pending": asked.pending is None,
        "pending": asked.pending or "",
        "any_text": not text,
        "text": f"%{text}%",
        "after_at": after_at,
        "after_id": after_id,
    }


def _cursor(after: str | None) -> tuple[datetime, int]:
    if after is None:
        return EPOCH, 0
    at, _, last = after.partition("-")
    if not (at.isdecimal() and last.isdecimal() and len(at) < len("1" * 18)):
        raise BadInput(f"翻页标记“{after[:40]}”无效，请从第一页重新打开。", field="after")
    return EPOCH + MICROSECOND * int(at), int(last)


def _names(record: CaseRecord) -> dict[str, Any]:
    return {
        "state_name": STATE_NAMES[record.state],
        "kind_name": KIND_NAMES[record.kind],
        "light_name": LIGHT_NAMES[record.light],
        "pending_name": PENDING_NAMES[record.pending],
        "rating_name": RATING_NAMES[record.rating] if record.rating else None,
    }


def _sealed(record: CaseRecord) -> CaseRecord:
    if record.is_confidential:
        packet = {**record.packet, "transcript": None}
        hidden = HIDDEN if record.enterprise else None
        return replace(record, enterprise=hidden, contact=None, phone=None, reply_to=None, packet=packet)
    return replace(record, phone=_masked(record.phone) if record.phone else None)


def _masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > len("0000000") else f"****{phone[-4:]}"


def _packet(plain: dict[str, Any]) -> Packet:
    candidates = tuple((str(one[0]), float(one[1])) for one in plain["candidates"])
    lists = {name: tuple(plain[name]) for name in ("lines", "told")}
    return Packet(
        **lists,
        candidates=candidates,
        slots=plain["slots"],
        why_stopped=plain["why_stopped"],
        transcript=plain["transcript"],
    )


def _event(row: Row[Any]) -> EventView:
    action = Action(row.action)
    return EventView(
        row.id,
        row.at,
        row.actor,
        row.is_own,
        action,
        ACTION_NAMES[action],
        State(row.before),
        State(row.after),
        row.line,
        row.text,
        row.reason,
        row.told,
    )


def _step(event: EventView) -> PublicStep | None:
    if event.told:
        return PublicStep(event.at, is_own=False, text=event.told)
    if event.is_own and event.action is not Action.OPEN:
        own = event.text or event.reason
        return PublicStep(event.at, is_own=True, text=f"您{event.action_name}" + (f"：{own}" if own else ""))
    return None
