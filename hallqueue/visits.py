"""A ticket as its holder sees it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import foresee, tables
from hallqueue.lines import AHEAD_LIMIT, LAST, ahead_of, crew_of, idle_of
from hallqueue.linked import COMING, may_say_coming
from hallqueue.moves import Found
from hallqueue.rules.leg import Leg
from hallqueue.rules.line import STANDING_NAMES, Standing, Why
from hallqueue.rules.showing import Line, Outlook, rounded
from hallqueue.rules.ticket import AT_COUNTER, STATE_NAMES, Action, State, actions
from hallqueue.settings import QueueSettings
from hallqueue.views import Passed, TicketView, WaitRange

RATE = "rate"
HOLDERS_ACTIONS = frozenset({Action.CANCEL, Action.DEFER, Action.RESTORE, Action.UNPARK})
NOBODY = Passed(0, (), "")
WHY_NAMES = {
    Why.PRIORITY: STANDING_NAMES[Standing.PRIORITY],
    Why.BOOKING: STANDING_NAMES[Standing.BOOKING],
    Why.DUE: "等候超时",
    Why.CHOSEN: "窗口指定",
    Why.ORDER: "号序在前",
}
FRESH = timedelta(minutes=5)
call, service, told, ticket = tables.call.c, tables.service.c, tables.outlook.c, tables.ticket.c
TOLD = (told.at.label("told_at"), told.ahead.label("told_ahead"), told.head_p50, told.head_p80, told.p50, told.p80)
IS_TOLD = told.service == service.id
_shown = tables.estimate.alias("shown")

_AROUND = (
    sa.select(
        service.minutes,
        ahead_of(service.id, sa.bindparam("day"), sa.bindparam("rank_at"), sa.bindparam("entered")).label("ahead"),
        crew_of(service.id, sa.bindparam("day")).label("crew"),
        idle_of(service.id).label("idle"),
        sa.select(tables.rating.c.stars)
        .where(tables.rating.c.leg == sa.bindparam("leg"))
        .scalar_subquery()
        .label("stars"),
        *TOLD,
        ticket.issued_at,
        ticket.p50_minutes.label("issue_p50"),
        ticket.p80_minutes.label("issue_p80"),
        _shown.c.at.label("shown_at"),
        _shown.c.p50_minutes.label("shown_p50"),
        _shown.c.p80_minutes.label("shown_p80"),
    )
    .select_from(
        tables.service.join(tables.ticket, ticket.id == sa.bindparam("ticket"))
        .outerjoin(tables.outlook, IS_TOLD)
        .outerjoin(
            _shown,
            _shown.c.id
            == sa.select(sa.func.max(tables.estimate.c.id))
            .where(tables.estimate.c.leg == sa.bindparam("leg"))
            .scalar_subquery(),
        )
    )
    .where(service.id == sa.bindparam("service"))
)
_mine = tables.call.alias("mine")
_MY_CALL = sa.select(sa.func.min(_mine.c.number)).where(
    _mine.c.leg == sa.bindparam("leg"),
    _mine.c.at >= sa.bindparam("since"),
    _mine.c.kind == "call",
    _mine.c.is_withdrawn.is_(False),
)
_THEIR_CALLS = (
    sa.select(sa.func.max(call.id))
    .where(call.service == sa.bindparam("service"), call.day == sa.bindparam("day"))
    .where(call.entered > sa.bindparam("entered"), call.at >= sa.bindparam("since"), call.at <= sa.bindparam("until"))
    .where(call.number < sa.func.coalesce(_MY_CALL.scalar_subquery(), LAST))
    .where(call.kind == "call", call.is_withdrawn.is_(False), call.leg != sa.bindparam("leg"))
    .group_by(call.leg)
)
_PASSED = (
    sa.select(call.why, sa.func.count().label("people"))
    .where(call.id.in_(_THEIR_CALLS))
    .group_by(call.why)
    .order_by(call.why)
)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a leg besides its paper."""

    ahead: int
    wait: WaitRange | None
    passed: Passed = NOBODY
    stars: int | None = None


def wait_range(row: Any, now: datetime, settings: QueueSettings) -> WaitRange | None:  # noqa: ANN401 (any look's row)
    """The range for whoever joins behind ``row.ahead``: as last played, where that is fresh, else the closed form.

    A line played as empty may since have taken the last idle counter: then the closed form knows better.
    """
    crew = foresee.Crew(float(row.crew), row.idle)
    closed_form = foresee.at_issue(row.ahead, row.minutes, crew, settings.service_spread_percent / 100)
    if not _is_fresh(row, now) or row.ahead < row.idle:
        return shown(closed_form)
    if row.p50 is None:
        return None
    line = Line(row.told_ahead, (row.head_p50, row.head_p80), (row.p50, row.p80))
    played = rounded(*line.behind(row.ahead, row.minutes / max(crew.shares, 1.0)))
    if closed_form and played and not row.told_ahead and played.p50 < closed_form.p50 and not row.idle:
        return shown(closed_form)
    return shown(played)


def _is_fresh(row: Any, now: datetime) -> bool:  # noqa: ANN401 (any look's row)
    return row.told_at is not None and timedelta() <= now - row.told_at < FRESH


def line_done_at(row: Any, now: datetime) -> datetime | None:  # noqa: ANN401 (the look of a take)
    """When the line, a newcomer included, is done if all scheduled counters work; None: nothing fresh was played."""
    done_at: datetime | None = row.done_at if _is_fresh(row, now) else None
    return done_at


def stored_range(row: Any, leg: Leg, now: datetime, settings: QueueSettings) -> WaitRange | None:  # noqa: ANN401
    """What whoever waits was shown last; before the first play since they entered this line what joining it says."""
    if row.shown_at is not None and row.shown_at >= leg.entered_at:
        at, edges = row.shown_at, (row.shown_p50, row.shown_p80)
    else:
        at, edges = row.issued_at, (row.issue_p50, row.issue_p80)
    if at < leg.entered_at or not _is_fresh(row, now):
        return wait_range(row, now, settings)
    return WaitRange(*edges) if None not in edges else None


def shown(outlook: Outlook | None) -> WaitRange | None:
    """An outlook as the door shows it."""
    return None if outlook is None else WaitRange(outlook.p50, outlook.p80)


def around(session: ReadSession, leg: Leg, settings: QueueSettings) -> Around:
    """Look around ``leg``: only one that waits has anyone ahead and a range."""
    here = {"service": leg.service, "day": leg.day, "leg": leg.id, "ticket": leg.ticket}
    row = session.first(_AROUND, **here, rank_at=leg.rank_at, entered=leg.entered)
    if row is None:
        return Around(0, None)
    is_waiting = leg.state is State.WAITING
    wait = stored_range(row, leg, session.now, settings) if is_waiting else None
    return Around(row.ahead if is_waiting else 0, wait, passed(session, leg), row.stars)


def passed(session: ReadSession, leg: Leg) -> Passed:
    """Who entered the line after ``leg`` and was called while it waited: each once, for the reason of the last call."""
    if leg.state is State.PARKED:
        return NOBODY
    until = leg.called_at or leg.ended_at or session.now
    rows = session.all(
        _PASSED,
        service=leg.service,
        day=leg.day,
        entered=leg.entered,
        since=leg.entered_at,
        until=until,
        leg=leg.id,
    )
    counted = tuple((Why(row.why), int(row.people)) for row in rows)
    if not counted:
        return NOBODY
    total = sum(count for _, count in counted)
    parts = "、".join(f"{count} 位{WHY_NAMES[why]}" for why, count in counted)
    return Passed(total, counted, f"{total} 人先于您：{parts}")


def ticket_view(found: Found, about: Around, settings: QueueSettings, *, is_new: bool = False) -> TicketView:
    """Put the ticket's page together."""
    leg, paper = found.leg, found.paper
    is_at_counter = leg.state in AT_COUNTER
    return TicketView(
        id=leg.ticket,
        number=paper.number,
        token=paper.token,
        hall=leg.hall,
        service=paper.service_code,
        service_name=paper.service_name,
        state=leg.state,
        state_name=STATE_NAMES[leg.state],
        standing=leg.standing,
        priority=paper.priority,
        day=leg.day,
        issued_at=paper.issued_at,
        counts_from=leg.counts_from,
        rank_at=leg.rank_at,
        ahead=about.ahead,
        is_ahead_capped=about.ahead >= AHEAD_LIMIT,
        wait=about.wait,
        counter=paper.counter if is_at_counter else None,
        counter_name=paper.counter_name if is_at_counter else None,
        called_at=leg.called_at,
        return_until=leg.until,
        passed=about.passed,
        actions=((COMING,) if may_say_coming(leg, paper.coming_at) else ())
        + holders_actions(leg, about.stars, settings),
        leg=leg.id,
        version=leg.version,
        stars=about.stars,
        origin=paper.origin,
        is_new=is_new,
        coming_at=paper.coming_at,
        is_told=paper.reply_to is not None,
    )


def holders_actions(leg: Leg, stars: int | None, settings: QueueSettings) -> tuple[str, ...]:
    """What the holder may do now."""
    if leg.state is State.SERVED:
        return (RATE,) if stars is None else ()
    allowed = [one for one in actions(leg.state) if one in HOLDERS_ACTIONS]
    if leg.defers >= settings.max_defers and Action.DEFER in allowed:
        allowed.remove(Action.DEFER)
    if leg.misses > settings.max_misses and Action.RESTORE in allowed:
        allowed.remove(Action.RESTORE)
    return tuple(one.value for one in allowed)
