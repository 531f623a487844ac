"""From the hall's rows to what the reports count: legs, calls and events of business days, each read once by index."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import tables
from hallqueue.calling import KIND_CALL
from hallqueue.rules.line import Standing
from hallqueue.rules.tally import CallFact, Fact, Moments, Unheard, item_of, wait_of, walk_of, work_of
from hallqueue.rules.ticket import UNDO, Action, State
from hallqueue.rules.usage import Seating, Shift, Step, Usage, usage

BAD = 2  # stars: 不满意 and 非常不满意
leg, ticket, service, call = tables.leg.c, tables.ticket.c, tables.service.c, tables.call.c
event, present, place = tables.queue_event.c, tables.counter_session.c, tables.counter.c
before = tables.leg.alias("before")
_HALL: sa.BindParameter[int] = sa.bindparam("hall")
_DAYS = sa.and_(leg.hall == _HALL, leg.day.between(sa.bindparam("first"), sa.bindparam("last")))
_FIRST_CALL = (
    sa.select(sa.func.min(call.at))
    .where(call.leg == leg.id, call.kind == KIND_CALL, call.is_withdrawn.is_(False))
    .correlate(tables.leg)
    .scalar_subquery()
)
_ZONE = sa.select(tables.hall.c.zone).where(tables.hall.c.id == _HALL)
_LEGS = (
    sa.select(
        leg.id,
        leg.day,
        leg.state,
        leg.standing,
        leg.follows,
        leg.entered,
        leg.called_at,
        leg.started_at,
        leg.ended_at,
        leg.items_done,
        leg.defers,
        ticket.issued_at,
        ticket.priority,
        ticket.is_verified,
        service.code,
        service.promise_minutes,
        place.number.label("counter"),
        present.staff,
        before.c.ended_at.label("came_at"),
        _FIRST_CALL.label("first_call"),
    )
    .select_from(
        tables.leg.join(tables.ticket, ticket.id == leg.ticket)
        .join(tables.service, service.id == leg.service)
        .outerjoin(tables.counter, place.id == leg.counter)
        .outerjoin(tables.counter_session, present.id == leg.session)
        .outerjoin(before, before.c.id == leg.follows)
    )
    .where(_DAYS)
    .order_by(leg.id)
)
_SLOTS = sa.select(tables.appointment.c.leg, tables.appointment.c.slot_at).where(
    tables.appointment.c.hall == _HALL,
    tables.appointment.c.day.between(sa.bindparam("first"), sa.bindparam("last")),
    tables.appointment.c.leg.is_not(None),
)
_of_leg = sa.and_(event.ticket == leg.ticket, event.leg == leg.id)
_DEFERRED = (
    sa.select(event.leg, event.at, event.command)
    .join(tables.leg, _of_leg)
    .where(_DAYS, leg.defers > 0, event.command.in_([Action.DEFER.value, Action.UNPARK.value]))
    .order_by(event.id)
)
_CALLS = (
    sa.select(call.number, call.leg, service.code, call.day, call.entered, call.why, call.at)
    .join(tables.service, service.id == call.service)
    .where(call.hall == _HALL, call.day.between(sa.bindparam("first"), sa.bindparam("last")))
    .where(call.kind == KIND_CALL, call.is_withdrawn.is_(False))
    .order_by(call.number)
)
_UNDONE = (
    sa.select(leg.day, present.staff, sa.func.count().label("times"))
    .join(tables.leg, _of_leg)
    .outerjoin(tables.counter_session, present.id == event.session)
    .where(_DAYS, event.command == UNDO, event.was == State.CALLED.value)
    .group_by(leg.day, present.staff)
)
_SEATS = (
    sa.select(present.id, place.number, present.staff, present.counter)
    .join(tables.counter, place.id == present.counter)
    .where(present.hall == _HALL, present.opened_at.between(sa.bindparam("since"), sa.bindparam("until")))
    .where(place.is_guide.is_(False))
    .order_by(present.id)
)
_SKILLS = (
    sa.select(tables.counter_service.c.counter, service.code)
    .join(tables.service, service.id == tables.counter_service.c.service)
    .where(service.hall == _HALL)
)
_SHIFTS = (
    sa.select(event.session, event.at, event.command)
    .join(tables.counter_session, present.id == event.session)
    .where(present.hall == _HALL, present.opened_at.between(sa.bindparam("since"), sa.bindparam("until")))
    .where(event.leg.is_(None), event.session.is_not(None))
    .order_by(event.id)
)
_STEPS = (
    sa.select(event.leg, service.code, event.at, event.became, event.session)
    .join(tables.leg, _of_leg)
    .join(tables.service, service.id == leg.service)
    .where(_DAYS)
    .order_by(event.id)
)
SERVICES = (
    sa.select(service.code, service.name, service.promise_minutes)
    .where(service.hall == _HALL)
    .order_by(service.place, service.id)
)
_RATED = (
    sa.select(service.code, tables.rating.c.stars, sa.func.count().label("number"))
    .select_from(
        tables.leg.join(tables.rating, tables.rating.c.leg == leg.id).join(tables.service, service.id == leg.service)
    )
    .where(_DAYS)
    .group_by(service.code, tables.rating.c.stars)
)


@dataclass(frozen=True, slots=True)
class Days:
    """Business days of a hall, from ``first`` to ``last``."""

    hall: int
    first: date
    last: date

    @property
    def params(self) -> dict[str, object]:
        """What the statements are given."""
        return {"hall": self.hall, "first": self.first, "last": self.last}


@dataclass(frozen=True, slots=True)
class Undone:
    """Calls taken back, by day and by clerk."""

    by_day: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    by_staff: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True)
class Legs:
    """The legs of some days: as facts; those never called with their place in line.

    ``declared``: numbers with a declared priority by day; ``reclassed``: those of them whose check failed.
    """

    facts: list[Fact]
    unheard: list[Unheard]
    declared: dict[date, int]
    reclassed: dict[date, int]


def legs(session: ReadSession, days: Days) -> Legs:
    """Every leg of ``days``; four queries whatever there is."""
    zone = ZoneInfo(session.value(_ZONE, hall=days.hall))
    slots = {row.leg: row.slot_at for row in session.all(_SLOTS, **days.params)}
    deferred = _deferred(session.all(_DEFERRED, **days.params), session.now)
    found = Legs([], [], defaultdict(int), defaultdict(int))
    for row in session.all(_LEGS, **days.params):
        joined = row.came_at or row.issued_at
        joined = max(joined, slots.get(row.id, joined)) if row.standing == Standing.BOOKING else joined
        moments = Moments(joined, row.first_call, row.called_at, row.started_at, row.ended_at, deferred.get(row.id, ()))
        found.facts.append(_fact(row, moments, zone))
        if row.first_call is None and row.state != State.PARKED:
            found.unheard.append(Unheard((row.code, row.day), row.entered, row.ended_at))
        if row.priority is not None and row.follows is None:
            found.declared[row.day] += 1
            found.reclassed[row.day] += row.is_verified is False
    return found


def _fact(row: Any, moments: Moments, zone: ZoneInfo) -> Fact:  # noqa: ANN401 (a row of _LEGS)
    state = State(row.state)
    return Fact(
        leg=row.id,
        service=row.code,
        day=row.day,
        hour=moments.joined.astimezone(zone).hour,
        counter=row.counter,
        staff=row.staff,
        standing=Standing(row.standing),
        item=item_of(row.items_done),
        state=state,
        is_number=row.follows is None,
        promise=row.promise_minutes,
        wait=wait_of(moments),
        walk=walk_of(moments),
        work=work_of(moments, state),
    )


def _deferred(rows: Iterable[Any], now: datetime) -> dict[int, list[tuple[datetime, datetime]]]:
    """From each “再给我 15 分钟” to the return."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    since: dict[int, datetime] = {}
    for row in rows:
        if row.command == Action.DEFER:
            since[row.leg] = row.at
        elif row.leg in since:
            spans[row.leg].append((since.pop(row.leg), row.at))
    for number, start in since.items():
        spans[number].append((start, now))
    return spans


def calls(session: ReadSession, days: Days) -> list[CallFact]:
    """The calls of ``days`` that stand."""
    rows = session.all(_CALLS, **days.params)
    return [CallFact(row.number, row.leg, (row.code, row.day), row.entered, row.why, row.at) for row in rows]


def undone(session: ReadSession, days: Days) -> Undone:
    """Calls taken back within their minute."""
    found = Undone()
    for row in session.all(_UNDONE, **days.params):
        found.by_day[row.day] += row.times
        found.by_staff[row.staff or ""] += row.times
    return found


def stars_of(session: ReadSession, days: Days) -> dict[str, list[int]]:
    """By service, how many ratings of 0 (none) to 5 stars."""
    counted: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for row in session.all(_RATED, **days.params):
        counted[row.code][row.stars] += row.number
    return counted


def mean_stars(stars: Sequence[int]) -> float | None:
    """The mean of such counts, one decimal."""
    count = sum(stars)
    return round(sum(value * number for value, number in enumerate(stars)) / count, 1) if count else None


def used(session: ReadSession, days: Days) -> list[Usage]:
    """How the counters were used on ``days``; five queries whatever there is."""
    zone = ZoneInfo(session.value(_ZONE, hall=days.hall))
    since = datetime.combine(days.first, datetime.min.time(), zone)
    until = datetime.combine(days.last + timedelta(days=1), datetime.min.time(), zone)
    skills: dict[int, set[str]] = defaultdict(set)
    for row in session.all(_SKILLS, hall=days.hall):
        skills[row.counter].add(row.code)
    span = {"hall": days.hall, "since": since, "until": until}
    seats = [
        Seating(row.id, row.number, row.staff, frozenset(skills[row.counter])) for row in session.all(_SEATS, **span)
    ]
    shifts = [Shift(row.session, row.at, row.command) for row in session.all(_SHIFTS, **span)]
    steps = [
        Step(row.leg, row.code, row.at, State(row.became), row.session)
        for row in session.all(_STEPS, **days.params)
        if row.became
    ]
    return usage(seats, shifts, steps, min(session.now, until))
