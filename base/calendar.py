"""Statutory working days, with holidays and make-up days, and the moments that are counted in them.

This is the country's calendar, never a hall's own (``base.opening``): a hall may open on a statutory day off, and a
due date does not move for it. Years come from chinesecalendar and from files that are imported as each year's notice
is published. A year without official data is taken as Monday to Friday less 1 January, and a date that reaches into
it is *provisional*: shown as “约”, and to be computed again when the year is known.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from chinese_calendar import constants

from base.errors import BadInput

WEEKDAY_NAMES = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
SATURDAY = 5
FRIDAY = 4
ONE_DAY = timedelta(days=1)
NOON = time(12)
LATEST = time(22)
KEYS = ("holidays", "workdays")


@dataclass(frozen=True, slots=True)
class YearTable:
    """One year's official notice: days off (weekends need not be named) and make-up days that are worked."""

    holidays: frozenset[date]
    workdays: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is worked."""
        return day in self.workdays or (day.weekday() < SATURDAY and day not in self.holidays)


@dataclass(frozen=True, slots=True)
class Due:
    """A day that was counted to; provisional when its year has no official data yet."""

    on: date
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class DueMoment:
    """The last moment of a term, aware UTC, and the local day it lies in."""

    at: datetime
    on: date
    is_provisional: bool = False


@dataclass(frozen=True, slots=True)
class DayHours:
    """The hours of a working day, local; a make-up day has the hours of a weekday."""

    morning_open: time = time(8, 30)
    morning_close: time = time(12)
    afternoon_open: time = time(13)
    afternoon_close: time = time(16, 30)

    def __post_init__(self) -> None:
        if not self.morning_open < self.morning_close <= self.afternoon_open < self.afternoon_close:
            raise BadInput(f"上下午的时间须依次向后，收到 {self}。", field="hours")

    @classmethod
    def of_spans(cls, spans: Sequence[tuple[time, time]]) -> "DayHours":
        """The hours of a day that is open in ``spans``: the first and the last; one span is parted at noon.

        Without a usable span (closed, round the clock) the usual hours: a term needs an end that people know.
        """
        opens, closes = (spans[0][0], spans[-1][1]) if spans else (NOON, NOON)
        if len(spans) > 1:
            return cls(opens, spans[0][1], spans[-1][0], closes)
        is_office_day = time.min < opens < NOON < closes < LATEST
        return cls(opens, NOON, NOON, closes) if is_office_day else cls()

    @property
    def halves(self) -> tuple[tuple[time, time], tuple[time, time]]:
        """Morning and afternoon."""
        return (self.morning_open, self.morning_close), (self.afternoon_open, self.afternoon_close)


class WorkingDays:
    """Counts working days; safe to share between threads."""

    def __init__(self, years: Mapping[int, YearTable] | None = None) -> None:
        self._years = {**_known_years(), **(years or {})}

    def learn(self, years: Mapping[int, YearTable]) -> None:
        """Take ``years`` as official from now on; they replace what was known of them."""
        self._years = {**self._years, **years}

    def is_known(self, year: int) -> bool:
        """Whether ``year`` has official data."""
        return year in self._years

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is worked; for an unknown year Monday to Friday less 1 January."""
        table = self._years.get(day.year)
        if table is not None:
            return table.is_working(day)
        return day.weekday() < SATURDAY and (day.month, day.day) != (1, 1)

    def is_makeup(self, day: date) -> bool:
        """Whether ``day`` is a Saturday or Sunday that is worked."""
        return day.weekday() >= SATURDAY and self.is_working(day)

    def add(self, day: date, n: int) -> Due:
        """The ``n``-th working day after ``day``, which itself is not counted (民法典 201, 203).

        With ``n`` = 0: ``day`` itself, or the next working day if it is none.
        """
        if n < 0:
            raise ValueError(f"can't count {n} working days")
        on = day
        while n > 0 or not self.is_working(on):
            on += ONE_DAY
            if n > 0 and self.is_working(on):
                n -= 1
        return Due(on, not self.is_known(on.year))

    def between(self, first: date, last: date) -> int:
        """How many working days lie after ``first`` up to and including ``last``; 0 if there are none."""
        span = range(1, (last - first).days + 1)
        return sum(self.is_working(first + timedelta(days=offset)) for offset in span)


class WorkingTime:
    """Working days as moments: closing time, half-days, minutes in hours, and how a date is said.

    ``hours`` gives the hours of a weekday, holiday or not; it is never asked for a Saturday or Sunday, because a
    make-up day has the hours of the Friday before. ``zone`` is where it is local.
    """

    def __init__(self, days: WorkingDays, hours: Callable[[date], DayHours], zone: ZoneInfo) -> None:
        self.days = days
        self.zone = zone
        self._hours = hours

    def local_day(self, moment: datetime) -> date:
        """The calendar date of ``moment``."""
        return moment.astimezone(self.zone).date()

    def hours(self, day: date) -> DayHours:
        """The hours that ``day`` has if it is worked."""
        return self._hours(day - timedelta(days=max(day.weekday() - FRIDAY, 0)))

    def closing(self, due: Due) -> DueMoment:
        """The closing time of ``due``: with business hours a day ends with them."""
        return self._moment(due.on, self.hours(due.on).afternoon_close)

    def after_days(self, moment: datetime, n: int) -> DueMoment:
        """The end of the ``n``-th working day after the day of ``moment``."""
        return self.closing(self.days.add(self.local_day(moment), n))

    def after_half_days(self, moment: datetime, halves: int = 1) -> DueMoment:
        """The end of the ``halves``-th half-day after that of ``moment``, which is not counted.

        A moment outside hours counts from the next working morning.
        """
        local = moment.astimezone(self.zone)
        begun = self._halves_begun(local)
        for day in self._days_from(local.date()):
            for index, (_, closes) in enumerate(self.hours(day).halves):
                halves -= day > local.date() or index >= begun
                if halves <= 0:
                    return self._moment(day, closes)
        raise AssertionError("days never end")

    def after_minutes(self, moment: datetime, minutes: int) -> DueMoment:
        """The moment when ``minutes`` of working hours have passed since ``moment``."""
        local = moment.astimezone(self.zone)
        left = timedelta(minutes=minutes)
        for day in self._days_from(local.date()):
            for opens, closes in self.hours(day).halves:
                start = max(datetime.combine(day, opens, self.zone), local)
                end = datetime.combine(day, closes, self.zone)
                if start + left <= end:
                    return self._moment(day, (start + left).time())
                left -= max(end - start, timedelta())
        raise AssertionError("days never end")

    def spoken(self, due: DueMoment, today: date | None = None) -> str:
        """``2 月 28 日（周六，调休上班）16:30 前``; with 约 when provisional, with the year if not ``today``'s."""
        return f"{self.spoken_day(due, today)}{due.at.astimezone(self.zone):%H:%M} 前"

    def spoken_day(self, due: Due | DueMoment, today: date | None = None) -> str:
        """``2 月 28 日（周六，调休上班）``."""
        on = due.on
        year = f"{on.year} 年 " if on.year != (today or on).year else ""
        makeup = "，调休上班" if self.days.is_makeup(on) else ""
        about = "约 " if due.is_provisional else ""
        return f"{about}{year}{on.month} 月 {on.day} 日（{WEEKDAY_NAMES[on.weekday()]}{makeup}）"

    def _halves_begun(self, local: datetime) -> int:
        """How many halves of that day no longer count: closed after the morning began, all of them."""
        morning, _ = self.hours(local.date()).halves
        if local.time() < morning[0]:
            return 0
        return 1 if local.time() < morning[1] else 2

    def _days_from(self, first: date) -> Iterator[date]:
        day = self.days.add(first, 0).on
        while True:
            yield day
            day = self.days.add(day, 1).on

    def _moment(self, day: date, at: time) -> DueMoment:
        moment = datetime.combine(day, at, self.zone).astimezone(UTC)
        return DueMoment(moment, day, not self.days.is_known(day.year))


def load_years(path: Path) -> dict[int, YearTable]:
    """Read a year file; one ``BadInput`` lists every mistake.

    A table for each year, ``[2027]``, with ``holidays`` and ``workdays`` (make-up days) as lists of dates.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as failure:
        raise BadInput(f"找不到工作日历文件 {path}。", field="years") from failure
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise BadInput(f"工作日历文件 {path} 不是有效的 TOML：{failure}", field="years") from failure
    mistakes: list[str] = []
    years = {year: table for name, plain in tables.items() for year, table in _year(name, plain, mistakes)}
    if mistakes:
        raise BadInput(f"工作日历文件 {path} 有误：\n" + "\n".join(f"  · {one}" for one in mistakes), field="years")
    return years


def _year(name: str, plain: object, mistakes: list[str]) -> Iterator[tuple[int, YearTable]]:
    if not (name.isascii() and name.isdigit() and isinstance(plain, dict)):
        mistakes.append(f"[{name}] 须为年份，例如 [2027]，内含 {' 和 '.join(KEYS)}")
        return
    mistakes += [f"[{name}] {key} 不认识，可用的有：{'、'.join(KEYS)}" for key in plain if key not in KEYS]
    holidays, workdays = (_dates(name, key, plain.get(key), mistakes) for key in KEYS)
    mistakes += [f"[{name}] {day} 既是假日又是调休上班日" for day in sorted(holidays & workdays)]
    yield int(name), YearTable(holidays, workdays)


def _dates(year: str, key: str, plain: object, mistakes: list[str]) -> frozenset[date]:
    if not isinstance(plain, list):
        mistakes.append(f"[{year}] {key} 须为日期的列表，收到 {plain!r}")
        return frozenset()
    found = set()
    for one in plain:
        day = _date(one)
        if day is None or day.year != int(year):
            mistakes.append(f"[{year}] {key} 里的 {one!s} 不是 {year} 年的日期（应写作 {year}-10-01）")
        else:
            found.add(day)
    return frozenset(found)


def _date(plain: object) -> date | None:
    if isinstance(plain, date) and not isinstance(plain, datetime):
        return plain
    try:
        return date.fromisoformat(plain) if isinstance(plain, str) else None
    except ValueError:
        return None


def _known_years() -> dict[int, YearTable]:
    holidays, workdays = _by_year(constants.holidays), _by_year(constants.workdays)
    return {year: YearTable(days, workdays.get(year, frozenset())) for year, days in holidays.items()}


def _by_year(days: Iterable[date]) -> dict[int, frozenset[date]]:
    years: dict[int, set[date]] = {}
    for day in days:
        years.setdefault(day.year, set()).add(day)
    return {year: frozenset(found) for year, found in years.items()}
