"""A moment of a simulated day as the real hall would know it: lateness unknown, lunch known, service means wrong."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from hallqueue.rules.leg import Leg
from hallqueue.rules.line import Standing
from hallqueue.rules.pace import Pace, Turn, learn
from hallqueue.rules.scene import Expected, Post, Rule, Scene, Times, Waiter
from hallqueue.rules.ticket import State
from hallqueue.simulation.day import CLEARING, PATIENCE, Day, Seat
from hallqueue.simulation.plan import Span

LATE, REST = 3.0, 10.0  # as scenery believes
LEAST_REST = 5.0
STREAM_MINUTES = 60.0


def scene_of(day: Day, pace: Pace) -> Scene:
    """The hall at ``day.minute``; ``pace`` is what it believes of its services and clerks."""
    habits = day.script.plan.habits
    return Scene(
        waiters=tuple(_waiters(day)),
        posts=tuple(_post(day, seat, pace) for seat in day.seats.values()),
        times=pace.services,
        expected=(*_bookings(day), *_deferred(day)),
        stream=_stream(day),
        runs=dict(day.runs),
        absent=dict.fromkeys(pace.services, habits.gone),
        absent_minutes=PATIENCE * (day.settings.miss_after_recalls + 1) + CLEARING,
        rule=_rule(day),
    )


def learnt(day: Day) -> Pace:
    """What the hall has learnt by now: the configured minutes, and the turns of this day alone."""
    spread = day.settings.service_spread_percent / 100
    configured = {place: Times(line.minutes, spread) for place, line in enumerate(day.script.plan.lines)}
    return learn(_turns(day), configured)


def _turns(day: Day) -> Iterator[Turn]:
    for leg in day.legs.values():
        if leg.state in {State.SERVED, State.TRANSFERRED} and leg.called_at and leg.ended_at:
            minutes = (leg.ended_at - leg.called_at).total_seconds() / 60
            yield Turn(leg.service, str(leg.counter), minutes + CLEARING)


def _waiters(day: Day) -> Iterator[Waiter]:
    for keys in day.waiting.values():
        for *_, number in keys:
            leg = day.legs[number]
            yield Waiter(
                key=number,
                service=leg.service,
                standing=leg.standing,
                counts_from=_since(day, leg.counts_from),
                rank_at=_since(day, leg.rank_at),
                entered=leg.entered,
                kept_for=leg.kept_for,
                kept_until=_since(day, leg.kept_until) if leg.kept_until else math.inf,
                callable_from=_since(day, leg.callable_from) if leg.callable_from else -math.inf,
            )


def _post(day: Day, seat: Seat, pace: Pace) -> Post:
    leg = day.legs[seat.leg] if seat.leg is not None else None
    busy = (leg.service, -_since(day, leg.called_at)) if leg and leg.called_at else None
    skills, staff = seat.shift.booth.skills, str(seat.number)
    tiers = {line: tier for tier, line in enumerate(skills)}
    own = {line: pace.clerks[line, staff] for line in skills if (line, staff) in pace.clerks}
    return Post(seat.number, tiers, busy, tuple(_duty(day, seat)), own)


def _duty(day: Day, seat: Seat) -> Iterator[Span]:
    """The calendar from now on; a clerk who should be there and is not comes soon."""
    rest = 0.0 if seat.is_here else max(REST - (day.minute - seat.since), LEAST_REST)
    for begin, end in seat.shift.booth.duty:
        start = rest if begin <= day.minute else begin - day.minute + LATE
        if start < end - day.minute:
            yield start, end - day.minute


def _bookings(day: Day) -> Iterator[Expected]:
    """Bookings of today that have not checked in and may still come on time."""
    settings = day.settings
    head_start = settings.head_start_booking_minutes
    for visit in day.script.visits:
        if visit.slot is not None and visit.key not in day.arrived:
            slot = visit.slot - day.minute
            if slot + settings.booking_grace_minutes > 0:
                at, counts = max(slot - settings.booking_call_ahead_minutes, 0.0), max(slot, 0.0)
                chance = 1 - day.script.plan.habits.booked_absent
                yield Expected(visit.line, Standing.BOOKING, at, chance, counts, counts - head_start)


def _deferred(day: Day) -> Iterator[Expected]:
    defer_by = day.settings.defer_minutes
    for leg in day.legs.values():
        if leg.state is State.PARKED and leg.until is not None:
            at, counts = _since(day, leg.until), _since(day, leg.counts_from) + defer_by
            yield Expected(leg.service, leg.standing, at, 1.0, counts, _since(day, leg.rank_at) + defer_by)


def _stream(day: Day) -> dict[tuple[int, Standing], float]:
    """Arrivals a minute in the last hour; bookings are known without."""
    came = Counter(
        (leg.service, leg.standing)
        for leg in day.legs.values()
        if leg.follows is None
        and leg.standing is not Standing.BOOKING
        and -_since(day, leg.entered_at) < STREAM_MINUTES
    )
    return {line: people / STREAM_MINUTES for line, people in came.items()}


def _rule(day: Day) -> Rule:
    targets = {standing: target.total_seconds() / 60 for standing, target in day.rule.targets.items()}
    starts = {standing: day.settings.head_start(standing, None).total_seconds() / 60 for standing in Standing}
    return Rule(targets, starts, day.rule.guard_calls)


def _since(day: Day, moment: datetime) -> float:
    """A moment as minutes from now."""
    return day.minute_of(moment) - day.minute


def people_ahead(day: Day, leg: Leg) -> int:
    """How many of the same line rank before it."""
    return sum((one.rank_at, one.entered) < (leg.rank_at, leg.entered) for one in day.line(leg.service))
