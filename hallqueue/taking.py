"""``take``: one look at everything that matters, one rule, five short writes."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import ReadSession, WriteSession
from base.errors import BadInput, Conflict, NotFound
from base.opening import OpeningHours
from base.prepared import prepared
from hallqueue import moves, remote, returning, tables
from hallqueue.facts import HallFacts, KnownHalls
from hallqueue.lines import ahead_of, crew_of, idle_of
from hallqueue.moves import Deed, Paper
from hallqueue.remote import Wish
from hallqueue.rules import leg as rules
from hallqueue.rules.line import Standing
from hallqueue.rules.numbering import next_serial, ticket_number
from hallqueue.rules.ticket import Action, State
from hallqueue.settings import QueueSettings
from hallqueue.views import Taking, TicketView
from hallqueue.visits import IS_TOLD, TOLD, Around, around, line_done_at, ticket_view, wait_range

TOKEN_BYTES = 15
ORIGINS = frozenset({"kiosk", "desk", "web", "bot", "demo"})
DESK = "desk"
REMOTE = frozenset({"web", "bot"})
IS_LIVE = sa.text("state IN ('waiting', 'called', 'serving', 'parked', 'missed')")
service, series, leg = tables.service.c, tables.number_series.c, tables.leg.c

_DAY: sa.BindParameter[date] = sa.bindparam("day")
_RANK: sa.BindParameter[datetime] = sa.bindparam("rank_at")
_LOOKED_AT: tuple[Any, ...] = (
    service.id,
    service.name,
    service.prefix,
    service.minutes,
    service.quota,
    service.is_paused,
    tables.hall.c.is_trial,
    tables.hall.c.edition,
    series.id.label("series"),
    series.last,
    series.entries,
    ahead_of(service.id, _DAY, _RANK).label("ahead"),
    crew_of(service.id, _DAY).label("crew"),
    idle_of(service.id).label("idle"),
    *TOLD,
    tables.outlook.c.done_at,
    sa.select(leg.id)
    .where(leg.holder == sa.bindparam("holder"), leg.service == service.id, leg.day == _DAY, IS_LIVE)
    .correlate(tables.service)
    .scalar_subquery()
    .label("held"),
)
_LOOK = prepared(
    sa.select(*_LOOKED_AT)
    .select_from(
        tables.service.join(tables.hall, tables.hall.c.id == service.hall)
        .outerjoin(tables.number_series, sa.and_(series.service == service.id, series.day == _DAY))
        .outerjoin(tables.outlook, IS_TOLD)
    )
    .where(service.hall == sa.bindparam("hall"), service.code == sa.bindparam("code"))
)
_COUNT_ON = prepared(
    sa.update(tables.number_series)
    .where(series.id == sa.bindparam("series"))
    .values(last=sa.bindparam("serial"), entries=sa.bindparam("place"))
)
_OPEN_DAY = sa.insert(tables.number_series)
_TICKET = prepared(sa.insert(tables.ticket).returning(tables.ticket.c.id))
_PROFILE = sa.select(tables.hall.c.profile).where(tables.hall.c.id == sa.bindparam("hall"))
_COUNTERS_OF = (
    sa.select(tables.counter.c.number)
    .join(tables.counter_service, tables.counter_service.c.counter == tables.counter.c.id)
    .where(tables.counter_service.c.service == sa.bindparam("service"), tables.counter.c.is_guide.is_(False))
    .where(tables.counter.c.retired_at.is_(None))
)
_ISSUED = (
    sa.select(sa.func.count())
    .select_from(tables.ticket)
    .where(tables.ticket.c.service == sa.bindparam("service"), tables.ticket.c.day == sa.bindparam("day"))
)


@dataclass(frozen=True, slots=True)
class Place:
    """How a leg enters its line: as what, counted and ranked from when, callable from when, by which command."""

    standing: Standing
    counts_from: datetime
    rank_at: datetime
    callable_from: datetime | None = None
    command: Action = Action.TAKE
    was: State | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """A number given: its serial of the day, its place in the order of entering, when, and the visitor's secret."""

    serial: int
    entered: int
    at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything a take must know."""

    hall: int
    facts: HallFacts
    taking: Taking
    place: Place
    day: date
    row: Row[Any]


def take(session: WriteSession, hall: int, taking: Taking, known: KnownHalls, settings: QueueSettings) -> TicketView:
    """Issue a number, or give the holder's live one back."""
    _check_wish(session, hall, taking, settings)
    look = look_around(session, hall, taking, place_of(taking, session.now, settings), known)
    if look.row.held is not None:
        held = _given_back(session, look, settings)
        if held is not None:
            return held
    check_open(session, look, settings)
    return issue(session, look, settings)


def place_of(taking: Taking, at: datetime, settings: QueueSettings) -> Place:
    """Where a walk-in enters; where the guide desk must check a declared priority first, as an ordinary one."""
    is_sure = not settings.needs_priority_check or taking.origin == DESK
    standing = Standing.PRIORITY if taking.priority and is_sure else Standing.ORDINARY
    return Place(standing, at, at - settings.head_start(standing, taking.priority))


def look_around(
    session: ReadSession, hall: int, taking: Taking, place: Place, known: KnownHalls, *, day: date | None = None
) -> Look:
    """What whoever enters the line at ``place`` (of ``day``, or today) finds there; ``NotFound``: unknown service."""
    day = day or known.day(session, hall)
    row = session.first(_LOOK, hall=hall, code=taking.service, day=day, rank_at=place.rank_at, holder=taking.holder)
    if row is None:
        raise NotFound(f"没有代码为“{taking.service}”的业务，请从取号页面的列表中选择。", field="service")
    return Look(hall, known.facts(session, hall, row.edition), taking, place, day, row)


def _check_wish(session: ReadSession, hall: int, taking: Taking, settings: QueueSettings) -> None:
    if taking.origin not in ORIGINS:
        raise BadInput(f"取号来源须为 {'、'.join(sorted(ORIGINS))} 之一，收到“{taking.origin}”。", field="origin")
    if not 1 <= taking.cases <= settings.max_cases_per_ticket:
        raise BadInput(f"一张号最多办 {settings.max_cases_per_ticket} 件，收到 {taking.cases} 件。", field="cases")
    if taking.priority is not None:
        codes = _priorities(session, hall)
        if taking.priority not in codes:
            allowed = "、".join(codes) or "无"
            raise BadInput(f"优先类别可选：{allowed}；收到“{taking.priority}”。", field="priority", allowed=codes)


def known_priority(session: ReadSession, hall: int, code: str | None) -> str | None:
    """``code`` if the hall has such a priority class; a number that was given already is not refused for it."""
    return code if code in _priorities(session, hall) else None


def _priorities(session: ReadSession, hall: int) -> list[str]:
    profile: Mapping[str, Any] = session.value(_PROFILE, hall=hall) or {}
    return [group["code"] for group in profile.get("priority_groups", ())]


def _given_back(session: WriteSession, look: Look, settings: QueueSettings) -> TicketView | None:
    """The holder's live ticket; a missed one is restored, or expired (None) when it can't be any more."""
    found = moves.load(session, look.row.held)
    if found.leg.state is State.MISSED:
        try:
            found = returning.restore(session, found, Deed(look.taking.actor, Action.RESTORE), settings)
        except Conflict:
            moves.save(session, found, rules.expired(found.leg, session.now), Deed("system", Action.EXPIRE))
            return None
    return ticket_view(found, around(session, found.leg, settings), settings)


def issue(session: WriteSession, look: Look, settings: QueueSettings) -> TicketView:
    """The next number of the series, its ticket and its leg in the line; nothing is checked any more."""
    row = look.row
    serial, entered = next_serial(row.last or 0), (row.entries or 0) + 1
    if row.series is None:
        session.run(_OPEN_DAY, hall=look.hall, service=row.id, day=look.day, last=serial, entries=entered, run=0)
    else:
        session.run(_COUNT_ON, series=row.series, serial=serial, place=entered)
    return enter(session, look, Issue(serial, entered, session.now, secrets.token_urlsafe(TOKEN_BYTES)), settings)


def enter(session: WriteSession, look: Look, new: Issue, settings: QueueSettings) -> TicketView:
    """The ticket of a number given, and its leg in the line."""
    about = Around(look.row.ahead, wait_range(look.row, session.now, settings))
    paper = _paper(look, new)
    ticket = _add_ticket(session, look, paper, new.serial, about)
    values = _leg_values(look, ticket, new.entered, new.at)
    deed = Deed(look.taking.actor, look.place.command, was=look.place.was)
    found = moves.add_leg(session, values, paper, deed)
    return ticket_view(found, about, settings, is_new=True)


def _paper(look: Look, new: Issue) -> Paper:
    taking = look.taking
    return Paper(
        number=ticket_number(look.row.prefix, new.serial),
        token=new.token,
        issued_at=new.at,
        priority=taking.priority,
        phone=taking.phone,
        cases=taking.cases,
        origin=taking.origin,
        service_code=taking.service,
        service_name=look.row.name,
        counter=None,
        counter_name=None,
        reply_to=taking.reply_to,
        is_verified=True if taking.priority and taking.origin == DESK else None,
    )


def _add_ticket(session: WriteSession, look: Look, paper: Paper, serial: int, about: Around) -> int:
    wait = about.wait
    return int(
        session.value(
            _TICKET,
            hall=look.hall,
            service=look.row.id,
            day=look.day,
            serial=serial,
            number=paper.number,
            token=paper.token,
            issued_at=paper.issued_at,
            priority=paper.priority,
            is_verified=paper.is_verified,
            phone=paper.phone,
            holder=look.taking.holder,
            reply_to=look.taking.reply_to,
            origin=paper.origin,
            cases=paper.cases,
            ahead=about.ahead,
            p50_minutes=wait.p50_minutes if wait else None,
            p80_minutes=wait.p80_minutes if wait else None,
        )
    )


def _leg_values(look: Look, ticket: int, entered: int, now: datetime) -> dict[str, object]:
    place = look.place
    return {
        "hall": look.hall,
        "ticket": ticket,
        "service": look.row.id,
        "day": look.day,
        "holder": look.taking.holder,
        "state": State.WAITING,
        "standing": place.standing,
        "counts_from": place.counts_from,
        "rank_at": place.rank_at,
        "entered": entered,
        "entered_at": now,
        "callable_from": place.callable_from,
    }


def check_open(session: ReadSession, look: Look, settings: QueueSettings) -> None:
    """Refuse, with a sentence, when no number may be taken now."""
    row, taking = look.row, look.taking
    if row.is_paused:
        raise Conflict(f"“{row.name}”暂停取号，请到导办台咨询，或稍后再试。")
    if taking.origin in REMOTE:
        wish = Wish(look.hall, taking.code, row.ahead, look.facts, row.is_trial)
        remote.check(session, wish, settings)
    if row.is_trial:
        return
    facts = look.facts
    reason = closed_reason(facts.hours, facts.local(session.now), settings)
    if reason is None and row.quota is not None and session.value(_ISSUED, service=row.id, day=look.day) >= row.quota:
        later = _next_opening(facts.hours, facts.local(session.now))
        reason = f"“{row.name}”今日的 {row.quota} 个号已取完，可以预约其他日期，{later}"
    if reason is None:
        rest = Rest(row.name, ends_at(session, row.id, facts), line_done_at(row, session.now))
        reason = stop_reason(rest, facts, session.now, settings)
    if reason:
        raise Conflict(reason, allowed=[Action.BOOK.value] if settings.is_booking_on else None)


def closed_reason(hours: OpeningHours, local: datetime, settings: QueueSettings) -> str | None:
    """Why no number may be taken at this local moment because of the hall's hours, or None."""
    first, last = hours.first_session(local.date()), hours.last_close(local.date())
    if first is None or last is None:
        return f"今天大厅不对外办公，{_next_opening(hours, local)}"
    opens = datetime.combine(local.date(), first.opens, local.tzinfo) - timedelta(minutes=settings.open_before_minutes)
    stops = datetime.combine(local.date(), last, local.tzinfo)
    if local < opens:
        return f"现在还不能取号，今天 {opens:%H:%M} 开始取号。"
    if local >= stops:
        return f"今天已停止取号，{_next_opening(hours, local)}"
    return None


def _next_opening(hours: OpeningHours, local: datetime) -> str:
    opening = hours.next_opening(local)
    return f"下次开放时间：{opening:%m 月 %d 日 %H:%M}。" if opening else "开放时间请咨询大厅。"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a service's day: when its last scheduled counter closes, and when its line would be done."""

    name: str
    ends_at: datetime | None
    done_at: datetime | None = None


def stop_reason(rest: Rest, facts: HallFacts, now: datetime, settings: QueueSettings) -> str | None:
    """Why this service takes nobody more today, or None: its line would end past closing.

    ``rest.done_at`` is what the forward play of the scheduled counters says; without it a few minutes before closing.
    """
    later = f"可以预约其他日期，{_next_opening(facts.hours, facts.local(now))}"
    if rest.ends_at is None:
        return f"“{rest.name}”今天的窗口已结束办理，{later}"
    ends = facts.local(rest.ends_at)
    if rest.done_at is not None:
        is_full = rest.done_at > rest.ends_at
        return f"“{rest.name}”等候的人今天可能办不完，已停止取号；{later}" if is_full else None
    minutes = settings.stop_before_close_minutes
    if now < rest.ends_at - timedelta(minutes=minutes):
        return None
    return f"“{rest.name}”今天 {ends:%H:%M} 结束办理，结束前 {minutes} 分钟停止取号；{later}"


def ends_at(session: ReadSession, service_id: int, facts: HallFacts) -> datetime | None:
    """When the last counter of the service that is scheduled today closes; None when none is any more."""
    return last_close((one.number for one in session.all(_COUNTERS_OF, service=service_id)), facts, session.now)


def last_close(counters: Iterable[int], facts: HallFacts, now: datetime) -> datetime | None:
    """When the last of ``counters`` closes today; None when all have closed, or none opens."""
    local = facts.local(now)
    closes = [
        datetime.combine(local.date(), one.closes, local.tzinfo)
        for counter in counters
        for one in facts.hours.sessions_at(local.date(), counter)
    ]
    return max((one for one in closes if one > local), default=None)
