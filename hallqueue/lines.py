"""The lines in SQL: the heads a counter may call, how many are ahead, how many counters serve a line."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from base.prepared import prepared
from hallqueue import tables
from hallqueue.rules.line import Head, Standing
from hallqueue.rules.session import CounterState

AHEAD_LIMIT = 200
LAST: sa.ColumnElement[int] = sa.literal_column(str(2**62))
_TOMORROW = timedelta(days=1)
leg, series, served = tables.leg.c, tables.number_series.c, tables.counter_service.c

# Literal, so that both databases see that the partial indexes apply.
IS_WAITING = leg.state == sa.literal_column("'waiting'")


def _standings() -> sa.Subquery:
    rows = [sa.select(sa.literal_column(f"'{one.value}'", sa.String).label("standing")) for one in Standing]
    return sa.union_all(*rows).subquery("standings")


def _holder_is_free() -> sa.ColumnElement[bool]:
    other = tables.leg.alias("other")
    is_at_counter = sa.text("other.state IN ('called', 'serving')")
    busy = sa.select(other.c.id).where(other.c.hall == leg.hall, other.c.holder == leg.holder, is_at_counter)
    return sa.or_(leg.holder.is_(None), ~busy.correlate(tables.leg).exists())


def _first_callable(standings: sa.Subquery, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """The first callable leg of the line (service × standing) that the statement around it stands at."""
    here: sa.BindParameter[int] = sa.bindparam("counter")
    is_mine = sa.or_(leg.kept_for.is_(None), leg.kept_for == here, leg.kept_until <= sa.bindparam("now"))
    return (
        sa.select(*columns)
        .where(leg.service == served.service, leg.day == sa.bindparam("day"))
        .where(leg.standing == standings.c.standing, IS_WAITING, is_mine)
        .where(sa.or_(leg.callable_from.is_(None), leg.callable_from <= sa.bindparam("horizon")))
        .where(_holder_is_free())
        .order_by(leg.rank_at, leg.entered)
        .limit(1)
        .correlate(tables.counter_service, standings)
    )


def _heads() -> sa.Select[Any]:
    """Each line of a counter's services: its first callable leg, with the service's guard count."""
    standings = _standings()
    first = _first_callable(standings, leg.id).scalar_subquery()
    line = (
        sa.select(served.tier, first.label("head"))
        .select_from(tables.counter_service.join(standings, sa.true()))
        .where(served.counter == sa.bindparam("counter"))
        .subquery("line")
    )
    return (
        sa.select(*(leg[name] for name in _HEAD_COLUMNS), line.c.tier, series.run)
        .select_from(line.join(tables.leg, leg.id == line.c.head))
        .join(tables.number_series, sa.and_(series.service == leg.service, series.day == leg.day))
    )


def _heads_laterally() -> sa.Select[Any]:
    """The same for PostgreSQL, which without fresh statistics would read every leg for the join."""
    standings = _standings()
    head = _first_callable(standings, *(leg[name] for name in _HEAD_COLUMNS), leg.day).lateral("head")
    return (
        sa.select(*(head.c[name] for name in _HEAD_COLUMNS), served.tier, series.run)
        .select_from(tables.counter_service.join(standings, sa.true()).join(head, sa.true()))
        .join(tables.number_series, sa.and_(series.service == head.c.service, series.day == head.c.day))
        .where(served.counter == sa.bindparam("counter"))
    )


_HEAD_COLUMNS = ("id", "service", "standing", "counts_from", "rank_at", "entered")
_HEADS = {"sqlite": prepared(_heads()), "postgresql": prepared(_heads_laterally())}


@dataclass(frozen=True, slots=True)
class Heads:
    """What ``pick`` needs."""

    heads: tuple[Head, ...]
    runs: dict[int, int]


def heads_at(session: ReadSession, counter: int, day: date) -> Heads:
    """The heads that the counter with this id may call now; bookings before their time only if nobody else waits."""
    now, heads_of = session.now, _HEADS[session.dialect]
    rows = session.all(heads_of, counter=counter, day=day, now=now, horizon=now)
    if not rows:
        rows = session.all(heads_of, counter=counter, day=day, now=now, horizon=now + _TOMORROW)
    heads = tuple(
        Head(row.id, row.service, Standing(row.standing), row.tier, row.counts_from, row.rank_at, row.entered)
        for row in rows
    )
    return Heads(heads, {row.service: row.run for row in rows})


def ahead_of(service: Any, day: Any, rank_at: Any, entered: Any = LAST) -> sa.ScalarSelect[int]:  # noqa: ANN401
    """How many wait for ``service`` before this rank and order of entering (a newcomer's: after all), up to 200."""
    before = (
        sa.select(sa.literal_column("1").label("one"))
        .select_from(tables.leg)
        .where(leg.service == service, leg.day == day, IS_WAITING)
        .where(sa.text("leg.standing IN ('ordinary', 'priority', 'booking')"))
        .where(leg.rank_at <= rank_at, sa.or_(leg.rank_at < rank_at, leg.entered < entered))
        .limit(AHEAD_LIMIT)
        .correlate_except(tables.leg)
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(before).scalar_subquery()


def crew_of(service: Any, day: Any) -> sa.ScalarSelect[float]:  # noqa: ANN401 (columns or parameters)
    """How many open counters serve ``service``; one that has others waiting in as good a tier counts for a share."""
    mine, other = tables.counter_service.alias("mine"), tables.counter_service.alias("rival")
    present, place = tables.counter_session.alias("present"), tables.counter.alias("place")
    somebody = sa.select(leg.id).where(leg.service == other.c.service, leg.day == day, IS_WAITING)
    rivals = (
        sa.select(sa.func.count())
        .select_from(other)
        .where(other.c.counter == mine.c.counter, other.c.service != mine.c.service, other.c.tier <= mine.c.tier)
        .where(somebody.correlate_except(tables.leg).exists())
        .correlate_except(other)
        .scalar_subquery()
    )
    return (
        sa.select(sa.func.coalesce(sa.func.sum(sa.literal_column("1.0") / (1 + rivals)), 0.0))
        .select_from(mine.join(present, present.c.counter == mine.c.counter).join(place, place.c.id == mine.c.counter))
        .where(mine.c.service == service, present.c.state == sa.literal_column(f"'{CounterState.OPEN.value}'"))
        .where(place.c.is_guide.is_(False), sa.text("present.state IN ('open', 'paused')"))  # the index's predicate
        .correlate_except(mine, present, place)
        .scalar_subquery()
    )


def idle_of(service: Any) -> sa.ScalarSelect[int]:  # noqa: ANN401 (a column or a parameter)
    """How many open counters that serve ``service`` have nobody in hand."""
    mine, present = tables.counter_service.alias("skill"), tables.counter_session.alias("ready")
    place, held = tables.counter.alias("spot"), tables.leg.alias("held")
    is_held = sa.text("held.state IN ('called', 'serving')")
    holds = sa.select(held.c.id).where(held.c.session == present.c.id, is_held).correlate_except(held)
    return (
        sa.select(sa.func.count())
        .select_from(mine.join(present, present.c.counter == mine.c.counter).join(place, place.c.id == mine.c.counter))
        .where(mine.c.service == service, present.c.state == sa.literal_column(f"'{CounterState.OPEN.value}'"))
        .where(place.c.is_guide.is_(False), ~holds.exists(), sa.text("ready.state IN ('open', 'paused')"))
        .correlate_except(mine, present, place)
        .scalar_subquery()
    )


_BEHIND = (
    sa.select(leg.counts_from)
    .where(leg.service == sa.bindparam("service"), leg.day == sa.bindparam("day"), IS_WAITING)
    .where(leg.standing == sa.literal_column("'ordinary'"))
    .order_by(leg.rank_at, leg.entered)
    .limit(sa.bindparam("few"))
)


def ordinary_in_front(session: ReadSession, service: int, day: date, few: int) -> tuple[datetime, ...]:
    """``counts_from`` of the first ``few`` ordinary legs waiting for ``service``."""
    return tuple(row[0] for row in session.all(_BEHIND, service=service, day=day, few=few))
