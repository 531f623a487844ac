"""What recent days taught: how long turns take, who comes or does not, how late counters open. Bounded reads."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from base.db import ReadSession
from hallqueue import tables
from hallqueue.facts import HallFacts
from hallqueue.rules.lateness import lateness, usual_lateness
from hallqueue.rules.line import Standing
from hallqueue.rules.pace import Pace, Turn, learn, shrunk
from hallqueue.rules.scene import Times
from hallqueue.rules.session import CounterAction
from hallqueue.settings import QueueSettings

LEARN_DAYS = 14
MOST_TURNS = 4000
LATE_DAYS = 7
MOST_BEGUN = 2000
STREAM_MINUTES = 60.0
ABSENT_PRIOR, ABSENT_WEIGHT = 0.04, 50
MINUTE = timedelta(minutes=1)

leg, service, event = tables.leg.c, tables.service.c, tables.queue_event.c
present, place = tables.counter_session.c, tables.counter.c
_CONFIGURED = sa.select(service.id, service.minutes).where(service.hall == sa.bindparam("hall"))
_TURNS = (
    sa.select(leg.service, leg.state, leg.misses, leg.called_at, leg.ended_at, tables.counter_session.c.staff)
    .join(tables.counter_session, tables.counter_session.c.id == leg.session)
    .where(leg.hall == sa.bindparam("hall"), leg.day >= sa.bindparam("first"), leg.day <= sa.bindparam("day"))
    .where(sa.text("leg.state IN ('served', 'transferred', 'missed', 'no_show')"))
    .order_by(leg.day.desc())
    .limit(MOST_TURNS)
)
_ARRIVED = (
    sa.select(leg.service, leg.standing, sa.func.count().label("people"))
    .where(leg.hall == sa.bindparam("hall"), leg.day == sa.bindparam("day"))
    .where(leg.entered_at >= sa.bindparam("since"), leg.follows.is_(None))
    .where(leg.standing != sa.literal_column("'booking'"))
    .group_by(leg.service, leg.standing)
)
_BEGUN = (
    sa.select(place.number, event.at)
    .join(tables.counter_session, present.id == event.session)
    .join(tables.counter, place.id == present.counter)
    .where(present.hall == sa.bindparam("hall"), place.is_guide.is_(False))
    .where(present.opened_at >= sa.bindparam("since"), present.opened_at < sa.bindparam("until"))
    .where(event.leg.is_(None), event.command.in_([CounterAction.OPEN.value, CounterAction.RESUME.value]))
    .order_by(event.id)
    .limit(MOST_BEGUN)
)


@dataclass(frozen=True, slots=True)
class Experience:
    """What was learnt, and when."""

    at: datetime
    pace: Pace
    absent: dict[int, float]
    late: float


def learnt(session: ReadSession, hall: int, facts: HallFacts, settings: QueueSettings) -> Experience:
    """From the newest turns of the last two weeks; the configured minutes are what is believed before."""
    day = facts.day(session.now)
    spread = settings.service_spread_percent / 100
    configured = {row.id: Times(float(row.minutes), spread) for row in session.all(_CONFIGURED, hall=hall)}
    rows = session.all(_TURNS, hall=hall, first=day - timedelta(days=LEARN_DAYS), day=day)
    turns = [
        Turn(row.service, row.staff, (row.ended_at - row.called_at) / MINUTE)
        for row in rows
        if row.state in {"served", "transferred"} and row.called_at and row.ended_at
    ]
    called = Counter(row.service for row in rows)
    missed = Counter(row.service for row in rows if row.misses)
    absent = {
        one: shrunk([1.0] * missed[one] + [0.0] * (called[one] - missed[one]), ABSENT_PRIOR, ABSENT_WEIGHT)
        for one in configured
    }
    return Experience(session.now, learn(turns, configured), absent, late(session, hall, facts))


def late(session: ReadSession, hall: int, facts: HallFacts) -> float:
    """How many minutes after the hour counters began to call in the last week, today left out."""
    today = datetime.combine(facts.day(session.now), time(), facts.zone)
    begun: dict[tuple[int, date], list[float]] = defaultdict(list)
    for row in session.all(_BEGUN, hall=hall, since=today - timedelta(days=LATE_DAYS), until=today):
        at = facts.local(row.at)
        begun[row.number, at.date()].append(_minutes(at.time()))
    return usual_lateness(
        (counter, minutes)
        for (counter, day), moments in begun.items()
        for minutes in lateness([_minutes(one.opens) for one in facts.hours.sessions_at(day, counter)], moments)
    )


def _minutes(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60


def stream(session: ReadSession, hall: int, day: date) -> dict[tuple[int, Standing], float]:
    """Arrivals a minute in the last hour, by service and class; bookings are known without."""
    since = session.now - STREAM_MINUTES * MINUTE
    rows = session.all(_ARRIVED, hall=hall, day=day, since=since)
    return {(row.service, Standing(row.standing)): row.people / STREAM_MINUTES for row in rows}
