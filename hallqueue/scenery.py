"""The scene of a hall as the database has it now: who waits, who serves, who is expected, until when."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import tables
from hallqueue.facts import HallFacts
from hallqueue.lines import IS_WAITING
from hallqueue.rules.line import Standing
from hallqueue.rules.pace import Pace
from hallqueue.rules.scene import Expected, Post, Rule, Scene, Waiter
from hallqueue.rules.session import CounterState
from hallqueue.rules.showing import Outlook, Shown, rounded
from hallqueue.settings import QueueSettings

MOST_READ = 1000
COMING_SHARE = 0.85  # of confirmed bookings
OVERTIME_MINUTES = 30.0  # those inside at closing are still called
AFTER_HOURS_MINUTES = 120.0  # an open counter outside all hours
PAUSE_MINUTES = {"午休": 60.0, "会议": 30.0, "系统故障": 30.0}
SHORT_PAUSE_MINUTES = 10.0
LEAST_PAUSE_MINUTES = 5.0
REGULAR_DAYS = 7

leg, place, present, service = tables.leg.c, tables.counter.c, tables.counter_session.c, tables.service.c
ticket, series, shown, told = tables.ticket.c, tables.number_series.c, tables.estimate, tables.outlook.c
Interval = tuple[float, float]

_SERVICES = (
    sa.select(service.id, service.code, service.name, series.run, told.factor, told.p50, told.p80)
    .select_from(
        tables.service.outerjoin(
            tables.number_series, sa.and_(series.service == service.id, series.day == sa.bindparam("day"))
        ).outerjoin(tables.outlook, told.service == service.id)
    )
    .where(service.hall == sa.bindparam("hall"))
    .order_by(service.place)
)
_newest = sa.select(sa.func.max(shown.c.id)).where(shown.c.leg == leg.id).correlate(tables.leg).scalar_subquery()
_WAITING = (
    sa.select(
        leg.id,
        leg.service,
        leg.standing,
        leg.counts_from,
        leg.rank_at,
        leg.entered,
        leg.entered_at,
        leg.kept_for,
        leg.kept_until,
        leg.callable_from,
        ticket.token,
        ticket.issued_at,
        ticket.p50_minutes,
        ticket.p80_minutes,
        shown.c.at.label("shown_at"),
        shown.c.p50_minutes.label("shown_p50"),
        shown.c.p80_minutes.label("shown_p80"),
    )
    .select_from(tables.leg.join(tables.ticket, ticket.id == leg.ticket).outerjoin(shown, shown.c.id == _newest))
    .where(leg.service.in_(sa.select(service.id).where(service.hall == sa.bindparam("hall"))))
    .where(leg.day == sa.bindparam("day"), IS_WAITING)
    .order_by(leg.rank_at, leg.entered)
    .limit(MOST_READ)
)
_COUNTERS = (
    sa.select(
        place.id,
        place.number,
        tables.counter_service.c.service,
        tables.counter_service.c.tier,
        present.staff,
        present.state,
        present.reason,
        present.since,
        leg.service.label("in_hand"),
        leg.called_at,
    )
    .select_from(
        tables.counter_service.join(tables.counter, place.id == tables.counter_service.c.counter)
        .outerjoin(
            tables.counter_session,
            sa.and_(present.counter == place.id, sa.text("counter_session.state IN ('open', 'paused')")),
        )
        .outerjoin(tables.leg, sa.and_(leg.session == present.id, sa.text("leg.state IN ('called', 'serving')")))
    )
    .where(place.hall == sa.bindparam("hall"), place.is_guide.is_(False), place.retired_at.is_(None))
    .order_by(place.number, tables.counter_service.c.tier)
)
_REGULARS = (
    sa.select(present.counter)
    .where(present.hall == sa.bindparam("hall"), present.opened_at >= sa.bindparam("since"))
    .distinct()
)
_BOOKED = sa.select(tables.appointment.c.service, tables.appointment.c.slot_at).where(
    tables.appointment.c.hall == sa.bindparam("hall"),
    tables.appointment.c.day == sa.bindparam("day"),
    tables.appointment.c.state == sa.literal_column("'confirmed'"),
)
_DEFERRED = sa.select(leg.service, leg.standing, leg.until, leg.counts_from, leg.rank_at).where(
    leg.hall == sa.bindparam("hall"),
    leg.day == sa.bindparam("day"),
    leg.until.is_not(None),
    leg.state == sa.literal_column("'parked'"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A service as forecasts need it; ``factor`` corrects its upper edge, ``told`` is what newcomers were told last."""

    service: int
    code: str
    name: str
    factor: float
    told: Outlook | None
    has_outlook: bool


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who waits, as forecasts need them: the ticket's secret, what they were shown last."""

    leg: int
    token: str
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at a hall found. ``planned``: the same scene with every scheduled counter, to plan the day's end.

    ``numbers``: wall number by counter id; ``open_posts``: ids of counters that call now.
    """

    hall: int
    day: date
    at: datetime
    is_trial: bool
    lines: tuple[Line, ...]
    visitors: Mapping[int, Visitor]
    scene: Scene
    planned: Scene
    numbers: Mapping[int, int]
    open_posts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Known:
    """What a look needs besides the database: the hall's facts, the pace of turns, who comes, who stays away.

    ``late``: so many minutes after the hour clerks sit down.
    """

    facts: HallFacts
    is_trial: bool
    pace: Pace
    stream: Mapping[tuple[int, Standing], float]
    absent: Mapping[int, float]
    late: float


class _Watch:
    """Moments as minutes from now."""

    def __init__(self, session: ReadSession, known: Known) -> None:
        self.now = session.now
        self.local = known.facts.local(session.now)
        self.facts = known.facts
        self.late = known.late

    def minutes(self, moment: datetime) -> float:
        """From now until ``moment``; negative when it is past."""
        return (moment - self.now).total_seconds() / 60

    def calendar(self, counter: int) -> list[Interval]:
        """The rest of a counter's sessions today (its wall number)."""
        day, zone = self.local.date(), self.local.tzinfo
        found = [
            tuple(self.minutes(datetime.combine(day, end, zone)) for end in (one.opens, one.closes))
            for one in self.facts.hours.sessions_at(day, counter)
        ]
        return [(max(0.0, start + self.late), end) for start, end in found if end > 0]


def look(session: ReadSession, hall: int, known: Known, settings: QueueSettings) -> Sight:
    """Six statements, whatever the history."""
    watch = _Watch(session, known)
    day = known.facts.day(session.now)
    services = session.all(_SERVICES, hall=hall, day=day)
    waiting = session.all(_WAITING, hall=hall, day=day)
    counters = _by_counter(session.all(_COUNTERS, hall=hall))
    since = session.now - timedelta(days=REGULAR_DAYS)
    regulars = {row.counter for row in session.all(_REGULARS, hall=hall, since=since)}
    posts = [_post(rows, _duty(rows[0], watch, known, regulars), watch, known.pace) for rows in counters]
    scheduled = [_post(rows, watch.calendar(rows[0].number), watch, known.pace) for rows in counters]
    scene = Scene(
        waiters=tuple(_waiter(row, watch) for row in waiting),
        posts=tuple(post for post in posts if post.duty),
        times=known.pace.services,
        expected=tuple(_expected(session, hall, day, watch, settings)),
        stream=known.stream,
        runs={row.id: row.run or 0 for row in services},
        absent=known.absent,
        rule=rule_of(settings),
    )
    return Sight(
        hall=hall,
        day=day,
        at=session.now,
        is_trial=known.is_trial,
        lines=tuple(_line(row) for row in services),
        visitors={row.id: _visitor(row, session.now) for row in waiting},
        scene=scene,
        planned=replace(scene, posts=tuple(scheduled)),
        numbers={rows[0].id: rows[0].number for rows in counters},
        open_posts=frozenset(rows[0].id for rows in counters if rows[0].state == CounterState.OPEN),
    )


def _line(row: Any) -> Line:  # noqa: ANN401 (a row)
    told_before = rounded(row.p50, row.p80) if row.p50 is not None else None
    return Line(row.id, row.code, row.name, row.factor or 1.0, told_before, row.factor is not None)


def rule_of(settings: QueueSettings) -> Rule:
    """The constants of the order in minutes."""
    order = settings.order_rule()
    starts = {one: settings.head_start(one, None) / timedelta(minutes=1) for one in Standing}
    targets = {one: target / timedelta(minutes=1) for one, target in order.targets.items()}
    return Rule(targets, starts, order.guard_calls)


def _by_counter(rows: Iterable[Any]) -> list[list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.id].append(row)
    return list(found.values())


def _post(rows: Sequence[Any], duty: Sequence[Interval], watch: _Watch, pace: Pace) -> Post:
    first = rows[0]
    own = {
        row.service: pace.clerks[row.service, first.staff] for row in rows if (row.service, first.staff) in pace.clerks
    }
    busy = (first.in_hand, max(0.0, -watch.minutes(first.called_at))) if first.in_hand else None
    return Post(first.id, {row.service: row.tier for row in rows}, busy, tuple(duty), own)


def _duty(row: Any, watch: _Watch, known: Known, regulars: set[int]) -> list[Interval]:  # noqa: ANN401 (a row)
    """When this counter will call: by its calendar, who sits there, and the pause they take."""
    calendar = watch.calendar(row.number)
    if row.state is None:
        comes = not known.is_trial and row.id in regulars
        return [one for one in calendar if one[0] > 0] if comes else []
    duty = [(0.0, math.inf)] if known.is_trial else open_duty(calendar)
    if row.state == CounterState.OPEN:
        return duty
    back = _back(row, calendar, watch)
    return [(max(start, back), end) for start, end in duty if end > back]


def open_duty(calendar: Sequence[Interval]) -> list[Interval]:
    """The duty of a counter that calls now: its calendar, up to it what it works outside of it, and a little after."""
    duty = list(calendar)
    if not duty or duty[0][0] > 0:
        duty.insert(0, (0.0, duty[0][0] if duty else AFTER_HOURS_MINUTES))
    start, end = duty.pop()
    return [*duty, (start, end + OVERTIME_MINUTES)]


def _back(row: Any, calendar: Sequence[Interval], watch: _Watch) -> float:  # noqa: ANN401 (a row)
    """When a paused counter goes on: after lunch with its calendar, else after what such a pause takes."""
    later = [start for start, _ in calendar if start > 0]
    if row.reason == "午休" and later:
        return min(later)
    usual = PAUSE_MINUTES.get(row.reason, SHORT_PAUSE_MINUTES) + watch.minutes(row.since)
    return max(LEAST_PAUSE_MINUTES, usual)


def _waiter(row: Any, watch: _Watch) -> Waiter:  # noqa: ANN401 (a row)
    return Waiter(
        key=row.id,
        service=row.service,
        standing=Standing(row.standing),
        counts_from=watch.minutes(row.counts_from),
        rank_at=watch.minutes(row.rank_at),
        entered=row.entered,
        kept_for=row.kept_for,
        kept_until=watch.minutes(row.kept_until) if row.kept_until else math.inf,
        callable_from=watch.minutes(row.callable_from) if row.callable_from else -math.inf,
    )


def _visitor(row: Any, now: datetime) -> Visitor:  # noqa: ANN401 (a row)
    if row.shown_at is not None:
        since, p50, p80 = row.shown_at, row.shown_p50, row.shown_p80
    else:
        since, p50, p80 = row.issued_at, row.p50_minutes, row.p80_minutes
    outlook = Outlook(p50, p80) if p50 is not None and p80 is not None else None
    age = (now - since) / timedelta(minutes=1)
    return Visitor(row.id, row.token, Shown(outlook, age) if since >= row.entered_at else None)


def _expected(session: ReadSession, hall: int, day: date, watch: _Watch, settings: QueueSettings) -> Iterator[Expected]:
    """Confirmed bookings from now on, and those who asked for some minutes more."""
    rule = rule_of(settings)
    grace = -float(settings.booking_grace_minutes)
    for row in session.all(_BOOKED, hall=hall, day=day):
        slot = watch.minutes(row.slot_at)
        if slot >= grace:
            at, rank = max(0.0, slot - settings.booking_call_ahead_minutes), slot - rule.head_starts[Standing.BOOKING]
            yield Expected(row.service, Standing.BOOKING, at, COMING_SHARE, slot, rank)
    for row in session.all(_DEFERRED, hall=hall, day=day):
        moments = (watch.minutes(one) + settings.defer_minutes for one in (row.counts_from, row.rank_at))
        yield Expected(row.service, Standing(row.standing), max(0.0, watch.minutes(row.until)), 1.0, *moments)
