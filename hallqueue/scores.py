"""How ranges held: each is scored once its leg has been called, beside two simple baselines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession, WriteSession
from hallqueue import tables
from hallqueue.rules.showing import SHORT_MINUTES
from hallqueue.scenery import Sight
from hallqueue.views import HitRate

MOST_SCORED = 200
LATE_MINUTES = 5
MINUTE = timedelta(minutes=1)

call, leg, ticket, shown, kept = (
    tables.call.c,
    tables.leg.c,
    tables.ticket.c,
    tables.estimate.c,
    tables.wait_score.c,
)
_LAST = sa.select(sa.func.max(kept.call)).where(kept.hall == sa.bindparam("hall"), kept.day == sa.bindparam("day"))
_of_leg = sa.and_(shown.leg == call.leg, shown.at <= call.at)
_newest = sa.select(sa.func.max(shown.id)).where(_of_leg).correlate(tables.call).scalar_subquery()
_raises = sa.select(sa.func.count()).where(_of_leg, shown.cause.is_not(None)).correlate(tables.call).scalar_subquery()
_last_shown = tables.estimate.alias("last_shown")
_is_scored = sa.select(kept.id).where(kept.leg == call.leg).correlate(tables.call).exists()
_CALLED = (
    sa.select(
        call.number,
        call.at,
        call.leg,
        call.service,
        ticket.issued_at,
        ticket.ahead,
        ticket.p50_minutes,
        ticket.p80_minutes,
        _last_shown.c.at.label("shown_at"),
        _last_shown.c.p50_minutes.label("last_p50"),
        _last_shown.c.p80_minutes.label("last_p80"),
        _raises.label("raises"),
    )
    .select_from(
        tables.call.join(tables.leg, leg.id == call.leg)
        .join(tables.ticket, ticket.id == leg.ticket)
        .outerjoin(_last_shown, _last_shown.c.id == _newest)
    )
    .where(call.hall == sa.bindparam("hall"), call.number > sa.bindparam("after"), call.day == sa.bindparam("day"))
    .where(call.at <= sa.bindparam("until"), call.kind == "call", call.is_withdrawn.is_(False))
    .where(leg.follows.is_(None), leg.defers == 0, ~_is_scored)
    .order_by(call.number)
    .limit(MOST_SCORED)
)
_ADD = sa.insert(tables.wait_score)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who served a leg's line when it was first seen: for the baselines."""

    mean: float
    counters: int


def crew_of(sight: Sight, leg_id: int) -> Crew:
    """The crew of a waiting leg's line now."""
    service = next(one.service for one in sight.scene.waiters if one.key == leg_id)
    return _crew(sight, service)


def _crew(sight: Sight, service: int) -> Crew:
    counters = sum(service in post.tiers for post in sight.scene.posts if post.counter in sight.open_posts)
    return Crew(sight.scene.times[service].mean, counters)


def score(session: WriteSession, sight: Sight, crews: Mapping[int, Crew], until: datetime) -> dict[int, list[bool]]:
    """Score the legs first called up to ``until``; by service, whether each upper edge at issue held.

    Left out: legs that follow a transfer (they had no range of their own) and whoever asked for minutes more.
    """
    after = session.value(_LAST, hall=sight.hall, day=sight.day) or 0
    rows = session.all(_CALLED, hall=sight.hall, day=sight.day, after=after, until=until)
    firsts = {row.leg: row for row in reversed(rows)}
    found = [_scored(row, sight, crews.get(row.leg) or _crew(sight, row.service)) for row in firsts.values()]
    session.run_many(_ADD, found)
    held: dict[int, list[bool]] = defaultdict(list)
    for row in sorted(firsts.values(), key=lambda one: int(one.number)):
        if row.p80_minutes is not None and row.p80_minutes > SHORT_MINUTES:
            held[row.service].append(row.at - row.issued_at <= row.p80_minutes * MINUTE)
    return held


def _scored(row: Any, sight: Sight, crew: Crew) -> dict[str, object]:  # noqa: ANN401 (a row of _CALLED)
    return {
        "hall": sight.hall,
        "service": row.service,
        "day": sight.day,
        "leg": row.leg,
        "call": row.number,
        "waited": (row.at - row.issued_at) / MINUTE,
        "p50": row.p50_minutes,
        "p80": row.p80_minutes,
        "waited_last": (row.at - row.shown_at) / MINUTE if row.shown_at else None,
        "last_p50": row.last_p50,
        "last_p80": row.last_p80,
        "raises": row.raises,
        "by_mean": row.ahead * crew.mean,
        "by_share": (row.ahead + 1) * crew.mean / crew.counters if crew.counters else None,
    }


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _error(estimate: sa.ColumnElement[Any]) -> sa.ColumnElement[float]:
    return sa.func.sum(sa.case((_has_range, sa.func.abs(kept.waited - estimate))))


_has_range = kept.p80.is_not(None)
_late = kept.waited - kept.p80 > LATE_MINUTES
_was_told_again = kept.waited_last.is_not(None)
_last_p80 = sa.case((_was_told_again, kept.last_p80), else_=kept.p80)
_waited_last = sa.func.coalesce(kept.waited_last, kept.waited)
_HIT = sa.select(_count(_has_range).label("ranges"), _count(kept.waited <= kept.p80).label("held")).where(
    kept.hall == sa.bindparam("hall"), kept.day == sa.bindparam("day")
)
_LAST_DAY = sa.select(sa.func.max(kept.day)).where(
    kept.hall == sa.bindparam("hall"), kept.day < sa.bindparam("today"), kept.day >= sa.bindparam("oldest")
)
_SUMS = (
    sa.func.count().label("called"),
    _count(_has_range).label("ranges"),
    _count(kept.waited <= kept.p80).label("held"),
    _count(_last_p80.is_not(None)).label("lasts"),
    _count(_waited_last <= _last_p80).label("last_held"),
    _count(_late).label("late"),
    sa.func.sum(kept.p80 - kept.p50).label("width"),
    sa.func.sum(kept.raises).label("raises"),
    _error(kept.p50).label("error"),
    _error(kept.by_mean).label("mean_error"),
    sa.func.sum(
        sa.case((sa.and_(_has_range, kept.by_share.is_not(None)), sa.func.abs(kept.waited - kept.by_share)))
    ).label("share_error"),
    _count(sa.and_(_has_range, kept.by_share.is_not(None))).label("shares"),
)
_DAYS = sa.and_(kept.hall == sa.bindparam("hall"), kept.day.between(sa.bindparam("first"), sa.bindparam("last")))
_BY_DAY = sa.select(kept.day, *_SUMS).where(_DAYS).group_by(kept.day).order_by(kept.day)
_SCORES = (
    sa.select(tables.service.c.code, tables.service.c.name, *_SUMS)
    .join(tables.service, tables.service.c.id == kept.service)
    .where(_DAYS)
    .group_by(tables.service.c.code, tables.service.c.name, tables.service.c.place)
    .order_by(tables.service.c.place)
)


@dataclass(frozen=True, slots=True)
class EstimateScore:
    """How the ranges of one service held (``code`` empty: of the hall). Figures are None without a case.

    Of ``called`` legs ``ranges`` had a range at issue. ``held_percent``: called before its upper edge, ``last_held``
    before that of the last range shown; ``late_percent``: more than five minutes after it. ``width_minutes`` between
    its edges. Mean errors in minutes: of the range's middle figure (P50), of people ahead × mean, and of
    (ahead + 1) × mean ÷ counters.
    """

    code: str
    name: str
    called: int
    ranges: int
    held_percent: float | None
    last_held_percent: float | None
    late_percent: float | None
    width_minutes: float | None
    raises_each: float | None
    error_minutes: float | None
    by_mean_error_minutes: float | None
    by_share_error_minutes: float | None


@dataclass(frozen=True, slots=True)
class EstimateScores:
    """How ranges held from ``first`` to ``last``: by service, in the hall's order, and together."""

    first: date
    last: date
    services: tuple[EstimateScore, ...]
    total: EstimateScore


def hit_rate(session: ReadSession, hall: int, day: date) -> int | None:
    """How many of a hundred were called before the upper edge they saw at issue; None when nobody had one."""
    row = session.all(_HIT, hall=hall, day=day)[0]
    return round(100 * row.held / row.ranges) if row.ranges else None


def last_hit_rate(session: ReadSession, hall: int, today: date) -> HitRate | None:
    """The newest hit rate of the last two weeks before ``today``."""
    day = session.value(_LAST_DAY, hall=hall, today=today, oldest=today - timedelta(days=14))
    percent = hit_rate(session, hall, day) if day else None
    return HitRate(day, percent) if percent is not None else None


def estimate_scores(session: ReadSession, hall: int, first: date, last: date) -> EstimateScores:
    """One query, for the reports."""
    rows = session.all(_SCORES, hall=hall, first=first, last=last)
    services = tuple(_line([row], row.code, row.name) for row in rows)
    return EstimateScores(first, last, services, _line(rows, "", "合计"))


def scores_by_day(
    session: ReadSession, hall: int, first: date, last: date
) -> tuple[EstimateScore, tuple[EstimateScore, ...]]:
    """How ranges held together, and on each business day (its ``code`` and ``name``); one query."""
    rows = session.all(_BY_DAY, hall=hall, first=first, last=last)
    days = tuple(_line([row], row.day.isoformat(), row.day.isoformat()) for row in rows)
    return _line(rows, "", "合计"), days


def _line(rows: Sequence[Any], code: str, name: str) -> EstimateScore:
    def total(field: str) -> float:
        return sum(float(getattr(row, field) or 0) for row in rows)

    ranges = total("ranges")

    def each(field: str, times: float = 1.0, of: float = ranges) -> float | None:
        return round(times * total(field) / of, 1) if of else None

    return EstimateScore(
        code=code,
        name=name,
        called=int(total("called")),
        ranges=int(ranges),
        held_percent=each("held", 100),
        last_held_percent=each("last_held", 100, total("lasts")),
        late_percent=each("late", 100),
        width_minutes=each("width"),
        raises_each=each("raises", of=total("called")),
        error_minutes=each("error"),
        by_mean_error_minutes=each("mean_error"),
        by_share_error_minutes=each("share_error", of=total("shares")),
    )
