"""The slots of a service: what its scheduled counters can do on a day, less what is booked."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from base.db import ReadSession
from base.errors import NotFound
from base.opening import Session
from hallqueue import boards, tables
from hallqueue.diary_views import DayView, SlotView
from hallqueue.facts import HallFacts, KnownHalls
from hallqueue.rules.appointment import Shift, day_slots, spoken_date
from hallqueue.settings import QueueSettings

service, place, skill, booked = (
    tables.service.c,
    tables.counter.c,
    tables.counter_service.c,
    tables.appointment.c,
)
_SERVICES = sa.select(tables.service).where(service.hall == sa.bindparam("hall")).order_by(service.place)
_COUNTERS = (
    sa.select(place.number, skill.service)
    .join_from(tables.counter_service, tables.counter, place.id == skill.counter)
    .where(place.hall == sa.bindparam("hall"), place.is_guide.is_(False), place.retired_at.is_(None))
    .order_by(place.number)
)
_TAKEN = (
    sa.select(booked.service, booked.slot_at, sa.func.count().label("seats"))
    .where(booked.service.in_(sa.bindparam("services", expanding=True)), sa.text("has_seat"))
    .where(booked.slot_at >= sa.bindparam("since"), booked.slot_at < sa.bindparam("until"))
    .group_by(booked.service, booked.slot_at)
)


@dataclass(frozen=True)
class Plan:
    """What decides about the slots of a hall at one moment."""

    hall: int
    is_trial: bool
    facts: HallFacts
    settings: QueueSettings
    now: datetime
    services: tuple[Row[Any], ...]
    counters: tuple[tuple[int, int], ...]

    @property
    def today(self) -> date:
        """The business day."""
        return self.facts.day(self.now)

    @cached_property
    def skills(self) -> Mapping[int, list[int]]:
        """The services of each counter."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, of_service in self.counters:
            found[number].append(of_service)
        return found

    def days(self) -> Iterator[date]:
        """Every day that may be booked, open or not."""
        return (self.today + timedelta(days=offset) for offset in range(self.settings.booking_days_ahead + 1))

    def counters_of(self, of_service: int) -> tuple[int, ...]:
        """The counters that serve it."""
        return tuple(number for number, one in self.counters if one == of_service)

    def last_close(self, day: date) -> datetime | None:
        """When the last counter closes, those that serve bookings only too; None in 试运行 and on a day without."""
        hours = self.facts.hours
        ends = [one.closes for number in self.skills for one in hours.sessions_at(day, number, has_booking=True)]
        return datetime.combine(day, max(ends), self.facts.zone) if ends and not self.is_trial else None

    def service(self, code: str) -> Row[Any]:
        """The service with ``code``."""
        found = next((row for row in self.services if row.code == code), None)
        if found is None:
            raise NotFound(f"没有代码为“{code}”的业务，请从预约页面的列表中选择。", field="service")
        return found

    def seats(self, row: Row[Any], day: date) -> list[tuple[datetime, int]]:
        """The slots of ``day`` that may still be booked, with all their seats; none while the service pauses today."""
        if not self.settings.is_booking_on or (row.is_paused and day == self.today):
            return []
        shifts = [self._shift(number, day) for number in self.counters_of(row.id)]
        found = day_slots(shifts, row.minutes, self.settings.slot_rule())
        midnight = datetime.combine(day, time(), self.facts.zone)
        earliest = self.now + timedelta(minutes=self.settings.booking_lead_minutes)
        slots = [(midnight + timedelta(minutes=start), seats) for start, seats in found]
        return [(at, seats) for at, seats in slots if at >= earliest]

    def _shift(self, number: int, day: date) -> Shift:
        sessions = self.facts.hours.sessions_at(day, number, has_booking=True)
        return Shift(tuple(map(_span, sessions)), 1 / len(self.skills[number]))


def _span(session: Session) -> tuple[int, int]:
    return (
        session.opens.hour * 60 + session.opens.minute,
        session.closes.hour * 60 + session.closes.minute,
    )


def plan(session: ReadSession, hall: int, known: KnownHalls, settings: QueueSettings) -> Plan:
    """Read what the slots of ``hall`` are made from."""
    row = boards.hall_row(session, hall)
    facts = known.facts(session, hall, row.edition)
    services = tuple(session.all(_SERVICES, hall=hall))
    counters = tuple((row.number, row.service) for row in session.all(_COUNTERS, hall=hall))
    return Plan(hall, row.is_trial, facts, settings, session.now, services, counters)


Taken = Mapping[tuple[int, datetime], int]


def taken(session: ReadSession, plan: Plan, services: list[int]) -> Taken:
    """How many seats are gone by (service, moment), for every day that may be booked."""
    last = plan.today + timedelta(days=plan.settings.booking_days_ahead + 1)
    until = datetime.combine(last, time(), plan.facts.zone)
    rows = session.all(_TAKEN, services=services, since=plan.now, until=until)
    return {(row.service, row.slot_at): row.seats for row in rows}


def slot_views(plan: Plan, row: Row[Any], day: date, gone: Taken) -> tuple[SlotView, ...]:
    """The slots of a day with what is left of them."""
    length = timedelta(minutes=plan.settings.booking_slot_minutes)
    return tuple(
        SlotView(at, at + length, seats, max(0, seats - gone.get((row.id, at), 0)))
        for at, seats in plan.seats(row, day)
    )


def day_views(plan: Plan, row: Row[Any], gone: Taken) -> tuple[DayView, ...]:
    """The days that have slots, with the seats left on each."""
    found = ((day, slot_views(plan, row, day, gone)) for day in plan.days())
    return tuple(DayView(day, spoken_date(day), sum(slot.free for slot in slots)) for day, slots in found if slots)


def next_free(plan: Plan, row: Row[Any], gone: Taken) -> SlotView | None:
    """The first slot with a seat left."""
    for day in plan.days():
        for slot in slot_views(plan, row, day, gone):
            if slot.free:
                return slot
    return None
