"""The kiosk's tiles."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import boards, tables
from hallqueue.facts import HallFacts
from hallqueue.rules.session import CounterState
from hallqueue.settings import QueueSettings
from hallqueue.taking import Rest, closed_reason, last_close, stop_reason
from hallqueue.views import ServiceScope, ServiceView, WaitingView
from hallqueue.visits import IS_TOLD, line_done_at

service, place, present = tables.service.c, tables.counter.c, tables.counter_session.c
_SERVICES = (
    sa.select(tables.service, tables.outlook.c.at.label("told_at"), tables.outlook.c.done_at)
    .outerjoin(tables.outlook, IS_TOLD)
    .where(service.hall == sa.bindparam("hall"))
    .order_by(service.place)
)
_SCOPES = (
    sa.select(service.code, service.name, service["items"], service.domains)
    .where(service.hall == sa.bindparam("hall"))
    .order_by(service.place)
)
_SERVERS = (
    sa.select(place.number, tables.counter_service.c.service, present.state)
    .select_from(
        tables.counter_service.join(tables.counter, place.id == tables.counter_service.c.counter).outerjoin(
            tables.counter_session,
            sa.and_(present.counter == place.id, sa.text("counter_session.state IN ('open', 'paused')")),
        )
    )
    .where(place.hall == sa.bindparam("hall"), place.is_guide.is_(False))
    .order_by(place.number)
)


def services(
    session: ReadSession, hall: int, facts: HallFacts, settings: QueueSettings, *, is_trial: bool
) -> tuple[ServiceView, ...]:
    """The tiles, in the hall's order."""
    lines = {one.service: one for one in boards.waiting(session, hall, facts.day(session.now), settings)}
    closed = None if is_trial else closed_reason(facts.hours, facts.local(session.now), settings)
    counters: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for row in session.all(_SERVERS, hall=hall):
        counters[row.service].append((row.number, row.state == CounterState.OPEN))
    shown = []
    for row in session.all(_SERVICES, hall=hall):
        stop = None
        if closed is None and not is_trial:
            ends_at = last_close((number for number, _ in counters[row.id]), facts, session.now)
            stop = stop_reason(Rest(row.name, ends_at, line_done_at(row, session.now)), facts, session.now, settings)
        shown.append(_service_view(row, lines[row.code], counters[row.id], closed or stop))
    return tuple(shown)


def scopes(session: ReadSession, hall: int) -> tuple[ServiceScope, ...]:
    """What is done under each service, in the hall's order; nobody is counted."""
    rows = session.all(_SCOPES, hall=hall)
    return tuple(ServiceScope(row.code, row.name, tuple(row.items), tuple(row.domains)) for row in rows)


def _service_view(row: Any, line: WaitingView, counters: list[tuple[int, bool]], closed: str | None) -> ServiceView:  # noqa: ANN401
    reason = paused_words(row.name, row.pause_reason) if row.is_paused else closed
    return ServiceView(
        id=row.id,
        code=row.code,
        name=row.name,
        prefix=row.prefix,
        minutes=row.minutes,
        promise_minutes=row.promise_minutes,
        domains=tuple(row.domains),
        items=tuple(row.items),
        counters=tuple(number for number, _ in counters),
        open_counters=sum(is_open for _, is_open in counters),
        waiting=line.waiting,
        wait=line.wait,
        closed_reason=reason,
    )


def paused_words(name: str, reason: str | None) -> str:
    """Why no number is given of a paused service."""
    why = f"（{reason}）" if reason else ""
    return f"“{name}”暂停取号{why}，请到导办台咨询。"
