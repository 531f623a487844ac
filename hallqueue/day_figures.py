"""A business day in figures, service by service: what the supervisor's page shows."""

from dataclasses import dataclass
from datetime import date

from base.db import ReadSession
from hallqueue.report_columns import tenth
from hallqueue.report_facts import BAD, SERVICES, Days, legs, mean_stars, stars_of
from hallqueue.rules.tally import Tally, grouped, percent, tally


@dataclass(frozen=True, slots=True)
class ServiceDay:
    """One service on some business days; ``code`` empty: the whole hall. Minutes are means, None without a case.

    ``issued`` counts numbers, everything else legs: a number that was transferred is two legs. ``kept`` of ``called``
    were called within the promise.
    """

    code: str
    name: str
    promise_minutes: int | None
    issued: int
    waiting: int
    at_counter: int
    served: int
    missed: int
    given_up: int
    called: int
    kept: int
    mean_wait_minutes: float | None
    longest_wait_minutes: float | None
    mean_service_minutes: float | None

    @property
    def kept_percent(self) -> float | None:
        """How many of a hundred were called within the promise; None when nobody was called."""
        return percent(self.kept, self.called)


@dataclass(frozen=True, slots=True)
class HallDay:
    """Business days from ``first`` to ``last``: one line for each service, in the hall's order, and the sum."""

    first: date
    last: date
    services: tuple[ServiceDay, ...]
    total: ServiceDay
    ratings: int
    bad_ratings: int
    mean_stars: float | None


def hall_day(session: ReadSession, hall: int, first: date, last: date | None = None) -> HallDay:
    """What happened in ``hall`` on the business day ``first``, or up to ``last``."""
    days = Days(hall, first, last or first)
    facts = legs(session, days).facts
    found = grouped(facts, lambda one: one.service)
    stars = stars_of(session, days)
    rated = [sum(each) for each in zip(*stars.values(), strict=True)] or [0] * 6
    return HallDay(
        first=first,
        last=days.last,
        services=tuple(
            _service_day(found.get(row.code) or tally(()), row.code, row.name, row.promise_minutes)
            for row in session.all(SERVICES, hall=hall)
        ),
        total=_service_day(tally(facts), "", "合计", None),
        ratings=sum(rated),
        bad_ratings=sum(rated[: BAD + 1]),
        mean_stars=mean_stars(rated),
    )


def _service_day(counted: Tally, code: str, name: str, promise: int | None) -> ServiceDay:
    return ServiceDay(
        code=code,
        name=name,
        promise_minutes=promise,
        issued=counted.issued,
        waiting=counted.in_line,
        at_counter=counted.at_counter,
        served=counted.served,
        missed=counted.missed,
        given_up=counted.cancelled + counted.unserved,
        called=counted.called,
        kept=counted.within,
        mean_wait_minutes=tenth(counted.wait.mean),
        longest_wait_minutes=counted.longest,
        mean_service_minutes=tenth(counted.work.mean),
    )
