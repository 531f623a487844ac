"""The live hall as a supervisor sees it: every counter with who serves whom, every line, what is told to all."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import boards, tables
from hallqueue.boards import counter_state_name
from hallqueue.facts import KnownHalls
from hallqueue.messages import HallMessage, current
from hallqueue.rules.session import CounterState
from hallqueue.rules.ticket import State
from hallqueue.settings import QueueSettings
from hallqueue.views import WaitingView

place, present, leg, service = tables.counter.c, tables.counter_session.c, tables.leg.c, tables.service.c
LONG_SERVICES = 2
Tiers = tuple[tuple[str, ...], ...]

_POSTS = (
    sa.select(
        place.id,
        place.number,
        place.name,
        place.is_guide,
        present.state,
        present.reason,
        present.staff,
        present.since,
        tables.ticket.c.number.label("ticket"),
        leg.state.label("leg_state"),
        leg.called_at,
        leg.started_at,
        service.name.label("serves"),
        service.minutes,
    )
    .select_from(
        tables.counter.outerjoin(
            tables.counter_session,
            sa.and_(present.counter == place.id, sa.text("counter_session.state <> 'closed'")),
        )
        .outerjoin(tables.leg, sa.and_(leg.session == present.id, sa.text("leg.state IN ('called', 'serving')")))
        .outerjoin(tables.ticket, tables.ticket.c.id == leg.ticket)
        .outerjoin(tables.service, service.id == leg.service)
    )
    .where(place.hall == sa.bindparam("hall"), place.retired_at.is_(None))
    .order_by(place.number, sa.case((present.state == "orphaned", 0), else_=1))
)
_SERVED = (
    sa.select(leg.counter, sa.func.count().label("served"))
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"), leg.state == "served")
    .group_by(leg.counter)
)
_TIERS = (
    sa.select(tables.counter_service.c.counter, tables.counter_service.c.tier, service.code)
    .join(tables.service, service.id == tables.counter_service.c.service)
    .where(service.hall == sa.bindparam("hall"))
    .order_by(tables.counter_service.c.counter, tables.counter_service.c.tier, service.place)
)
_SERVICES = (
    sa.select(
        tables.service,
        sa.select(sa.func.count())
        .select_from(tables.ticket)
        .where(tables.ticket.c.service == service.id, tables.ticket.c.day == sa.bindparam("day"))
        .correlate(tables.service)
        .scalar_subquery()
        .label("issued"),
    )
    .where(service.hall == sa.bindparam("hall"))
    .order_by(service.place)
)


@dataclass(frozen=True, slots=True)
class Post:
    """A counter in the live hall: who sits there, whom they serve, since when.

    ``since`` is the moment of the call, of the start, or of the session's present state. ``tiers``: codes of services,
    first tier first. ``is_long``: a pause or a service that lasts longer than it should.
    """

    number: int
    name: str
    is_guide: bool
    state: CounterState
    state_name: str
    reason: str | None
    staff: str | None
    ticket: str | None
    serves: str | None
    leg_state: State | None
    since: datetime | None
    is_long: bool
    served: int
    tiers: Tiers


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in the live hall: its line, and what a supervisor may change of it. ``quota`` None: no limit."""

    line: WaitingView
    prefix: str
    minutes: int
    open_counters: int
    issued: int
    quota: int | None
    is_paused: bool
    pause_reason: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """One snapshot; ``cursor`` as on the board."""

    hall: int
    cursor: int
    at: datetime
    is_trial: bool
    posts: tuple[Post, ...]
    lines: tuple[ServiceLine, ...]
    message: HallMessage | None


def overview(session: ReadSession, hall: int, known: KnownHalls, settings: QueueSettings) -> Overview:
    """Look at the whole hall."""
    row, day = boards.hall_row(session, hall), known.day(session, hall)
    shown = posts(session, hall, day, settings)
    return Overview(
        hall=hall,
        cursor=boards.cursor(session, hall),
        at=session.now,
        is_trial=row.is_trial,
        posts=shown,
        lines=_lines(session, hall, day, shown, settings),
        message=current(session, hall, day),
    )


def posts(session: ReadSession, hall: int, day: date, settings: QueueSettings) -> tuple[Post, ...]:
    """Every counter in use; where a lost and a new session stand at one, the new one counts."""
    served = {row.counter: row.served for row in session.all(_SERVED, hall=hall, day=day)}
    tiers = tiers_of(session, hall)
    latest = {row.number: row for row in session.all(_POSTS, hall=hall)}
    long_pause = settings.long_pause()
    return tuple(
        _post(row, served.get(row.id, 0), tiers.get(row.id, ()), is_long=_is_long(row, session.now, long_pause))
        for row in latest.values()
    )


def tiers_of(session: ReadSession, hall: int) -> dict[int, Tiers]:
    """Each counter's services (its id → codes by tier); a gap in the tiers' numbers means nothing."""
    found: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in session.all(_TIERS, hall=hall):
        found[row.counter][row.tier].append(row.code)
    return {counter: tuple(tuple(codes) for codes in tiers.values()) for counter, tiers in found.items()}


def _post(row: Any, served: int, tiers: Tiers, *, is_long: bool) -> Post:  # noqa: ANN401 (a row of _POSTS)
    state = CounterState(row.state) if row.state else CounterState.CLOSED
    leg_state = State(row.leg_state) if row.leg_state else None
    return Post(
        number=row.number,
        name=row.name,
        is_guide=row.is_guide,
        state=state,
        state_name=counter_state_name(state, row.reason, leg_state),
        reason=row.reason,
        staff=row.staff,
        ticket=row.ticket,
        serves=row.serves,
        leg_state=leg_state,
        since=_since(row),
        is_long=is_long,
        served=served,
        tiers=tiers,
    )


def _since(row: Any) -> datetime | None:  # noqa: ANN401 (a row of _POSTS)
    moment: datetime | None = row.since
    if row.state == CounterState.OPEN and row.leg_state:
        moment = row.started_at if row.leg_state == State.SERVING else row.called_at
    return moment


def _is_long(row: Any, now: datetime, long_pause: timedelta) -> bool:  # noqa: ANN401 (a row of _POSTS)
    if row.state == CounterState.PAUSED:
        return bool(now - row.since > long_pause)
    if row.leg_state == State.SERVING and row.started_at:
        return bool(now - row.started_at > timedelta(minutes=LONG_SERVICES * row.minutes))
    return False


def _lines(
    session: ReadSession, hall: int, day: date, shown: tuple[Post, ...], settings: QueueSettings
) -> tuple[ServiceLine, ...]:
    waiting = {line.service: line for line in boards.waiting(session, hall, day, settings)}
    able = [code for post in shown if post.state is CounterState.OPEN for tier in post.tiers for code in tier]
    return tuple(
        ServiceLine(
            line=waiting[row.code],
            prefix=row.prefix,
            minutes=row.minutes,
            open_counters=able.count(row.code),
            issued=row.issued,
            quota=row.quota,
            is_paused=row.is_paused,
            pause_reason=row.pause_reason,
        )
        for row in session.all(_SERVICES, hall=hall, day=day)
    )
