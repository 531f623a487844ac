"""Reports: what business days looked like, as tables with a total; what they count stands in ``docs/reports.md``."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from base.db import ReadSession
from base.errors import BadInput, NotFound
from hallqueue import tables
from hallqueue.report_columns import (
    BOOKINGS,
    ESTIMATES,
    ORDER,
    RATINGS,
    UNDONE,
    USAGE,
    Cell,
    Column,
    columns_of_tally,
    figures,
    tenth,
)
from hallqueue.report_facts import BAD, SERVICES, Days, Legs, calls, legs, mean_stars, stars_of, undone, used
from hallqueue.rules.appointment import AppointmentState
from hallqueue.rules.line import STANDING_NAMES, Standing, Why
from hallqueue.rules.tally import NO_ITEM, SEVERAL_ITEMS, Fact, grouped, overtakes, percent, tally
from hallqueue.rules.usage import by_counter, by_staff
from hallqueue.scores import EstimateScore, estimate_scores, scores_by_day

MOST_DAYS = 366
MOST_DAYS_OF_EVENTS = 92
TOTAL = "合计"
_COUNTERS = sa.select(tables.counter.c.number, tables.counter.c.name).where(
    tables.counter.c.hall == sa.bindparam("hall")
)
_BOOKED = (
    sa.select(tables.service.c.code, tables.appointment.c.state, sa.func.count().label("number"))
    .join(tables.service, tables.service.c.id == tables.appointment.c.service)
    .where(tables.appointment.c.hall == sa.bindparam("hall"))
    .where(tables.appointment.c.day.between(sa.bindparam("first"), sa.bindparam("last")))
    .group_by(tables.service.c.code, tables.appointment.c.state)
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report of which days; ``service`` and ``standing`` leave the other legs out where legs are counted."""

    name: str
    days: Days
    service: str | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A table: ``columns`` after the row's name; ``keys`` are the rows' own codes (``staff:3``, ``A``, ``09``)."""

    name: str
    title: str
    by: str
    first: date
    last: date
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]

    def column(self, key: str) -> list[Cell]:
        """The cells of one column, without the total."""
        place = [each.key for each in self.columns].index(key)
        return [row[place] for row in self.rows]


@dataclass(slots=True)
class _Draft:
    columns: tuple[Column, ...]
    total: tuple[Cell, ...]
    rows: list[tuple[str, str, tuple[Cell, ...]]] = field(default_factory=list)


def report(session: ReadSession, wanted: Wanted) -> Report:
    """Make a report. ``NotFound`` for a name that is none, ``BadInput`` for days that are too many."""
    if wanted.name not in REPORTS:
        raise NotFound(f"没有名为“{wanted.name}”的报表；现有：{'、'.join(REPORTS)}。", field="name")
    kind, days = REPORTS[wanted.name], wanted.days
    count = (days.last - days.first).days + 1
    if not 1 <= count <= kind.most_days:
        raise BadInput(
            f"“{kind.title}”的起止日期须从早到晚且不超过 {kind.most_days} 天，收到 {days.first} 至 {days.last}。",
            field="to",
        )
    draft = kind.make(session, wanted)
    keys, names, rows = zip(*draft.rows, strict=True) if draft.rows else ((), (), ())
    return Report(
        wanted.name, kind.title, kind.by, days.first, days.last, draft.columns, keys, names, rows, draft.total
    )


def _chosen(session: ReadSession, wanted: Wanted) -> Legs:
    """The legs that the filters leave."""
    found = legs(session, wanted.days)
    facts = [
        one for one in found.facts if wanted.service in (None, one.service) and wanted.standing in (None, one.standing)
    ]
    return replace(found, facts=facts)


def _tallied(facts: Iterable[Fact], key: Callable[[Fact], str], names: Mapping[str, str]) -> _Draft:
    """A row for each of ``names`` that has a leg, in their order, then what else there is."""
    facts = list(facts)
    found = grouped(facts, key)
    draft = _Draft(columns_of_tally(), figures(tally(facts)))
    for code in [*(code for code in names if code in found), *sorted(code for code in found if code not in names)]:
        draft.rows.append((code, names.get(code, code), figures(found[code])))
    return draft


def _service_names(session: ReadSession, days: Days) -> dict[str, str]:
    return {row.code: row.name for row in session.all(SERVICES, hall=days.hall)}


def _by_service(session: ReadSession, wanted: Wanted) -> _Draft:
    return _tallied(_chosen(session, wanted).facts, lambda one: one.service, _service_names(session, wanted.days))


def _by_item(session: ReadSession, wanted: Wanted) -> _Draft:
    names = {SEVERAL_ITEMS: "一次办了几项", NO_ITEM: "没有登记事项"}
    served = [one for one in _chosen(session, wanted).facts if one.work is not None]
    draft = _tallied(served, lambda one: one.item, names)
    draft.rows.sort(key=lambda row: row[0] in names)
    return draft


def _by_class(session: ReadSession, wanted: Wanted) -> _Draft:
    names = {standing.value: name for standing, name in STANDING_NAMES.items()}
    return _tallied(_chosen(session, wanted).facts, lambda one: one.standing.value, names)


def _by_hour(session: ReadSession, wanted: Wanted) -> _Draft:
    names = {f"{hour:02}": f"{hour:02}:00–{hour + 1:02}:00" for hour in range(24)}
    return _tallied(_chosen(session, wanted).facts, lambda one: f"{one.hour:02}", names)


def _by_day(session: ReadSession, wanted: Wanted) -> _Draft:
    return _tallied(_chosen(session, wanted).facts, lambda one: one.day.isoformat(), {})


def _by_counter(session: ReadSession, wanted: Wanted) -> _Draft:
    rows = session.all(_COUNTERS.order_by(tables.counter.c.number), hall=wanted.days.hall)
    names = {str(row.number): f"{row.number} 号 {row.name}" for row in rows} | {"": "没有到窗口"}
    draft = _tallied(_chosen(session, wanted).facts, lambda one: str(one.counter or ""), names)
    times = {str(number): found for number, found in by_counter(used(session, wanted.days)).items()}
    return _with_usage(draft, times, names)


def _by_clerk(session: ReadSession, wanted: Wanted) -> _Draft:
    names = {"": "没有到窗口"}
    draft = _tallied(_chosen(session, wanted).facts, lambda one: one.staff or "", names)
    draft.rows.sort(key=lambda row: row[0] == "")
    draft = _with_usage(draft, by_staff(used(session, wanted.days)), {})
    back = undone(session, wanted.days).by_staff
    draft.columns = (*draft.columns, UNDONE)
    draft.rows = [(key, name, (*cells, back.get(key, 0))) for key, name, cells in draft.rows]
    draft.total = (*draft.total, sum(back.values()))
    return draft


def _with_usage(draft: _Draft, times: Mapping[str, tuple[float, float, float]], names: Mapping[str, str]) -> _Draft:
    """The draft with open, saturation and idle; who was open without serving anybody gets a row too."""
    known = {key for key, _, _ in draft.rows}
    nothing = figures(tally(()))
    draft.rows += [(key, names.get(key, key), nothing) for key in times if key not in known]
    order = list(names)
    draft.rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else len(order))
    draft.columns = (*draft.columns, *USAGE)
    draft.rows = [(key, name, (*cells, *_use(times.get(key)))) for key, name, cells in draft.rows]
    sums = [sum(each) for each in zip(*times.values(), strict=True)]
    draft.total = (*draft.total, *_use((sums[0], sums[1], sums[2]) if sums else None))
    return draft


def _use(times: tuple[float, float, float] | None) -> tuple[Cell, ...]:
    if times is None:
        return (None, None, None)
    opened, busy, idle = times
    return tenth(opened), percent(busy, opened), tenth(idle)


def _bookings(session: ReadSession, wanted: Wanted) -> _Draft:
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in session.all(_BOOKED, **wanted.days.params):
        counted[row.code][row.state] += row.number
        counted[""][row.state] += row.number
    draft = _Draft(BOOKINGS, _booked(counted[""]))
    for code, name in _service_names(session, wanted.days).items():
        if code in counted:
            draft.rows.append((code, name, _booked(counted[code])))
    return draft


def _booked(states: Mapping[str, int]) -> tuple[Cell, ...]:
    came, missed = states.get(AppointmentState.CHECKED_IN, 0), states.get(AppointmentState.NO_SHOW, 0)
    gone = states.get(AppointmentState.CANCELLED, 0)
    total = sum(states.values())
    return total, came, gone, missed, total - came - gone - missed, percent(missed, came + missed)


def _order(session: ReadSession, wanted: Wanted) -> _Draft:
    found, heard = legs(session, wanted.days), calls(session, wanted.days)
    passed, back = overtakes(heard, found.unheard), undone(session, wanted.days)
    days = sorted({one.day for one in found.facts})

    def line(chosen: Sequence[date]) -> tuple[Cell, ...]:
        its = [one for one in heard if one.line[1] in chosen]
        early = [one for one in its if one.number in passed]
        why = [sum(one.why == each for one in early) for each in _WHYS]
        declared = sum(found.declared.get(day, 0) for day in chosen)
        failed = sum(found.reclassed.get(day, 0) for day in chosen)
        people = [passed[one.number] for one in early]
        return (
            *(len(its), *why, sum(people), max(people, default=0)),
            *(declared, failed, percent(failed, declared), sum(back.by_day.get(day, 0) for day in chosen)),
        )

    return _Draft(ORDER, line(days), [(day.isoformat(), day.isoformat(), line([day])) for day in days])


_WHYS = (Why.PRIORITY, Why.BOOKING, Why.DUE, Why.CHOSEN, Why.ORDER)


def _ratings(session: ReadSession, wanted: Wanted) -> _Draft:
    stars = stars_of(session, wanted.days)
    served = {
        code: each.served for code, each in grouped(legs(session, wanted.days).facts, lambda one: one.service).items()
    }
    total = [sum(each) for each in zip(*stars.values(), strict=True)] or [0] * 6
    draft = _Draft(RATINGS, _rated(total, sum(served.values())))
    for code, name in _service_names(session, wanted.days).items():
        if code in stars or served.get(code):
            draft.rows.append((code, name, _rated(stars.get(code, [0] * 6), served.get(code, 0))))
    return draft


def _rated(stars: Sequence[int], served: int) -> tuple[Cell, ...]:
    count = sum(stars)
    bad = sum(stars[: BAD + 1])
    return count, mean_stars(stars), *reversed(stars[1:]), percent(bad, count), percent(count, served)


def _estimates(session: ReadSession, wanted: Wanted) -> _Draft:
    days = wanted.days
    found = estimate_scores(session, days.hall, days.first, days.last)
    return _scored(found.total, found.services)


def _estimates_by_day(session: ReadSession, wanted: Wanted) -> _Draft:
    days = wanted.days
    return _scored(*scores_by_day(session, days.hall, days.first, days.last))


def _scored(total: EstimateScore, lines: Sequence[EstimateScore]) -> _Draft:
    rows = [(one.code, one.name, astuple(one)[2:]) for one in lines]
    return _Draft(ESTIMATES, astuple(total)[2:], rows)


@dataclass(frozen=True, slots=True)
class Kind:
    """A report's title, what its rows are, how it is made, and of how many days at most."""

    title: str
    by: str
    make: Callable[[ReadSession, Wanted], Any]
    most_days: int = MOST_DAYS
    has_filters: bool = True


REPORTS = {
    "services": Kind("业务", "业务", _by_service),
    "days": Kind("每天", "日期", _by_day),
    "hours": Kind("时段", "进入队伍的时段", _by_hour),
    "classes": Kind("类别", "类别", _by_class),
    "items": Kind("事项", "办结的事项", _by_item),
    "counters": Kind("窗口", "窗口", _by_counter, MOST_DAYS_OF_EVENTS),
    "clerks": Kind("窗口人员", "窗口人员", _by_clerk, MOST_DAYS_OF_EVENTS),
    "order": Kind("叫号次序", "日期", _order, has_filters=False),
    "bookings": Kind("预约", "业务", _bookings, has_filters=False),
    "ratings": Kind("好差评", "业务", _ratings, has_filters=False),
    "estimates": Kind("等候预估", "业务", _estimates, has_filters=False),
    "estimate-days": Kind("每天预估", "日期", _estimates_by_day, has_filters=False),
}
