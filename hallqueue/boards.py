"""Boards: what the whole hall sees, in one snapshot."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import NotFound
from hallqueue import remote, tables
from hallqueue.calling import KIND_UNDO
from hallqueue.facts import HallFacts, KnownHalls
from hallqueue.lines import IS_WAITING, ahead_of, crew_of, idle_of
from hallqueue.rules.numbering import spoken
from hallqueue.rules.session import CounterState
from hallqueue.rules.ticket import State
from hallqueue.settings import QueueSettings
from hallqueue.views import Board, CallView, CounterView, WaitingView
from hallqueue.visits import IS_TOLD, TOLD, wait_range

leg, call, place, service = tables.leg.c, tables.call.c, tables.counter.c, tables.service.c
present = tables.counter_session.c
MINUTE = timedelta(minutes=1)
RED_PROMISES = 2

_HALL = sa.select(tables.hall).where(tables.hall.c.id == sa.bindparam("hall"))
_CURSOR = sa.select(sa.func.max(tables.queue_event.c.id)).where(tables.queue_event.c.hall == sa.bindparam("hall"))
_CALLS = (
    sa.select(
        call.number,
        call.kind,
        call.leg,
        call.ticket_number,
        service.code,
        place.number.label("counter"),
        place.name.label("counter_name"),
        call.at,
        call.is_withdrawn,
        (leg.state == "called").label("is_called"),
        (leg.session == call.session).label("is_there"),
    )
    .join(tables.leg, leg.id == call.leg)
    .join(tables.service, service.id == call.service)
    .join(tables.counter, place.id == call.counter)
)
_RECENT = (
    _CALLS.where(call.hall == sa.bindparam("hall"), call.day == sa.bindparam("day"))
    .order_by(call.number.desc())
    .limit(sa.bindparam("most"))
)
_AFTER = (
    _CALLS.where(
        call.hall == sa.bindparam("hall"), call.day == sa.bindparam("day"), call.number > sa.bindparam("after")
    )
    .order_by(call.number)
    .limit(sa.bindparam("most"))
)
_AT_NOW = sa.text("leg.state IN ('called', 'serving')")
_IS_OPEN = sa.text("leg.state IN ('booked', 'called', 'serving', 'parked', 'missed')")  # the index's predicate
_LAST_OF_LEG = (
    sa.select(sa.func.max(call.number)).where(call.leg == leg.id, call.kind != KIND_UNDO).correlate(tables.leg)
).scalar_subquery()
_NOW = (
    _CALLS.where(leg.hall == sa.bindparam("hall"), leg.state == sa.literal_column("'called'"), _IS_OPEN)
    .where(call.number == _LAST_OF_LEG, call.day == sa.bindparam("day"))
    .order_by(call.number.desc())
)
_AT_COUNTER = (
    _CALLS.where(leg.counter == sa.bindparam("counter"), _AT_NOW)
    .where(call.counter == leg.counter)
    .order_by(call.number.desc())
    .limit(1)
)
_COUNTERS = (
    sa.select(
        place.id,
        place.number,
        place.name,
        place.is_guide,
        present.state,
        present.reason,
        present.since,
        tables.ticket.c.number.label("number_now"),
        leg.state.label("leg_state"),
    )
    .select_from(
        tables.counter.outerjoin(
            tables.counter_session,
            sa.and_(
                present.counter == place.id,
                sa.text("counter_session.state <> 'closed'"),
                sa.text("counter_session.state IN ('open', 'paused', 'orphaned')"),
                present.hall == place.hall,
            ),
        )
        .outerjoin(tables.leg, sa.and_(leg.session == present.id, _AT_NOW))
        .outerjoin(tables.ticket, tables.ticket.c.id == leg.ticket)
    )
    .where(place.hall == sa.bindparam("hall"), place.retired_at.is_(None))
    .order_by(place.number, sa.case((present.state == "orphaned", 0), else_=1))
)
_TIERS = (
    sa.select(tables.counter_service.c.counter, service.code, service.name)
    .join(tables.service, service.id == tables.counter_service.c.service)
    .where(service.hall == sa.bindparam("hall"))
    .order_by(tables.counter_service.c.counter, tables.counter_service.c.tier)
)
_LINES = (
    sa.select(
        service.code,
        service.name,
        service.minutes,
        service.promise_minutes,
        sa.select(sa.func.count())
        .select_from(tables.leg)
        .where(leg.service == service.id, leg.day == sa.bindparam("day"), IS_WAITING)
        .correlate(tables.service)
        .scalar_subquery()
        .label("waiting"),
        sa.select(sa.func.min(leg.entered_at))
        .where(leg.service == service.id, leg.day == sa.bindparam("day"), IS_WAITING)
        .correlate(tables.service)
        .scalar_subquery()
        .label("oldest"),
        ahead_of(service.id, sa.bindparam("day"), sa.bindparam("now")).label("ahead"),
        crew_of(service.id, sa.bindparam("day")).label("crew"),
        idle_of(service.id).label("idle"),
        *TOLD,
    )
    .select_from(tables.service.outerjoin(tables.outlook, IS_TOLD))
    .where(service.hall == sa.bindparam("hall"))
    .order_by(service.place)
)


def hall_row(session: ReadSession, hall: int) -> Any:  # noqa: ANN401 (a row of the hall table)
    """The hall's row, or ``NotFound``."""
    row = session.first(_HALL, hall=hall)
    if row is None:
        raise NotFound(f"没有编号为 {hall} 的大厅。", field="hall")
    return row


def cursor(session: ReadSession, hall: int) -> int:
    """The id of the hall's last event."""
    return int(session.value(_CURSOR, hall=hall) or 0)


def board(session: ReadSession, hall: int, known: KnownHalls, settings: QueueSettings) -> Board:
    """One snapshot for the main screen."""
    row = hall_row(session, hall)
    facts = known.facts(session, hall, row.edition)
    day = facts.day(session.now)
    recent = session.all(_RECENT, hall=hall, day=day, most=settings.recent_calls_shown)
    return Board(
        hall=hall,
        hall_name=row.name,
        notice=row.notice,
        is_trial=row.is_trial,
        hours_text=hours_text(row.is_trial, facts, day),
        at=session.now,
        day=day,
        cursor=cursor(session, hall),
        last_call=row.calls,
        called=_call_views(session.all(_NOW, hall=hall, day=day)),
        recent=_call_views(recent),
        waiting=waiting(session, hall, day, settings),
        counters=counters(session, hall),
        hall_code=remote.hall_code(session, hall, settings),
    )


def hours_text(is_trial: bool, facts: HallFacts, day: date) -> str:  # noqa: FBT001 (a column of the hall)
    """The day's hours as the boards say them."""
    return "试运行：全天开放取号" if is_trial else f"今日办公时间 {facts.hours.text(day)}"


def calls_after(session: ReadSession, hall: int, day: date, number: int, most: int) -> tuple[CallView, ...]:
    """Today's announcements after ``number``, oldest first."""
    return _call_views(session.all(_AFTER, hall=hall, day=day, after=number, most=most))


def last_call_at(session: ReadSession, counter: int) -> CallView | None:
    """The last announcement of what the counter (its id) holds."""
    return next(iter(_call_views(session.all(_AT_COUNTER, counter=counter))), None)


def _call_views(rows: Sequence[Any]) -> tuple[CallView, ...]:
    return tuple(
        CallView(
            number=row.number,
            kind=row.kind,
            leg=row.leg,
            ticket=row.ticket_number,
            service=row.code,
            counter=row.counter,
            counter_name=row.counter_name,
            at=row.at,
            is_live=bool(row.is_called and row.is_there and not row.is_withdrawn),
            is_withdrawn=row.is_withdrawn,
            text=call_text(row.kind, row.ticket_number, row.counter),
        )
        for row in rows
    )


def call_text(kind: str, number: str, counter: int) -> str:
    """What is said: “请 A 零一二 号到 3 号窗口”."""
    if kind == KIND_UNDO:
        return f"{spoken(number)} 号的呼叫已撤回，请继续等候"
    return f"请 {spoken(number)} 号到 {counter} 号窗口"


def counters(session: ReadSession, hall: int) -> tuple[CounterView, ...]:
    """Every counter; where a lost and a new session stand at one, the new one counts."""
    names: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in session.all(_TIERS, hall=hall):
        names[row.counter].append((row.code, row.name))
    latest = {row.number: row for row in session.all(_COUNTERS, hall=hall)}
    return tuple(_counter_view(row, names[row.id]) for row in latest.values())


def counter_at(session: ReadSession, hall: int, number: int) -> CounterView:
    """One counter by its number on the wall."""
    found = next((one for one in counters(session, hall) if one.number == number), None)
    if found is None:
        raise NotFound(f"大厅没有 {number} 号窗口。", field="counter")
    return found


def _counter_view(row: Any, services: list[tuple[str, str]]) -> CounterView:  # noqa: ANN401 (a row of _COUNTERS)
    state = CounterState(row.state) if row.state else CounterState.CLOSED
    leg_state = State(row.leg_state) if row.leg_state else None
    return CounterView(
        number=row.number,
        name=row.name,
        is_guide=row.is_guide,
        state=state,
        state_name=counter_state_name(state, row.reason, leg_state),
        reason=row.reason,
        services=tuple(code for code, _ in services),
        service_names=tuple(name for _, name in services),
        number_now=row.number_now,
        leg_state=leg_state,
        since=row.since,
    )


def counter_state_name(state: CounterState, reason: str | None, leg_state: State | None) -> str:
    """What a visitor reads above the counter."""
    if state is CounterState.PAUSED:
        return f"暂停（{reason}）"
    if state is not CounterState.OPEN:
        return "暂停服务" if state is CounterState.ORPHANED else "未开放"
    return {State.CALLED: "叫号中", State.SERVING: "办理中"}.get(leg_state, "空闲") if leg_state else "空闲"


def waiting(
    session: ReadSession, hall: int, day: date, settings: QueueSettings, *, only: Collection[str] | None = None
) -> tuple[WaitingView, ...]:
    """The lines of the hall, or ``only`` those of these services."""
    rows = session.all(_LINES, hall=hall, day=day, now=session.now)
    return tuple(_waiting_view(row, session, settings) for row in rows if only is None or row.code in only)


def _waiting_view(row: Any, session: ReadSession, settings: QueueSettings) -> WaitingView:  # noqa: ANN401 (a row of _LINES)
    longest = (session.now - row.oldest) // MINUTE if row.oldest else 0
    return WaitingView(
        service=row.code,
        name=row.name,
        waiting=row.waiting,
        longest_minutes=longest,
        promise_minutes=row.promise_minutes,
        light=light(longest, row.promise_minutes),
        wait=wait_range(row, session.now, settings),
    )


def light(longest_minutes: int, promise_minutes: int) -> str:
    """Green while the promise is kept, amber past it, red past twice as long."""
    if longest_minutes <= promise_minutes:
        return "green"
    return "amber" if longest_minutes <= RED_PROMISES * promise_minutes else "red"
